"""The way to a miner's API port, and what trouble on a wire to a miner is called.

One exchange per connection, within its deadline; nothing is sent twice. The web server's way is `web.py`.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from netstab.devices.exchange import line
from netstab.devices.port import Endpoint, Permit
from netstab.errors import (
    ConnectionLost,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    PortClosed,
    TimedOut,
    Unreachable,
    Withdrawn,
)
from netstab.wire.bounds import LARGEST_ANSWER, MOST_PIECES, after, left_until
from netstab.wire.connecting import connected
from netstab.wire.failure import Failure, named

__all__ = ["CONNECT", "DEVICE_ERRORS", "Receive", "ask_api", "exchange_api", "exchanged", "heard"]

Receive = Callable[[int], bytes]
"""Gives so many bytes of an answer at most, b"" at the end of the connection."""

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


def exchange_api(endpoint: Endpoint, request: bytes, expires: float, permit: Permit | None = None) -> bytes:
    """Exchange one request for one answer as `ask_api` does, from a thread of its own right.

    See `exchanged` for the permit and the errors.
    """
    return exchanged(endpoint.miner_id, endpoint.api_port, request, _answer, expires, permit)


def exchanged(
    address: str,
    port: int,
    request: bytes,
    read: Callable[[Receive], bytes],
    expires: float,
    permit: Permit | None = None,
) -> bytes:
    """Send one request on a connection of its own, and have its answer read; all ends by `expires`.

    A command has a permit: `Withdrawn` is raised where that is gone once the connection stands, for then
    nothing was sent; a later error says that the device may have acted. Without one it is a read.
    """
    left = False
    try:
        with connected(address, port, min(expires, after(CONNECT))) as sock:
            if permit is not None and not permit():
                raise Withdrawn("A newer command overtook this one before it was sent.")
            sock.settimeout(left_until(expires))
            left = permit is not None
            sock.sendall(request)
            return read(lambda most: _received(sock, most, expires))
    except (OSError, DeviceError) as error:
        failed = named(error, f"{address}:{port}", DEVICE_ERRORS)
        if isinstance(failed, DeviceError):
            failed.may_have_acted = left
        raise failed from error


@contextmanager
def heard() -> Iterator[None]:
    """Have an answer to a command judged: one that nobody understands says that the device may have acted."""
    try:
        yield
    except (MalformedAnswer, NotAMiner) as error:
        error.may_have_acted = True
        raise


def _received(sock: socket.socket, most: int, expires: float) -> bytes:
    sock.settimeout(left_until(expires))
    return sock.recv(most)


def _answer(receive: Receive) -> bytes:
    """Read up to the NUL that ends an answer, or to the end of the connection."""
    received = bytearray()
    for _ in range(MOST_PIECES):
        data = receive(_READ)
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
