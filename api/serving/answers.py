"""Answers that are made in turns, so that no thread ever waits for their reader. They know only WSGI."""

from collections.abc import Callable, Iterator
from typing import Any

import falcon
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]

from api.errors import failure_body, failure_headers
from api.protection import PROTECTION
from api.serving.environment import describe
from netstab.errors import ErrorCode

__all__ = ["Answer", "Refusal"]

_CODES = {
    403: ErrorCode.NETWORK_NOT_ALLOWED,
    408: ErrorCode.REQUEST_TIMEOUT,
    413: ErrorCode.BODY_TOO_LARGE,
    431: ErrorCode.HEADERS_TOO_LARGE,
    500: ErrorCode.INTERNAL_ERROR,
    501: ErrorCode.NOT_IMPLEMENTED,
    503: ErrorCode.BUSY,
}


class Answer(WSGITask):  # type: ignore[misc]
    """What the application answers to one request."""

    _body: Any = None
    _chunks: Iterator[bytes] | None = None

    def turn(self) -> bool:
        """Write until all is written (True), or until the reader is owed enough (False).

        What is in memory already is owed at once: the connection has to answer for all that it keeps there.
        """
        if self._chunks is None:
            self.start()
            self._body = self.channel.server.application(self.get_environment(), self._start_response)
            self._chunks = iter(self._body)
        in_memory = isinstance(self._body, list | tuple)
        for chunk in self._chunks:
            if chunk:
                self.write(chunk)
            if self.channel.owes_enough and not in_memory:
                return False
        self._complete()
        return True

    def dispose(self) -> None:
        """Let go of what the application holds for this answer, whether it was read or not."""
        body, self._body = self._body, None
        if hasattr(body, "close"):
            body.close()

    def get_environment(self) -> dict[str, Any]:
        environment: dict[str, Any] = super().get_environment()
        environment.update(describe(self.request.began, self.channel.client_gone))
        return environment

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _error: Any = None
    ) -> Callable[[bytes], None]:
        self.complete, self.status, self.response_headers = True, status, list(headers)
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        self.content_length = int(lengths[0]) if lengths else None
        write: Callable[[bytes], None] = self.write
        return write

    def _complete(self) -> None:
        short = self.content_length is not None and self.content_bytes_written != self.content_length
        if short and self.request.command != "HEAD" and self.has_body:
            self.set_close_on_finish()
        self.finish()


class Refusal(ErrorTask):  # type: ignore[misc]
    """Answers what never reaches the application, in the API's own error shape, and closes."""

    def turn(self) -> bool:
        self.start()
        error = self.request.error
        self.channel.server.refused(error.code)
        body = failure_body(f"{error.reason}: {error.body.rstrip('.')}.")
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", falcon.MEDIA_JSON),
            *PROTECTION.items(),
            *failure_headers(_CODES.get(error.code, ErrorCode.INVALID_INPUT)).items(),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(b"" if getattr(self.request, "command", "") == "HEAD" else body)
        return True

    def dispose(self) -> None:
        pass
