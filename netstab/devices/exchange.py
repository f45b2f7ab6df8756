"""Exchanges on connections of their own: connect, send one request, read one answer, close.

They run on an epoll instance of theirs, which the asyncio loop of whoever asks waits for as for one socket:
of a transport and a stream for each exchange the processor would have four times the work.
"""

import asyncio
import errno
import os
import select
import socket
from contextlib import suppress
from heapq import heappop, heappush
from typing import Self

from netstab.errors import MalformedAnswer
from netstab.wire.bounds import LARGEST_ANSWER, MOST_PIECES, left_until

__all__ = ["Line", "line"]

_READ = 16 * 1024  # bytes at once; an answer of an S9 has 4,000
_UNDER_WAY = (0, errno.EINPROGRESS)

_lines: dict[asyncio.AbstractEventLoop, "Line"] = {}


def line(loop: asyncio.AbstractEventLoop) -> "Line":
    """Return the line of a loop that runs; enter it for as long as it is used."""
    found = _lines.get(loop)
    if found is None:
        found = _lines[loop] = Line(loop)
    return found


class _Exchange:
    """One connection from its first packet to its end. The request goes out as soon as it stands."""

    __slots__ = ("_pieces", "_received", "_request", "_socket", "descriptor", "expires", "outcome")

    def __init__(self, request: bytes, expires: float, outcome: asyncio.Future[bytes | Exception]) -> None:
        self.expires = expires
        self.outcome = outcome
        self._request = request
        self._received = bytearray()
        self._pieces = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.descriptor = self._socket.fileno()

    def connect(self, address: str, port: int) -> None:
        failed = self._socket.connect_ex((address, port))
        if failed not in _UNDER_WAY:
            raise OSError(failed, os.strerror(failed))

    @property
    def awaits(self) -> int:
        """What epoll is to tell of the connection."""
        return select.EPOLLOUT if self._request else select.EPOLLIN

    def send(self) -> None:
        """Send what is left of the request, as far as the connection stands and takes it."""
        with suppress(BlockingIOError):
            self._request = self._request[self._socket.send(self._request) :]

    def receive(self) -> None:
        """Take in what came, and end with the answer once it is whole."""
        with suppress(BlockingIOError):  # epoll may tell of what is not there
            self._take_in(self._socket.recv(_READ))

    def _take_in(self, data: bytes) -> None:
        if not data and not self._received:
            raise ConnectionResetError
        self._received += data
        self._pieces += 1
        if len(self._received) > LARGEST_ANSWER or self._pieces > MOST_PIECES:
            raise MalformedAnswer("The miner's answer does not end.")
        if not data or b"\0" in data:
            self.end(bytes(self._received))

    def end(self, outcome: bytes | Exception) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def close(self) -> None:
        self._socket.close()


class Line:
    """What is under way on one loop. It is open while somebody has entered it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._users = 0
        self._epoll = select.epoll()
        self._open: dict[int, _Exchange] = {}
        self._deadlines: list[tuple[float, int]] = []  # with descriptors, also of some that have ended
        self._timer: asyncio.TimerHandle | None = None
        loop.add_reader(self._epoll.fileno(), self._serve)

    def __enter__(self) -> Self:
        self._users += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._users -= 1
        if not self._users:
            self._close()

    async def ask(self, address: str, port: int, request: bytes, expires: float) -> bytes:
        """Exchange one request for the answer up to its NUL or its end. The address is one in figures.

        Raises an `OSError`, `TimeoutError` once it `expires` on the monotonic clock, and `MalformedAnswer`
        for an answer that is too long.
        """
        left_until(expires)
        exchange = _Exchange(request, expires, self._loop.create_future())
        try:
            exchange.connect(address, port)
            exchange.send()
            self._watch(exchange)
            outcome = await exchange.outcome
        finally:
            self._open.pop(exchange.descriptor, None)
            exchange.close()  # which has epoll forget it
        try:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        finally:
            del outcome, exchange  # an error holds this frame: it must not be held in turn

    def _watch(self, exchange: _Exchange) -> None:
        self._epoll.register(exchange.descriptor, exchange.awaits)
        self._open[exchange.descriptor] = exchange
        heappush(self._deadlines, (exchange.expires, exchange.descriptor))
        if self._timer is None or exchange.expires < self._timer.when():
            self._set_timer(exchange.expires)

    def _serve(self) -> None:
        # All at once: a host that is late must hear what has come before it takes anyone for silent.
        for descriptor, _ in self._epoll.poll(0, len(self._open) or 1):
            exchange = self._open[descriptor]
            try:
                if exchange.awaits == select.EPOLLIN:
                    exchange.receive()
                else:
                    exchange.send()
                    self._epoll.modify(descriptor, exchange.awaits)
            except (OSError, MalformedAnswer) as error:
                exchange.end(error.with_traceback(None))  # else it would hold this frame, and that the error

    def _expire(self) -> None:
        self._timer, now = None, self._loop.time()
        self._serve()  # what came while this host was late
        while self._deadlines:
            expires, descriptor = self._deadlines[0]
            exchange = self._open.get(descriptor)
            if exchange is not None and exchange.expires == expires:
                if expires > now:
                    self._set_timer(expires)
                    break
                exchange.end(TimeoutError())
            heappop(self._deadlines)

    def _set_timer(self, expires: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(expires, self._expire)

    def _close(self) -> None:
        del _lines[self._loop]
        if self._timer is not None:
            self._timer.cancel()
        if not self._loop.is_closed():  # else it has forgotten it already
            self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
