"""How who asks over HTTP shows that it may. No password or token is ever shown."""

import http.client
import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.utils import get_auth_from_url, parse_dict_header

from netstab.wire.failure import BadAnswer

__all__ = ["Basic", "Bearer", "Digest", "DigestAuth", "Login", "Token", "login_in"]


_LONGEST_CHALLENGE = 4096
"""Characters: it is kept with the session, and sent back."""
_SCHEME = re.compile(r"digest ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Digest:
    """Answers a challenge; the password itself never leaves. Without a challenge nothing is shown."""

    username: str
    password: str = field(repr=False)

    def auth(self) -> AuthBase:
        return DigestAuth(self.username, self.password)


@dataclass(frozen=True, slots=True)
class Basic:
    """Shows the password to whoever is asked."""

    username: str
    password: str = field(repr=False)

    def auth(self) -> AuthBase:
        return HTTPBasicAuth(self.username.encode(), self.password.encode())


@dataclass(frozen=True, slots=True)
class Bearer:
    """Shows the token to whoever is asked."""

    token: str = field(repr=False)

    def auth(self) -> AuthBase:
        return _Shown("Authorization", f"Bearer {self.token}")


@dataclass(frozen=True, slots=True)
class Token:
    """Shows the token to whoever is asked, in a header of the maker's own."""

    header: str
    token: str = field(repr=False)

    def auth(self) -> AuthBase:
        return _Shown(self.header, self.token)


Login = Digest | Basic | Bearer | Token


def login_in(url: str) -> Basic | None:
    """Return the user and password that a URL holds, None where it holds none."""
    username, password = get_auth_from_url(url)
    return Basic(username, password) if username or password else None


class DigestAuth(HTTPDigestAuth):
    """Digest whose nonce belongs to the server and not to the thread that asked last.

    requests keeps it per thread; here one session is only ever in one thread's hands at a time.
    """

    def __init__(self, username: str, password: str) -> None:
        super().__init__(username, password)
        self._thread_local = SimpleNamespace()
        self.init_per_thread_state()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Answer with the request the challenge that was answered last."""
        if self._thread_local.last_nonce:
            self._authorize(request)
        return request

    def answers(self, request: requests.PreparedRequest, status: int, challenge: str) -> bool:
        """Authorize a request that was challenged; False where there is nothing to answer."""
        refused = http.client.BAD_REQUEST <= status < http.client.INTERNAL_SERVER_ERROR
        if not refused or "digest" not in challenge.lower():
            return False
        parts = _SCHEME.sub("", challenge, count=1)
        self._thread_local.chal = parse_dict_header(parts)  # type: ignore[no-untyped-call]
        return self._authorize(request)

    def _authorize(self, request: requests.PreparedRequest) -> bool:
        shown = self.build_digest_header(str(request.method), str(request.url))
        if shown:
            request.headers["Authorization"] = shown
        return bool(shown)

    def build_digest_header(self, method: str, url: str) -> str | None:
        if len(repr(self._thread_local.chal)) > _LONGEST_CHALLENGE:
            self._thread_local.chal = {}
            raise BadAnswer("gives a challenge that does not end")
        try:
            return cast("str | None", super().build_digest_header(method, url))  # type: ignore[no-untyped-call]
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise BadAnswer("gives a challenge that cannot be understood") from error


class _Shown(AuthBase):
    def __init__(self, header: str, value: str) -> None:
        self._header, self._value = header, value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self._header] = self._value
        return request
