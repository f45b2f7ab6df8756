"""One connection to a simulated device's face: over the API port, HTTP, or in frames."""

import asyncio
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from netstab.simulation.faces.face import Face, WebAnswer
from netstab.simulation.faces.machine import Port, Trouble
from netstab.simulation.web import HttpRequest, parsed, response

if TYPE_CHECKING:
    from netstab.simulation.faces.servers import Listener

__all__ = ["ApiConnection", "Connection", "FramedConnection", "WebConnection"]

IDLE = 60.0  # s of real time: nothing of a test piles up
_LIMIT = 65536
_GARBAGE = b"SSH-2.0-dropbear\r\n"
_LENGTH = struct.Struct("<I")


class Connection(asyncio.Protocol):
    """Takes requests off what arrives, one at a time; one that gets no answer holds the connection up."""

    def __init__(self, listener: "Listener") -> None:
        self.listener, self.face = listener, listener.face
        self._buffer, self._busy = b"", False
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.listener.connections.add(self)
        self.face.machine.clients[self.listener.way] += 1
        self._wait()

    def connection_lost(self, _error: Exception | None) -> None:
        self.listener.connections.discard(self)
        self.face.machine.clients[self.listener.way] -= 1
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._wait()
        if len(self._buffer) > _LIMIT:
            self.transport.abort()
        elif not self._busy:
            self._go_on()

    def _go_on(self) -> None:
        """Take the next request if it is whole, and answer it."""
        taken = self.take()
        if taken is None or self.transport.is_closing():
            return
        self._busy = True
        if self.listener.silent:
            return
        if self.listener.trouble is Trouble.GARBAGE:
            self._send(_GARBAGE, keep=False)
            return
        self.listener.settle()
        self.answer(taken)
        self.listener.settle()

    def take(self) -> Callable[[Face], object] | None:
        """Take one request off `_buffer`: how the face is asked; None while it is incomplete."""
        raise NotImplementedError

    def answer(self, asked: Callable[[Face], object]) -> None:
        """Ask the face, and send what it says."""
        raise NotImplementedError

    def _send(self, content: bytes, *, keep: bool, early: int | None = None) -> None:
        """Send an answer; `early` is how many of its bytes come of a device that closes within them."""
        if self.listener.trouble is Trouble.CLOSES_EARLY:
            content, keep = content[: len(content) // 2 if early is None else early], False
        if self.transport.is_closing():
            return
        self.transport.write(content)
        self._busy = False
        if not keep:
            self.transport.close()
        elif self._buffer:
            self._go_on()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(IDLE, self.transport.abort)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something after seconds of physics, at once for 0."""
        if seconds > 0:
            self._loop.call_later(seconds / self.listener.speed, act)
        else:
            act()


class ApiConnection(Connection):
    """One request, which is the first segment, and one answer."""

    def take(self) -> Callable[[Face], object] | None:
        request, self._buffer = self._buffer, b""
        return lambda face: face.api(request)

    def answer(self, asked: Callable[[Face], object]) -> None:
        said = cast("bytes | None", asked(self.face))
        if said is not None:
            self._send(said, keep=False)


class WebConnection(Connection):
    """HTTP/1.1 with keep-alive."""

    _keep = True

    def take(self) -> Callable[[Face], object] | None:
        try:
            request, self._buffer = parsed(self._buffer)
        except ValueError:
            self._send(response("400 Bad Request", b"", keep=False), keep=False)
            return None
        if request is None:
            return None
        self._keep = request.headers.get("connection", "").lower() != "close"
        return self._asking(request)

    def _asking(self, request: HttpRequest) -> Callable[[Face], object]:
        way = self.listener.way
        if isinstance(way, Port):
            return lambda face: face.web(request)
        return lambda face: face.web_at(way, request)

    def answer(self, asked: Callable[[Face], object]) -> None:
        said = cast("WebAnswer | None", asked(self.face))
        if said is None:
            return
        headers = f"Content-Type: {said.content_type}\r\n" if said.content_type else ""
        content = response(said.status, said.body, headers + said.headers, keep=self._keep)
        self.later(said.delay, lambda: self._send(content, keep=self._keep))


class FramedConnection(Connection):
    """Frames of a length, four bytes little-endian, and so many bytes; an empty one is given back.

    What is answered arrives in pieces: whoever reads has to join them.
    """

    def take(self) -> Callable[[Face], object] | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > _LIMIT:
            self.transport.abort()
            return None
        if len(self._buffer) < _LENGTH.size + length:
            return None
        end = _LENGTH.size + length
        frame, self._buffer = self._buffer[_LENGTH.size : end], self._buffer[end:]
        return lambda face: face.framed(frame) if frame else b""

    def answer(self, asked: Callable[[Face], object]) -> None:
        said = cast("bytes | None", asked(self.face))
        if said is None:
            return
        content = _LENGTH.pack(len(said)) + said
        if self.listener.trouble is Trouble.CLOSES_EARLY:
            self._send(content, keep=False, early=_LENGTH.size)
            return
        self.transport.write(content[:2])
        middle = len(content) // 2 + 1
        self._loop.call_soon(self.transport.write, content[2:middle])
        self._loop.call_soon(lambda: self._send(content[middle:], keep=True))
