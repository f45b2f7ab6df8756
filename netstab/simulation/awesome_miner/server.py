"""The simulated Awesome Miner's HTTP API on a port of 127.0.0.1, which tests look into and tamper with.

What of the real one is not known is assumed: HTML to who has no key, 404 for a number that it does not list.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor
from random import Random
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs

from netstab.simulation.awesome_miner import documents
from netstab.simulation.awesome_miner.documents import Locale
from netstab.simulation.awesome_miner.watched import Watched
from netstab.simulation.closing import close_server
from netstab.simulation.loop import LoopThread, PhysicsTime
from netstab.simulation.served import Served
from netstab.simulation.web import HttpRequest, parsed

__all__ = ["SimulatedAwesomeMiner", "Trouble"]

_T = TypeVar("_T")

LOOKS_EVERY = 5.0
"""Seconds of physics from one look at its miners to the next: as old is what it tells."""

_LOGIN = b"<!DOCTYPE html><html><body><form>Password</form></body></html>"
_ACTIONS = ("stop", "start", "restart", "reboot")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong: answers take `slow` seconds, or never come; all get the same `status` and `body`."""

    slow: float = 0.0
    silent: bool = False
    status: str = ""
    body: bytes = b""


class SimulatedAwesomeMiner(Served):
    """A context manager, safe for any thread. `trouble` may be replaced at any time, and the list changed.

    `asked` has the newest requests without their queries, `newest` is the last one as it came, `forbidden`
    has what nobody who dispatches may send.
    """

    def __init__(
        self,
        watched: Sequence[Watched],
        *,
        key: str = "",
        locale: Locale = Locale.COMMA,
        port: int = 0,
        speed: float = 1.0,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.watched, self.port, self.trouble = list(watched), port, Trouble()
        self.asked: deque[str] = deque(maxlen=1000)
        self.forbidden: list[str] = []
        self.newest: HttpRequest | None = None
        self._key, self._locale = key, locale
        self._random = Random(seed)  # noqa: S311  # nosec B311  # scatter of a simulation
        self._time, self.epoch = PhysicsTime(clock, speed), time.time()
        self._looked = -LOOKS_EVERY
        self._thread = LoopThread("simulated-awesome-miner")
        self._server: asyncio.Server | None = None
        self.connections: set[asyncio.Transport] = set()

    def start(self) -> None:
        self._thread.start()
        self._thread.run(self._open())

    def stop(self) -> None:
        self._thread.run(self._close())
        self._thread.end()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def go(self) -> None:
        """Stop serving; `come_back` serves at the same port again."""
        self._thread.run(self._close())

    def come_back(self) -> None:
        self._thread.run(self._open())

    def do(self, work: Callable[[], _T]) -> _T:
        """Do something with its miners, where nothing else happens meanwhile."""

        async def done() -> _T:
            self._settle()
            return work()

        return self._thread.run(done())

    def skip(self, seconds: float) -> None:
        """Let physics go on by so much."""

        def leap() -> None:
            self._time.skipped += seconds
            self._settle()

        self.do(leap)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            await close_server(self._server)
            self._server = None
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.sleep(0)

    def _settle(self) -> None:
        """Bring the miners up to now; what it knows of them is as old as its last look."""
        now = self._time.now()
        look = floor(now / LOOKS_EVERY) * LOOKS_EVERY
        for each in self.watched:
            if look > self._looked:
                each.settle(look)
                each.look(look)
            each.settle(now)
        self._looked = look

    def answer(self, request: HttpRequest) -> bytes:
        """Return what is answered to a request, in full."""
        self._settle()
        self.asked.append(f"{request.method} {request.path}")
        self.newest = request
        if self.trouble.status:
            return _response(self.trouble.status, self.trouble.body, "text/plain")
        query = parse_qs(request.query)
        if self._key and query.get("key") != [self._key]:
            return _response("200 OK", _LOGIN, "text/html")
        if request.method == "POST":
            return self._act(request.path, query.get("action", [""])[0])
        found = self._document(request.path)
        return _NOT_FOUND if found is None else _response("200 OK", _json(found))

    def _document(self, path: str) -> dict[str, Any] | None:
        match path:
            case "/api/miners":
                return documents.miners(self.watched, self.epoch, self._locale)
            case "/api/summary":
                return documents.summary(self.watched, self._locale)
            case "/api/notifications":
                return documents.notifications()
        found = self._listed(path)
        if found is None:
            return None
        return documents.miner(found, self.epoch, self._locale) | {"metaData": {"version": "11.2.5"}}

    def _act(self, path: str, action: str) -> bytes:
        found = self._listed(path)
        if found is None or action not in _ACTIONS:
            return _NOT_FOUND
        if action in ("restart", "reboot"):
            self.forbidden.append(f"{action} {found.number}")
        found.take(action, self._time.now(), self._random)
        return _response("200 OK", b"", "text/plain")

    def _listed(self, path: str) -> Watched | None:
        number = path.removeprefix("/api/miners/")
        return next((each for each in self.watched if str(each.number) == number), None)


class _Connection(asyncio.Protocol):
    """Answers once, when a request has come, and closes."""

    def __init__(self, server: SimulatedAwesomeMiner) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self._transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            request, self._received = parsed(self._received)
        except ValueError:
            self._transport.abort()
            return
        if request is not None and not self._server.trouble.silent:
            answer, slow = self._server.answer(request), self._server.trouble.slow
            asyncio.get_running_loop().call_later(slow, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)
            self._transport.close()


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _response(status: str, body: bytes, kind: str = "application/json; charset=utf-8") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


_NOT_FOUND = _response("404 Not Found", b"", "text/plain")
