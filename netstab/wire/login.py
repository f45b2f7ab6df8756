"""How who asks over HTTP shows that it may. No password or token is ever shown."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.utils import get_auth_from_url

from netstab.wire.failure import BadAnswer

__all__ = ["Basic", "Bearer", "Digest", "Login", "Token", "login_in"]


_LONGEST_CHALLENGE = 4096
"""Characters: it is kept with the session, and sent back."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Answers a challenge; the password itself never leaves. Without a challenge nothing is shown."""

    username: str
    password: str = field(repr=False)

    def auth(self) -> AuthBase:
        return _Digest(self.username, self.password)


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


class _Digest(HTTPDigestAuth):
    """Digest whose nonce belongs to the server and not to the thread that asked last.

    requests keeps it per thread; here one session is only ever in one thread's hands at a time.
    """

    def __init__(self, username: str, password: str) -> None:
        super().__init__(username, password)
        self._thread_local = SimpleNamespace()

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
