"""One request over a connection of its own, bounded as a whole in time and size. It judges no answer.

It takes the place of the transport that `requests` brings along, which has pools, retries and redirects that
no call here may use, and costs several times as much. A time-out of a socket starts anew with each
byte: who drips would never be cut off by it.
"""

import http.client
import io
import math
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from netstab.errors import NetstabError
from netstab.reach import Reach
from netstab.wire.answers import read_answer, too_long
from netstab.wire.bounds import LARGEST_ANSWER, MOST_PIECES, after, left_until
from netstab.wire.connecting import connected
from netstab.wire.failure import BadAnswer, Failure, named

__all__ = ["WRONG", "Call", "exchanged"]

WRONG = (requests.RequestException, http.client.HTTPException, BadAnswer, OSError, ValueError)
"""What is raised on the way; a chunk of less than no bytes, or a login that no header can hold, is a bare
`ValueError`."""

_HEADERS = 16 * 1024  # bytes; so much more than an answer may have is received of it
_LEAST_OF_A_PIECE = 512  # bytes on an average, of a large answer: a packet has three times as many
_PORTS = {"http": 80, "https": 443}


def _anything() -> None:
    """Let each request go."""


@dataclass(slots=True)
class Call:
    """One call in the making, to `peer` as an operator knows it; `errors` are those of the one who asks.

    All of it ends by `expires`; a connection stands within `connect_within` s, and an answer has come within
    `answer_within` s of its request. `leave` is called right before each request is sent, and raises what
    withdraws it. Only addresses in `reach` are connected to, any where that is None. A body has at most
    `largest` bytes. `delivered` tells that a request was
    written, with its authorization, and that no sound answer came.
    """

    peer: str
    errors: Mapping[Failure, type[NetstabError]]
    expires: float
    connect_within: float
    answer_within: float = math.inf
    leave: Callable[[], None] = _anything
    reach: Reach | None = None
    largest: int = LARGEST_ANSWER
    delivered: bool = False

    def failed(self, error: BaseException) -> NetstabError:
        return named(error, self.peer, self.errors)

    def left(self, within: float = math.inf) -> float:
        """Return the seconds that are left, at most those; raises `TimeoutError` once there are none."""
        return left_until(self.expires, within)


class _Stream(io.RawIOBase):
    """What a socket receives of one answer, headers included."""

    def __init__(self, sock: socket.socket, call: Call) -> None:
        super().__init__()
        self._sock, self._call = sock, call
        self._until = after(call.answer_within)
        self._received = self._pieces = 0
        self._most_pieces = max(MOST_PIECES, call.largest // _LEAST_OF_A_PIECE)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._call.left(max(0.0, self._until - time.monotonic())))
        received = self._sock.recv_into(buffer)
        self._received += received
        if self._received > self._call.largest + _HEADERS:
            raise too_long(self._call.largest)
        self._pieces += 1
        if self._pieces > self._most_pieces:
            raise BadAnswer(f"answers in more than {self._most_pieces} pieces")
        return received


def exchanged(request: requests.PreparedRequest, call: Call) -> tuple[int, dict[str, str], bytes]:
    """Send one request, once, within the bounds of `call`; returns what `read_answer` does.

    Each has a connection of its own, even the challenge and what answers it: a server may give one up without
    a word, and what was written to it then would look taken.
    """
    try:
        url = urlsplit(request.url or "")
        message = _message(request, url)
        sock = _connection(url, call)
    except WRONG as error:
        raise call.failed(error) from error
    with sock:
        call.leave()  # only now: a device may take seconds to accept
        try:
            sock.sendall(message)
            call.delivered = "Authorization" in request.headers
            answer = read_answer(io.BufferedReader(_Stream(sock, call)), call.largest)
        except WRONG as error:
            raise call.failed(error) from error
    call.delivered = False
    return answer


def _connection(url: SplitResult, call: Call) -> socket.socket:
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    until = min(call.expires, after(call.connect_within))
    sock = connected(host, port, until, call.reach)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if url.scheme == "https":
            sock.settimeout(left_until(until))  # which bounds the handshake as a whole
            sock = _trusted_authorities().wrap_socket(sock, server_hostname=host)
        sock.settimeout(call.left())
    except BaseException:
        sock.close()
        raise
    return sock


@cache
def _trusted_authorities() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)


def _message(request: requests.PreparedRequest, url: SplitResult) -> bytes:
    """Return what is written. Raises `ValueError` for a header that would be more than one."""
    host = url.netloc.rpartition("@")[2]
    lines = [f"{request.method} {request.path_url} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {_text(value)}" for name, value in request.headers.items()]
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise ValueError("A header would be more than one.")
    body = request.body or b""
    return head.encode("latin-1") + b"\r\n\r\n" + (body if isinstance(body, bytes) else body.encode())


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
