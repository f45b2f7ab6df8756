"""Requests to miners' web servers: HTTP Digest, deadlines, permits. It knows no path and judges no answer.

Whatever goes wrong on the wire leaves here as exactly one `DeviceError`. Nothing is sent twice.
"""

import io
import math
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth

from netstab.devices.port import Credentials, Endpoint, Permit, always
from netstab.devices.transport import LARGEST_ANSWER, after, device_error
from netstab.errors import MalformedAnswer, TimedOut, Unreachable, Withdrawn

__all__ = ["Answer", "Web"]

_CONNECT = 2.0  # seconds; a miner on the same network answers within milliseconds, or not at all
_FORM = "application/x-www-form-urlencoded"
_MOST_RECEIVED = LARGEST_ANSWER + 16 * 1024  # bytes, headers included
_LONGEST_CHALLENGE = 512
_SESSIONS = 1024
_SESSION_IDLE = 600.0  # seconds; a miner's nonce is as old as that at most


class _Socket(socket.socket):
    """A socket that bounds an answer as a whole, in time and size: a device that drips is cut off as well."""

    _expires = math.inf
    _received = 0

    def settimeout(self, value: float | None) -> None:
        super().settimeout(value)
        self._expires = math.inf if value is None else after(value)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        left = self._expires - time.monotonic()
        if left <= 0:
            raise TimeoutError
        super().settimeout(left if math.isfinite(left) else None)
        received = super().recv_into(*args, **kwargs)
        self._received += received
        if self._received > _MOST_RECEIVED:
            raise MalformedAnswer("The web server's answer is too long for a miner's.")
        return received


class _Connection(urllib3.connection.HTTPConnection):
    """Raises the `DeviceError` of a failed connect itself, which tells it from an answer that was lost.

    Only what is connected asks for its permit: a miner may take seconds to accept.
    """

    def connect(self) -> None:
        try:
            super().connect()
        except urllib3.exceptions.HTTPError as error:
            raise device_error(error, _named(f"{self.host}:{self.port}")) from error
        plain: Any = self.sock
        self.sock = _Socket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.sock.settimeout(_CONNECT)
        if not _present.call.permit():
            raise Withdrawn("A newer command overtook this one before it was sent.")


class _Present(threading.local):
    """The call that this thread makes now: libraries lie between it and the connection."""

    call: "_Call"


_present = _Present()


class _Pool(urllib3.HTTPConnectionPool):
    """Keeps no connection, not even from the challenge to its answer.

    A server may give one up without a word, and what was written to it then would look taken.
    """

    ConnectionCls = _Connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.close()
        super()._put_conn(conn)


@dataclass(slots=True)
class _Call:
    """One call in the making. `delivered` tells that the miner may have acted though no answer came."""

    permit: Permit
    expires: float
    answer_within: float
    delivered: bool = False


class _Adapter(HTTPAdapter):
    """Sends each request of a call, challenged or not, under the call's permit and deadline."""

    call: _Call

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        peer, left = _named(urlsplit(str(request.url)).netloc), self.call.expires - time.monotonic()
        if left <= 0:
            raise TimedOut(f"{peer} was not asked: its deadline had passed.")
        _present.call = self.call
        timeout = (min(left, _CONNECT), min(left, self.call.answer_within))
        try:
            response = super().send(request, *args, **{**kwargs, "stream": True, "timeout": timeout})
            response.raw = _whole(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            self.call.delivered = "Authorization" in request.headers
            raise device_error(error, peer) from error
        return response


def _named(server: str) -> str:
    """Name who was asked, for an operator: the address of a script says nothing to him."""
    return f"The web server at {server}"


def _whole(response: requests.Response) -> io.BytesIO:
    body = io.BytesIO()
    with response:
        for part in response.raw.stream(LARGEST_ANSWER, decode_content=False):
            body.write(part)
            if body.tell() > LARGEST_ANSWER:
                raise MalformedAnswer("The web server's answer is too long for a miner's.")
    body.seek(0)
    return body


class _Digest(HTTPDigestAuth):
    """Digest whose nonce belongs to the miner and not to the thread that asked last.

    requests keeps it per thread; here one session is only ever in one thread's hands at a time.
    """

    def __init__(self, credentials: Credentials) -> None:
        super().__init__(credentials.username, credentials.password)
        self._thread_local = SimpleNamespace()

    def build_digest_header(self, method: str, url: str) -> str | None:
        try:
            return cast("str | None", super().build_digest_header(method, url))  # type: ignore[no-untyped-call]
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise MalformedAnswer("The web server's challenge cannot be understood.") from error


class _MinerSession(requests.Session):
    """The session with one miner. The environment is not asked for proxies."""

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self.trust_env = False
        self.auth = _Digest(credentials)
        self.headers.update({"Connection": "close", "Accept-Encoding": "identity"})
        self.adapter = _Adapter()
        self.mount("http://", self.adapter)
        self.last_used = time.monotonic()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a web server; `challenge` is its `WWW-Authenticate` header, "" if none."""

    status: int
    challenge: str
    body: bytes


class Web:
    """Requests to miners' web servers, with HTTP Digest. Safe to use from many threads."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._idle: OrderedDict[Endpoint, _MinerSession] = OrderedDict()
        self._lock = threading.Lock()

    def ask(
        self,
        endpoint: Endpoint,
        path: str,
        form: bytes | None = None,
        *,
        expires: float,
        permit: Permit = always,
    ) -> Answer:
        """GET a path, or POST a form to it; the whole exchange ends by `expires` (see `after`)."""
        return self._exchange(endpoint, path, form, _Call(permit, expires, math.inf))

    def deliver(
        self,
        endpoint: Endpoint,
        path: str,
        form: bytes | None = None,
        *,
        expires: float,
        answer_within: float = math.inf,
        permit: Permit = always,
    ) -> Answer | None:
        """Ask where the answer may never come: None when the request was written and no answer followed.

        Only what the miner has challenged in this very call counts: with a nonce of an earlier one, a miner
        that accepts and says nothing at all would look as if it had taken the command.
        """
        call = _Call(permit, expires, answer_within)
        try:
            return self._exchange(endpoint, path, form, call, challenged=True)
        except Unreachable:
            if call.delivered:
                return None
            raise

    def close(self) -> None:
        """Forget all sessions."""
        with self._lock:
            self._idle.clear()

    def _exchange(
        self, endpoint: Endpoint, path: str, form: bytes | None, call: _Call, *, challenged: bool = False
    ) -> Answer:
        method, headers = ("GET", {}) if form is None else ("POST", {"Content-Type": _FORM})
        url = f"http://{endpoint.miner_id}:{endpoint.http_port}{path}"
        with self._session(endpoint, fresh=challenged) as session:
            session.adapter.call = call
            response = session.request(method, url, data=form, headers=headers, allow_redirects=False)
        challenge = response.headers.get("WWW-Authenticate", "")
        return Answer(response.status_code, challenge[:_LONGEST_CHALLENGE], response.content)

    @contextmanager
    def _session(self, endpoint: Endpoint, *, fresh: bool) -> Iterator[_MinerSession]:
        """Lend the miner's session to one call; a second call at the same time gets one of its own.

        A `fresh` one knows no nonce, so that the miner has to challenge the call.
        """
        with self._lock:
            session = (None if fresh else self._idle.pop(endpoint, None)) or _MinerSession(self._credentials)
        try:
            yield session
        finally:
            session.close()
            self._keep(endpoint, session)

    def _keep(self, endpoint: Endpoint, session: _MinerSession) -> None:
        session.last_used = time.monotonic()
        stale = session.last_used - _SESSION_IDLE
        with self._lock:
            self._idle[endpoint] = session
            self._idle.move_to_end(endpoint)
            while len(self._idle) > _SESSIONS or next(iter(self._idle.values())).last_used < stale:
                self._idle.popitem(last=False)
