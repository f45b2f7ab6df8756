"""Requests to miners' web servers: sessions, permits, deadlines. It knows no path and judges no answer.

Whatever goes wrong on the wire leaves here as exactly one `DeviceError`. Nothing is sent twice.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from types import MappingProxyType

from netstab.devices.awesome_miner.back_end import AwesomeMiner
from netstab.devices.first_look import FirstLook, version_of
from netstab.devices.out_of_reach import out_of_reach
from netstab.devices.port import Endpoint, Permit, always
from netstab.devices.tokens import Tokens
from netstab.devices.transport import CONNECT, DEVICE_ERRORS
from netstab.devices.turns import Turns
from netstab.errors import MalformedAnswer, Unreachable, Withdrawn
from netstab.reach import Reach
from netstab.wire.http import Answer, Call, Content, HttpSession
from netstab.wire.login import Login

__all__ = ["WHATSMINER_API_PORT", "Answer", "Content", "Web"]

WHATSMINER_API_PORT = 4433
"""The port of the API 3 of Whatsminers, where a site has not moved it."""

_SESSIONS = 1024
_SESSION_IDLE = 600.0  # seconds; a miner's nonce is as old as that at most
_NO_CREDENTIALS: Mapping[str, str] = MappingProxyType({})


class Web:
    """Requests to miners' web servers, only to those within `reach`. Safe to use from many threads.

    `credentials` are those set for the devices that are talked to, by the names of their variables; `login`
    is shown with each request that asks for it, or with each at all. `whatsminer_api_port` is the port that
    Whatsminers have beside the two of an endpoint. `awesome_miner` is what stands before some, if set.
    """

    def __init__(
        self,
        credentials: Mapping[str, str] = _NO_CREDENTIALS,
        reach: Reach | None = None,
        login: Login | None = None,
        *,
        whatsminer_api_port: int = WHATSMINER_API_PORT,
        sessions: "Sessions | None" = None,
        tokens: Tokens | None = None,
        turns: Turns | None = None,
        awesome_miner: AwesomeMiner | None = None,
    ) -> None:
        self.credentials = credentials
        self.login = login
        self._reach = reach
        self.whatsminer_api_port = whatsminer_api_port
        self.sessions = sessions or Sessions()
        self.tokens = tokens or Tokens()
        self.turns = turns or Turns()
        self.awesome_miner = awesome_miner
        self.first_look: FirstLook | None = None

    def logged_in(self, login: Login | None, credentials: Mapping[str, str] | None = None) -> "Web":
        """Return the same way to devices with another login, and with those credentials alone if given."""
        other = copy(self)
        other.login = login
        other.credentials = self.credentials if credentials is None else credentials
        return other

    def looking(self, first_look: FirstLook) -> "Web":
        """Return the same way to an address that several families look at."""
        other = copy(self)
        other.first_look = first_look
        return other

    def version(self, endpoint: Endpoint, expires: float) -> bytes:
        """Ask what software answers on the API port: of several families that look there only the first."""
        return self.first_look.version(expires) if self.first_look else version_of(endpoint, expires)

    def require_reach(self, endpoint: Endpoint) -> None:
        """Raise `Unreachable` for what may not be talked to: neither here nor at its API port."""
        reach = self._reach
        if reach is not None and not reach.takes(endpoint.miner_id, endpoint.api_port, endpoint.http_port):
            raise out_of_reach(reach)

    def ask(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        method: str = "",
        expires: float,
        permit: Permit = always,
    ) -> Answer:
        """GET a path, or POST content to it, or what `method` says; all ends by `expires` (see `after`)."""
        with self.sessions.lent(endpoint, self.login) as session:
            call = self._call(endpoint, expires, math.inf, permit)
            return session.exchange(_url(endpoint, path), call, content, method)

    def tell(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        method: str = "",
        expires: float,
        permit: Permit = always,
    ) -> Answer:
        """Ask for a change; an error says by `may_have_acted` whether the request had left."""
        left = False

        def leave() -> bool:
            nonlocal left
            left = permit()
            return left

        try:
            return self.ask(endpoint, path, content, method=method, expires=expires, permit=leave)
        except (Unreachable, MalformedAnswer) as error:
            error.may_have_acted = left
            raise

    def deliver(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        expires: float,
        answer_within: float = math.inf,
        permit: Permit = always,
    ) -> Answer | None:
        """Ask where the answer may never come: None when the request was written and no answer followed.

        Only what the miner has challenged in this very call counts: with a nonce of an earlier one, a miner
        that accepts and says nothing at all would look as if it had taken the command.
        """
        call = self._call(endpoint, expires, answer_within, permit)
        try:
            with self.sessions.lent(endpoint, self.login, fresh=True) as session:
                return session.exchange(_url(endpoint, path), call, content)
        except Unreachable:
            if call.delivered:
                return None
            raise
        except MalformedAnswer as error:
            error.may_have_acted = call.delivered
            raise

    def close(self) -> None:
        """Forget all sessions."""
        self.sessions.forget()

    def _call(self, endpoint: Endpoint, expires: float, answer_within: float, permit: Permit) -> Call:
        def leave() -> None:
            if not permit():
                raise Withdrawn("A newer command overtook this one before it was sent.")

        # Named for an operator: the address of a script says nothing to him.
        peer = f"The web server at {endpoint.miner_id}:{endpoint.http_port}"
        return Call(peer, DEVICE_ERRORS, expires, CONNECT, answer_within, leave, self._reach)


def _url(endpoint: Endpoint, path: str) -> str:
    return f"http://{endpoint.miner_id}:{endpoint.http_port}{path}"


class Sessions:
    """The sessions with all miners, bounded in number and age."""

    def __init__(self) -> None:
        self._idle: OrderedDict[tuple[Endpoint, Login | None], tuple[HttpSession, float]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def lent(self, endpoint: Endpoint, login: Login | None, *, fresh: bool = False) -> Iterator[HttpSession]:
        """Lend the miner's session to one call; a second call at the same time gets one of its own.

        A `fresh` one knows no nonce, so that the miner has to challenge the call.
        """
        key = (endpoint, login)
        with self._lock:
            known, _ = (None, 0.0) if fresh else self._idle.pop(key, (None, 0.0))
        session = known or HttpSession(login)
        try:
            yield session
        finally:
            self._keep(key, session)

    def _keep(self, key: tuple[Endpoint, Login | None], session: HttpSession) -> None:
        now = time.monotonic()
        with self._lock:
            self._idle[key] = session, now
            self._idle.move_to_end(key)
            while len(self._idle) > _SESSIONS or next(iter(self._idle.values()))[1] < now - _SESSION_IDLE:
                self._idle.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._idle.clear()

    @property
    def endpoints(self) -> list[Endpoint]:
        """Those that a session is kept with, the longest unused first."""
        with self._lock:
            return [endpoint for endpoint, _ in self._idle]
