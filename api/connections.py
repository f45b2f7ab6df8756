"""Waitress's listener with the bounds that it leaves out. It knows nothing of what is served.

Where there is no room for another connection, those that have been silent longest give way; a client that
does not read its answer is cut off. So clients that hold connections keep nobody else out.
"""

import socket
import time
from contextlib import suppress
from heapq import nsmallest
from typing import Any, Self

import falcon
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]
from waitress.task import ErrorTask, ThreadedTaskDispatcher  # type: ignore[import-untyped]

from api.errors import CODE_HEADER, failure_body

__all__ = ["Listener"]

_CODES = {413: "BODY_TOO_LARGE", 431: "HEADERS_TOO_LARGE", 500: "INTERNAL_ERROR", 501: "NOT_IMPLEMENTED"}
_SPARE = 10  # a tenth of all connections is kept free, and made free at once


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """Answers what waitress itself refuses in the API's own error shape."""

    def execute(self) -> None:
        error = self.request.error
        body = failure_body(f"{error.reason}: {error.body}.")
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", falcon.MEDIA_JSON))
        self.response_headers.append((CODE_HEADER, _CODES.get(error.code, "INVALID_INPUT")))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """`served_at` is when it was last given a whole request; bytes that trickle in do not count."""

    error_task_class = _ErrorTask

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.served_at = time.monotonic()

    def service(self) -> None:
        super().service()
        self.served_at = time.monotonic()

    def cut_off(self) -> None:
        """Have it closed; a peer that reads nothing would never let it be closed by `will_close` alone."""
        self.will_close = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Listener(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Channel

    @classmethod
    def on(cls, listening: socket.socket, application: Any, **adjustments: Any) -> Self:
        """Serve on a socket; `adjustments` are waitress's."""
        adjusted = Adjustments(sockets=[listening], **adjustments)
        threads = ThreadedTaskDispatcher()
        threads.set_thread_count(adjusted.threads)
        where = (listening.family, listening.type, listening.proto, listening.getsockname())
        return cls(application, {}, True, listening, threads, adjusted, sockinfo=where, bind_socket=False)

    def handle_accept(self) -> None:
        spare = self.adj.connection_limit // _SPARE
        if len(self.active_channels) >= self.adj.connection_limit - spare:
            self._make_room(spare)
        super().handle_accept()

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.total_outbufs_len and channel.last_activity < now - self.adj.channel_timeout:
                channel.cut_off()

    def _make_room(self, count: int) -> None:
        idle = [channel for channel in self.active_channels.values() if not channel.requests]
        for channel in nsmallest(count, idle, key=lambda channel: channel.served_at):
            channel.cut_off()
