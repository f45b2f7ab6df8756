"""A simulated miner's web server, one connection of it: HTTP/1.1 with keep-alive, Digest, the scripts."""

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

from netstab.simulation import cgi, digest
from netstab.simulation.device import Device, Port
from netstab.units import MinerId

__all__ = [
    "KEEP_ALIVE",
    "SILENCE",
    "HttpRequest",
    "WebConnection",
    "WebSite",
    "guard_of",
    "parsed",
    "response",
]

KEEP_ALIVE = 5.0
_READ_IDLE = 60.0
_WRITE_IDLE = 360.0
SILENCE = 30.0  # how long a dead host's connections last here: they must not pile up
_REQUEST_LIMIT = 65536
_SERVER = "Server: lighttpd/1.4.54\r\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class WebSite(NamedTuple):
    """What the connections share: the miners by address, how to bring one up to date, the physics' speed."""

    devices: Mapping[MinerId, Device]
    settle: Callable[[Device], None]
    speed: float
    connections: set["WebConnection"]


class HttpRequest(NamedTuple):
    """One request; the `query` is what stands behind the path, without its question mark."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    query: str = ""


class WebConnection(asyncio.Protocol):
    """The local address of the connection tells which miner is meant; strangers are reset at once."""

    def __init__(self, site: WebSite) -> None:
        self._site = site
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._site.connections.add(self)
        device = self._site.devices.get(MinerId(transport.get_extra_info("sockname")[0]))
        if device is None or not transport.get_extra_info("peername")[0].startswith("127."):
            self.reset()
            return
        self._device = device
        self._close_after(_READ_IDLE)

    def connection_lost(self, _error: Exception | None) -> None:
        self._site.connections.discard(self)
        self._cancel_timer()

    def reset(self) -> None:
        """Break the connection off without a farewell."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > _REQUEST_LIMIT:
            self.reset()
        elif not self._busy:
            self._take_request()

    def _take_request(self) -> None:
        try:
            request, self._buffer = parsed(self._buffer)
        except ValueError:
            self._respond("400 Bad Request", b"", keep=False)
            return
        if request is not None:
            self._busy = True
            self._serve(request)

    def _serve(self, request: HttpRequest) -> None:
        device = self._device
        self._site.settle(device)
        condition = device.condition
        if condition.lost or device.web_port is Port.SILENT:
            self._close_after(SILENCE)
            return
        keep = request.headers.get("connection", "").lower() != "close"
        if condition.web_answer is not None:
            self._respond("200 OK", condition.web_answer, "Content-Type: text/html\r\n", keep=keep)
            return
        verdict = digest.check(guard_of(device), request.method, request.headers.get("authorization", ""))
        if verdict is digest.Verdict.GRANTED:
            self._run_script(request, keep)
        else:
            self._challenge(verdict is digest.Verdict.STALE, keep)

    def _challenge(self, stale: bool, keep: bool) -> None:
        challenge = digest.challenge(guard_of(self._device), stale=stale)
        headers = f"WWW-Authenticate: {challenge}\r\nContent-Type: text/html\r\n"
        self._respond("401 Unauthorized", cgi.error_page("401 Unauthorized").encode(), headers, keep=keep)

    def _run_script(self, request: HttpRequest, keep: bool) -> None:
        answer = cgi.answer(self._device, request.method, request.path, request.body)
        self._site.settle(self._device)
        if answer.never:
            self._close_after(_WRITE_IDLE)
            return
        headers = f"Content-Type: {answer.content_type}\r\n" if answer.content_type else ""
        body = answer.body.encode()
        if answer.delay == 0:
            self._respond(answer.status, body, headers, keep=keep)
            return
        self._cancel_timer()
        self._timer = self._loop.call_later(
            answer.delay / self._site.speed, lambda: self._respond(answer.status, body, headers, keep=keep)
        )

    def _respond(self, status: str, body: bytes, headers: str = "", *, keep: bool) -> None:
        self._transport.write(response(status, body, headers + _SERVER, keep=keep))
        if not keep:
            self._transport.close()
            return
        self._busy = False
        self._close_after(KEEP_ALIVE)
        if self._buffer:
            self._take_request()

    def _close_after(self, seconds: float) -> None:
        self._cancel_timer()
        self._timer = self._loop.call_later(seconds, self._transport.close)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def guard_of(device: Device) -> digest.Guard:
    """Say what a miner's web server goes by; that of stock firmware is older, and looks at no nonce."""
    return digest.Guard(
        f"{device.miner_id}:{device.miner.boots}",
        device.password,
        device.wall_clock,
        refuses=device.condition.unauthorized,
        ages=not device.unit.stock,
    )


def response(status: str, body: bytes, headers: str = "", *, keep: bool) -> bytes:
    """Write an answer; each of the `headers` ends its line."""
    connection = "" if keep else "Connection: close\r\n"
    length = f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status}\r\n{headers}{connection}{length}\r\n".encode() + body


def parsed(data: bytes) -> tuple[HttpRequest | None, bytes]:
    """Take one request off `data`; None while it is incomplete. Raises `ValueError` for what is no HTTP."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None, data
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _version = first.split(" ")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    length = int(headers.get("content-length", "0"))
    if len(rest) < length:
        return None, data
    body = rest[:length].decode("utf-8", "replace")
    path, _, query = target.partition("?")
    return HttpRequest(method, path, headers, body, query), rest[length:]
