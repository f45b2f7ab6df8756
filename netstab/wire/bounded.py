"""Connections for HTTP whose every exchange is bounded as a whole, in time and size. It knows no request.

A time-out of a socket starts anew with each byte: who drips would never be cut off by it.
"""

import http.client
import io
import math
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from netstab.errors import NetstabError
from netstab.reach import Reach
from netstab.wire.bounds import LARGEST_ANSWER, after, left_until
from netstab.wire.connecting import connected
from netstab.wire.failure import BadAnswer, Failure, named

__all__ = ["WRONG", "Adapter", "Call"]

WRONG = (requests.RequestException, urllib3.exceptions.HTTPError, BadAnswer, ValueError)
"""What the libraries raise on the way; a chunk of less than no bytes, or a login that no header can hold, is
a bare `ValueError` to them."""

_MOST_RECEIVED = LARGEST_ANSWER + 16 * 1024  # bytes, headers included
_TOO_LONG = f"answers with more than {LARGEST_ANSWER} bytes"


def _anything() -> None:
    """Let each request go."""


@dataclass(slots=True)
class Call:
    """One call in the making, to `peer` as an operator knows it; `errors` are those of the one who asks.

    All of it ends by `expires`; a connection stands within `connect_within` s, and an answer has come within
    `answer_within` s of its request. `leave` is called right before each request is sent, and raises what
    withdraws it. Only addresses in `reach` are connected to. `delivered` tells that a request went out with
    its authorization and that no sound answer came.
    """

    peer: str
    errors: Mapping[Failure, type[NetstabError]]
    expires: float
    connect_within: float
    answer_within: float = math.inf
    leave: Callable[[], None] = _anything
    reach: Reach | None = None
    delivered: bool = False

    def failed(self, error: BaseException) -> NetstabError:
        return named(error, self.peer, self.errors)

    def left(self, within: float = math.inf) -> float:
        """Return the seconds that are left, at most those; raises `TimeoutError` once there are none."""
        return left_until(self.expires, within)


class _Present(threading.local):
    """The call that this thread makes now: libraries lie between it and the connection."""

    call: Call


_present = _Present()


class _Stream(io.RawIOBase):
    """What a socket receives of one answer, headers included."""

    def __init__(self, sock: socket.socket, call: Call) -> None:
        super().__init__()
        self._sock, self._file, self._call = sock, sock.makefile("rb", buffering=0), call
        self._until = after(call.answer_within)
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.left(max(0.0, self._until - time.monotonic())))
        received = self._file.readinto(buffer)
        self._received += received or 0
        if self._received > _MOST_RECEIVED:
            raise BadAnswer(_TOO_LONG)
        return received

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Stream(sock, _present.call))


class _Connection(urllib3.connection.HTTPConnection):
    """Raises the error of a failed connect itself, which tells it from an answer that was lost.

    Only what is connected asks whether it may leave: a device may take seconds to accept.
    """

    response_class = _Response

    def connect(self) -> None:
        call = _present.call
        try:
            super().connect()
            call.leave()
            self.sock.settimeout(call.left())
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise call.failed(error) from error

    def _new_conn(self) -> socket.socket:
        call = _present.call
        expires = min(call.expires, after(call.connect_within))
        sock = connected(self.host, int(self.port or 0), expires, call.reach)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


class _SecureConnection(_Connection, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    """Keeps no connection, not even from the challenge to its answer.

    A server may give one up without a word, and what was written to it then would look taken.
    """

    ConnectionCls = _Connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.close()
        super()._put_conn(conn)


class _SecurePool(_Pool, urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Adapter(HTTPAdapter):
    """Sends each request of a call, challenged or not, once and within the call's bounds."""

    call: Call

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        call = _present.call = self.call
        try:
            timeout = (call.left(call.connect_within), call.left(call.answer_within))
        except TimeoutError as error:
            raise call.failed(error) from error
        try:
            response = super().send(request, *args, **{**kwargs, "stream": True, "timeout": timeout})
            response.raw = _whole(response)
        except WRONG as error:
            call.delivered = "Authorization" in request.headers
            raise call.failed(error) from error
        return response


def _whole(response: requests.Response) -> io.BytesIO:
    body = io.BytesIO()
    with response:
        for part in response.raw.stream(LARGEST_ANSWER, decode_content=False):
            body.write(part)
            if body.tell() > LARGEST_ANSWER:
                raise BadAnswer(_TOO_LONG)
    body.seek(0)
    return body
