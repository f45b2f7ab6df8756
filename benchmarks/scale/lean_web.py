"""The web servers of the lean fleet on its bare loop: HTTP with keep-alive, digest, the scripts."""

import socket
import time
from collections.abc import Callable
from functools import partial

from benchmarks.scale.loop import BareLoop
from netstab.simulation import cgi, digest
from netstab.simulation.device import Device, Port
from netstab.simulation.web import KEEP_ALIVE, SILENCE, HttpRequest, guard_of, parsed, response

__all__ = ["LeanWeb"]

_MOST = 65536
_NO_DESCRIPTORS_PAUSE = 1.0
_HTML = "Content-Type: text/html\r\n"
_UNAUTHORIZED = "401 Unauthorized"


class LeanWeb:
    """All web servers; `now` gives physics time, `settle` brings a miner up to date after a script."""

    def __init__(self, loop: BareLoop, now: Callable[[], float], settle: Callable[[Device], None]) -> None:
        self._loop, self._now, self._settle = loop, now, settle
        self._listeners: list[socket.socket] = []
        self._clients: set[_Client] = set()

    def serve(self, device: Device, listener: socket.socket) -> None:
        self._listeners.append(listener)
        self._loop.watch(listener, partial(self._accept, device, listener))

    def close(self) -> None:
        """Close all, once the loop has ended."""
        for client in self._clients:
            client.sock.close()
        for listener in self._listeners:
            listener.close()

    def _accept(self, device: Device, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:  # no descriptors left
            self._loop.unwatch(listener)
            self._loop.later(
                _NO_DESCRIPTORS_PAUSE,
                lambda: self._loop.watch(listener, partial(self._accept, device, listener)),
            )
            return
        sock.setblocking(False)
        client = _Client(sock, device)
        self._clients.add(client)
        self._until(client, KEEP_ALIVE)
        self._expire(client)
        self._loop.watch(sock, partial(self._received, client))
        self._received(client)

    def _received(self, client: "_Client") -> None:
        try:
            data = client.sock.recv(_MOST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.buffer += data
        if not data or len(client.buffer) > _MOST:
            self._end(client)
        elif not client.busy:
            self._take(client)

    def _take(self, client: "_Client") -> None:
        try:
            request, client.buffer = parsed(client.buffer)
        except ValueError:
            self._end(client)
            return
        if request is not None:
            client.busy = True
            self._serve(client, request)

    def _serve(self, client: "_Client", request: HttpRequest) -> None:
        device = client.device
        device.miner.advance(self._now())
        if device.web_port is Port.SILENT:
            self._until(client, SILENCE)
            return
        keep = request.headers.get("connection", "").lower() != "close"
        verdict = digest.check(guard_of(device), request.method, request.headers.get("authorization", ""))
        if verdict is digest.Verdict.GRANTED:
            self._run(client, request, keep)
            return
        challenge = digest.challenge(guard_of(device), stale=verdict is digest.Verdict.STALE)
        page = cgi.error_page(_UNAUTHORIZED).encode()
        headers = f"WWW-Authenticate: {challenge}\r\n{_HTML}"
        self._respond(client, response(_UNAUTHORIZED, page, headers, keep=keep), keep)

    def _run(self, client: "_Client", request: HttpRequest, keep: bool) -> None:
        printed = cgi.answer(client.device, request.method, request.path, request.body)
        self._settle(client.device)
        if printed.never:
            self._until(client, SILENCE)
            return
        headers = f"Content-Type: {printed.content_type}\r\n" if printed.content_type else ""
        data = response(printed.status, printed.body.encode(), headers, keep=keep)
        if printed.delay:
            self._until(client, printed.delay + KEEP_ALIVE)
            self._loop.later(printed.delay, lambda: self._respond(client, data, keep))
        else:
            self._respond(client, data, keep)

    def _respond(self, client: "_Client", data: bytes, keep: bool) -> None:
        if client not in self._clients:
            return
        try:
            client.sock.send(data)
        except OSError:
            keep = False
        if not keep:
            self._end(client)
            return
        client.busy = False
        self._until(client, KEEP_ALIVE)
        if client.buffer:
            self._take(client)

    def _until(self, client: "_Client", seconds: float) -> None:
        client.until = time.monotonic() + seconds

    def _expire(self, client: "_Client") -> None:
        if client not in self._clients:
            return
        left = client.until - time.monotonic()
        if left <= 0:
            self._end(client)
        else:
            self._loop.later(left, partial(self._expire, client))

    def _end(self, client: "_Client") -> None:
        if client in self._clients:
            self._clients.discard(client)
            self._loop.unwatch(client.sock)
            client.sock.close()


class _Client:
    """A connection; it is `busy` until its request is answered, and ends by `until`."""

    __slots__ = ("buffer", "busy", "device", "sock", "until")

    def __init__(self, sock: socket.socket, device: Device) -> None:
        self.sock, self.device = sock, device
        self.buffer, self.busy, self.until = b"", False, 0.0
