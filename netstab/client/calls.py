"""One call of the API: bounded in time and size, and each way in which it can go wrong told apart.

It remembers nothing, follows no redirect, and takes neither proxy nor password from the environment.
"""

import json
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from http import HTTPStatus
from typing import Any, Self

import requests
from urllib3.exceptions import NewConnectionError

from netstab.errors import NetstabError
from netstab.wire.bounds import within

__all__ = ["CallFailed", "Client", "Outcome"]

_LARGEST = 256 * 1024 * 1024  # bytes; 50,000 miners are 15 MB
_PIECE = 64 * 1024
_CONNECTED_BY = 0.9
"""Of a call's time: so that nobody there is told from somebody who gives no answer."""
_LONGEST = 600  # characters of what something that is no server of ours may say


class Outcome(IntEnum):
    """What became of a call, as the exit status of a command."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    REFUSED = 3
    UNREACHABLE = 4
    UNAUTHORISED = 5


_OUTCOMES: dict[int, Outcome] = {
    HTTPStatus.UNAUTHORIZED: Outcome.UNAUTHORISED,
    HTTPStatus.FORBIDDEN: Outcome.UNAUTHORISED,
    HTTPStatus.CONFLICT: Outcome.REFUSED,
    HTTPStatus.REQUEST_TIMEOUT: Outcome.UNREACHABLE,
    HTTPStatus.BAD_GATEWAY: Outcome.UNREACHABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: Outcome.UNREACHABLE,
    HTTPStatus.GATEWAY_TIMEOUT: Outcome.UNREACHABLE,
}


class CallFailed(NetstabError):
    """A call was not done, or nobody knows whether it was; `code` is the server's own, "" without one."""

    def __init__(self, outcome: Outcome, message: str, code: str = "") -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code


@dataclass(slots=True)
class Client:
    """Calls the server at `url`, each within `timeout` s.

    `ca_file` vouches for its certificate, "" for any that the system knows.
    """

    url: str
    token: str = field(repr=False)
    ca_file: str
    timeout: float
    _session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __enter__(self) -> Self:
        self._session.trust_env = False
        self._session.verify = self.ca_file or True
        if self.token:
            self._session.headers["Authorization"] = f"Bearer {self.token}"
        return self

    def __exit__(self, *_error: object) -> None:
        self._session.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        request_id: str = "",
    ) -> dict[str, Any]:
        """Return the answer's JSON object. Raises `CallFailed` for every other end, within the deadline.

        A command is recorded with the `request_id`, by which it is found in the history.
        """
        answer = self._answer(method, path, body, query, request_id)
        if not isinstance(answer, dict):
            raise self._strange(HTTPStatus.OK)
        return answer

    def read_list(self, path: str) -> list[dict[str, Any]]:
        """Return a list of JSON objects. Raises what `call` does."""
        answer = self._answer("GET", path)
        if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
            raise self._strange(HTTPStatus.OK)
        return answer

    def _answer(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        request_id: str = "",
    ) -> Any:
        exchange = partial(self._exchanged, method, path, body, query, request_id)
        try:  # the library bounds each wait for a byte, not the whole
            status, code, content = within(self.timeout, exchange, "call")
        except (requests.ConnectionError, requests.Timeout, TimeoutError) as error:
            raise CallFailed(Outcome.UNREACHABLE, self._trouble(error, method)) from error
        except (requests.RequestException, OSError, ValueError) as error:
            raise CallFailed(Outcome.UNREACHABLE, f"{self.url} cannot be asked: {error}.") from error
        return self._judged(status, code, content)

    def _exchanged(
        self, method: str, path: str, body: Any, query: dict[str, Any] | None, request_id: str
    ) -> tuple[int, str, bytes]:
        answer = self._session.request(
            method,
            self.url + path,
            params=query,
            json=body,
            headers={"X-Request-Id": request_id} if request_id else None,
            timeout=(_CONNECTED_BY * self.timeout, self.timeout),
            allow_redirects=False,
            stream=True,
        )
        with answer:
            content = bytearray()
            for piece in answer.iter_content(_PIECE):
                content += piece
                if len(content) > _LARGEST:
                    raise ValueError("its answer does not end")
            return answer.status_code, answer.headers.get("X-Error-Code", ""), bytes(content)

    def _judged(self, status: int, code: str, content: bytes) -> Any:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if status == HTTPStatus.OK and answer is not None:
            return answer
        message = answer.get("message") if isinstance(answer, dict) else None
        if not isinstance(message, str):
            raise self._strange(status)
        raise CallFailed(_outcome(status), message[:_LONGEST], code)

    def _strange(self, status: int) -> CallFailed:
        return CallFailed(_outcome(status), f"{self.url} answers {status}, and not as this product does.")

    def _trouble(self, error: Exception, method: str) -> str:
        if isinstance(error, requests.exceptions.SSLError):
            return f"{self.url} shows no certificate that is trusted; name its authority by NETSTAB_CA_FILE."
        if _never_asked(error):
            return f"Nobody answers at {self.url}: is the server running, and is NETSTAB_URL or --url right?"
        late = isinstance(error, requests.Timeout | TimeoutError)
        said = f"gave no answer within {self.timeout:g} s" if late else "broke off unanswered"
        end = "." if method == "GET" else "; whether the command was done is in its history."
        return f"{self.url} {said}{end}"


def _never_asked(error: Exception) -> bool:
    """Whether no connection came about, so that nothing can have been done."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _outcome(status: int) -> Outcome:
    bad = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return _OUTCOMES.get(status, Outcome.BAD_INPUT if bad else Outcome.FAILED)
