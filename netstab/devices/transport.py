"""The way to a miner's API port, and what trouble on a wire to a miner is called.

One exchange per connection, within its deadline; nothing is sent twice. The web server's way is `web.py`.
"""

import asyncio
import errno
import time
from collections.abc import Mapping
from enum import Enum

from netstab.devices.exchange import line
from netstab.devices.port import Endpoint
from netstab.errors import ConnectionLost, DeviceError, MalformedAnswer, PortClosed, TimedOut, Unreachable
from netstab.wire.bounds import after
from netstab.wire.failure import Failure, named

__all__ = ["DEVICE_ERRORS", "Door", "ask_api", "knock"]

_LATE_TURNS = 8  # of the loop, from a connection that stands to the end of its attempt

_NOBODY_THERE = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)

DEVICE_ERRORS: Mapping[Failure, type[DeviceError]] = {
    Failure.TIMED_OUT: TimedOut,
    Failure.PORT_CLOSED: PortClosed,
    Failure.CONNECTION_LOST: ConnectionLost,
    Failure.UNREACHABLE: Unreachable,
    Failure.MALFORMED: MalformedAnswer,
}


async def ask_api(endpoint: Endpoint, request: bytes, expires: float) -> bytes:
    """Exchange one request for one answer on the API port, on a connection of its own.

    The miner's API serves one connection at a time and waits for a silent one without end, so the request
    goes at once and the connection never lingers.
    """
    try:
        with line(asyncio.get_running_loop()) as opened:
            return await opened.ask(endpoint.miner_id, endpoint.api_port, request, expires)
    except (OSError, DeviceError) as error:
        raise named(error, f"{endpoint.miner_id}:{endpoint.api_port}", DEVICE_ERRORS) from error


class Door(Enum):
    """How an address takes it that someone knocks at its ports."""

    OPEN = "open"
    SILENT = "silent"  # nothing came in time: no host, or one that is busy; or this host is
    CLOSED = "closed"  # the host refuses, or there is none


async def knock(address: str, ports: tuple[int, ...], within: float) -> Door:
    """Find out within so many seconds whether any of the ports takes a connection.

    The caller bounds how many of these run at once. Each connection is closed at once.
    """
    expires = after(within)
    waiting = {asyncio.ensure_future(_connects(address, port)) for port in ports}
    doors = set[Door]()
    try:
        while waiting and Door.OPEN not in doors:
            ended, waiting = await _ended(waiting, expires)
            doors |= {attempt.result() for attempt in ended}
            if not ended:
                doors.add(Door.SILENT)
                break
    finally:
        for attempt in waiting:
            attempt.cancel()
    return min(doors, key=list(Door).index)


_Attempts = set[asyncio.Task[Door]]


async def _ended(attempts: _Attempts, expires: float) -> tuple[_Attempts, _Attempts]:
    """Return those that end first and the others; none end where nothing came in time.

    What came in time to a loop that is late for it is heard within its next turns.
    """
    left = max(0.0, expires - time.monotonic())
    ended, others = await asyncio.wait(attempts, timeout=left, return_when=asyncio.FIRST_COMPLETED)
    for _ in range(0 if ended else _LATE_TURNS):
        await asyncio.sleep(0)
        ended = {attempt for attempt in others if attempt.done()}
        if ended:
            break
    return ended, attempts - ended


async def _connects(address: str, port: int) -> Door:
    try:
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, address, port)
    except OSError as error:
        return (
            Door.CLOSED if error.errno in _NOBODY_THERE else Door.SILENT
        )  # else this host is short of something
    transport.abort()
    return Door.OPEN
