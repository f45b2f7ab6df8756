"""One bounded exchange over HTTP, for whoever asks. It judges no answer: a status is told, whatever it is.

No redirect is followed, no proxy and no password is taken from the environment, and nothing is sent twice
but in answer to a challenge.
"""

import json
from dataclasses import dataclass

import requests

from netstab.wire.bounded import WRONG, Adapter, Call
from netstab.wire.login import Login

__all__ = ["Answer", "Call", "Content", "HttpSession"]

_LONGEST_CHALLENGE = 512


@dataclass(frozen=True, slots=True)
class Content:
    """What a request carries; `kind` is its `Content-Type`."""

    data: bytes
    kind: str

    @classmethod
    def form(cls, encoded: bytes) -> "Content":
        return cls(encoded, "application/x-www-form-urlencoded")

    @classmethod
    def json(cls, document: object) -> "Content":
        return cls(json.dumps(document, allow_nan=False).encode(), "application/json")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a web server; `challenge` is its `WWW-Authenticate` header, "" if none."""

    status: int
    challenge: str
    body: bytes


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Look at no `Location`: where none is followed it is read all the same, and may be anything."""


class HttpSession:
    """What one server and we have agreed on, its challenge, no more. For one thread at a time."""

    def __init__(self, login: Login | None = None) -> None:
        self._session = _Session()
        self._session.trust_env = False
        self._session.auth = login.auth() if login is not None else None
        self._session.headers.update({"Connection": "close", "Accept-Encoding": "identity"})
        self._adapter = Adapter()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)

    def exchange(self, url: str, call: Call, content: Content | None = None, method: str = "") -> Answer:
        """Send one request within the bounds of `call`; without a method it is a GET, or a POST of content.

        Raises one error of the call's kind, or what its `leave` does.
        """
        self._adapter.call = call
        try:
            response = self._session.request(
                method or ("GET" if content is None else "POST"),
                url,
                data=None if content is None else content.data,
                headers={} if content is None else {"Content-Type": content.kind},
                allow_redirects=False,
            )
        except WRONG as error:
            raise call.failed(error) from error
        challenge = response.headers.get("WWW-Authenticate", "")
        return Answer(response.status_code, challenge[:_LONGEST_CHALLENGE], response.content)

    def close(self) -> None:
        """Close what is open; what was agreed on stays."""
        self._session.close()
