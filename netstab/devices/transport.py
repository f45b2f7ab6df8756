"""The way to a miner's API port, and what trouble on a wire to a miner is called.

One exchange per connection, within its deadline; nothing is sent twice. The web server's way is `web.py`.
"""

import asyncio
import socket
from collections.abc import Mapping

from netstab.devices.exchange import line
from netstab.devices.port import Endpoint, Permit, always
from netstab.errors import (
    ConnectionLost,
    DeviceError,
    MalformedAnswer,
    PortClosed,
    TimedOut,
    Unreachable,
    Withdrawn,
)
from netstab.wire.bounds import LARGEST_ANSWER, MOST_PIECES, after, left_until
from netstab.wire.connecting import connected
from netstab.wire.failure import Failure, named

__all__ = ["CONNECT", "DEVICE_ERRORS", "ask_api", "exchange_api"]

CONNECT = 2.0  # seconds; a miner on the same network answers within milliseconds, or not at all
_READ = 16 * 1024

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
        raise named(error, _peer(endpoint), DEVICE_ERRORS) from error


def exchange_api(endpoint: Endpoint, request: bytes, expires: float, permit: Permit = always) -> bytes:
    """Exchange one request for one answer as `ask_api` does, from a thread of its own right.

    Raises `Withdrawn` where the permit is gone once the connection stands: then nothing was sent.
    """
    try:
        with connected(endpoint.miner_id, endpoint.api_port, min(expires, after(CONNECT))) as sock:
            if not permit():
                raise Withdrawn("A newer command overtook this one before it was sent.")
            sock.settimeout(left_until(expires))
            sock.sendall(request)
            return _answer(sock, expires)
    except (OSError, DeviceError) as error:
        raise named(error, _peer(endpoint), DEVICE_ERRORS) from error


def _answer(sock: socket.socket, expires: float) -> bytes:
    """Read up to the NUL that ends an answer, or to the end of the connection."""
    received = bytearray()
    for _ in range(MOST_PIECES):
        sock.settimeout(left_until(expires))
        data = sock.recv(_READ)
        if not data and not received:
            raise ConnectionResetError
        received += data
        if not data or b"\0" in data:
            return bytes(received)
        if len(received) > LARGEST_ANSWER:
            break
    raise MalformedAnswer("The miner's answer does not end.")


def _peer(endpoint: Endpoint) -> str:
    return f"{endpoint.miner_id}:{endpoint.api_port}"
