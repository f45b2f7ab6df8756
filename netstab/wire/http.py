"""One bounded exchange over HTTP, for whoever asks. It judges no answer: a status is told, whatever it is.

No redirect is followed, no cookie kept, no proxy or password taken from the environment, and nothing is sent
twice but in answer to a challenge. `requests` makes the request and answers the challenge; its sessions would
look for all of those each time.
"""

import json
from dataclasses import dataclass

import requests
from requests.auth import AuthBase
from requests.utils import default_headers

from netstab.wire.bounded import WRONG, Call, exchanged
from netstab.wire.login import DigestAuth, Login

__all__ = ["Answer", "Call", "Content", "HttpSession"]

_LONGEST_CHALLENGE = 512
_HEADERS = {**default_headers(), "Connection": "close", "Accept-Encoding": "identity"}


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


class HttpSession:
    """What one server and we have agreed on, its challenge, no more. For one thread at a time."""

    def __init__(self, login: Login | None = None) -> None:
        self._auth = login.auth() if login is not None else None

    def exchange(self, url: str, call: Call, content: Content | None = None, method: str = "") -> Answer:
        """Send one request within the bounds of `call`; without a method it is a GET, or a POST of content.

        Raises one error of the call's kind, or what its `leave` does.
        """
        try:
            request = _request(url, content, method, self._auth)
            status, headers, body = exchanged(request, call)
            challenge = headers.get("www-authenticate", "")
            if isinstance(self._auth, DigestAuth) and self._auth.answers(request, status, challenge):
                status, headers, body = exchanged(request, call)
                challenge = headers.get("www-authenticate", "")
        except WRONG as error:
            raise call.failed(error) from error
        return Answer(status, challenge[:_LONGEST_CHALLENGE], body)


def _request(
    url: str, content: Content | None, method: str, auth: AuthBase | None
) -> requests.PreparedRequest:
    """Return what `Request.prepare` would, but for cookies and hooks: there are none."""
    request = requests.PreparedRequest()
    request.prepare_method(method or ("GET" if content is None else "POST"))
    request.prepare_url(url, "")
    request.prepare_headers(_HEADERS)
    request.prepare_body(None if content is None else content.data, None)
    if content is not None:
        request.headers["Content-Type"] = content.kind
    request.prepare_auth(auth, url)
    return request
