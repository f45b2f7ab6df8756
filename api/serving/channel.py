"""One connection: requests are taken in turns and answers are owed, so that no thread waits for a reader.

The loop's thread owns the socket; a worker's thread makes one turn of one answer at a time.
"""

import logging
import socket
import time
from contextlib import suppress
from functools import partial
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]
from waitress.utilities import InternalServerError  # type: ignore[import-untyped]

from api.serving.answers import Answer, Refusal
from api.serving.arriving import came_by
from api.serving.request_parser import RequestParser
from api.serving.watched_channel import WatchedChannel
from netstab.units import Seconds

__all__ = ["Channel"]

logger = logging.getLogger(__name__)

_ENOUGH = 256 * 1024
"""Bytes owed at which an answer, or the next request, waits for the reader."""

_BETWEEN = b"\r\n"
"""What clients send behind a body and is no request: the next one may come much later."""

_LOOKED_AT = 64
_LINGER = Seconds(2.0)
_MOST_DISCARDED = 4 * 1024 * 1024


class Channel(WatchedChannel):
    """A connection that the loop reads and writes, and that workers answer."""

    # The loop's thread

    def readable(self) -> bool:
        if self._lingers_until is not None:
            return True
        busy = self._task is not None or self.requests or self.total_outbufs_len
        return not (busy or self.will_close or self.close_when_flushed)

    def handle_read(self) -> None:
        came = came_by(self.socket)
        try:
            data = self.recv(self.adj.recv_bytes)
        except BlockingIOError:
            return
        except OSError:
            self.handle_close()
            return
        self.heard_at = time.monotonic()
        if self._lingers_until is None:
            self.received(data, came)
        else:
            self._discarded += len(data)
            if self._discarded > _MOST_DISCARDED:
                self.handle_close()

    def received(self, data: bytes, came: float) -> None:
        """Take in what was read; the last of it `came` then, on the monotonic clock, and nothing later."""
        since = (self._unread_since, self.unheard_since, came)
        self._unread_since = self.unheard_since = None
        with self.requests_lock:
            if not (self.will_close or self.close_when_flushed):
                self._take_in(data, came, min(came, next(each for each in since if each is not None)))
        if self.requests:
            self.server.add_task(self)

    def _take_in(self, data: bytes, came: float, at_the_earliest: float) -> None:
        """Read one request; what came behind it is read when that one is answered.

        Of what did not come alone it is not known when it came, only since when it may have been there.
        """
        while not self.requests and (data := data if self.request else data.lstrip(_BETWEEN)):
            request = self.request = self.request or self._next_request(came)
            data = data[request.received(data) :]
            if request.completed:
                self.request, self.sent_continue = None, False
                self.requests = [] if request.empty else [request]
                request.arrived = at_the_earliest if data.strip(_BETWEEN) else came
                request.began = min(request.began, request.arrived)
            elif request.expect_continue and request.headers_finished and not self.sent_continue:
                self.send_continue()
        self._rest = data

    def _next_request(self, came: float) -> RequestParser:
        stranger = self.server.stranger
        about = None if stranger is None else partial(stranger, self.addr[0])
        return RequestParser(self.adj, came, about)

    def send_continue(self) -> None:
        self.request.expect_continue = False
        self.sent_continue = True
        with self.outbuf_lock:
            self._owed.add(b"HTTP/1.1 100 Continue\r\n\r\n", time.monotonic())
            self._flush()

    def handle_write(self) -> None:
        with self.outbuf_lock:
            self._flush()
            self._resume()
        if self.close_when_flushed and not self._owed.size:
            self.close_when_flushed = False
            self._shut()
        if self.will_close:
            self.handle_close()

    def handle_close(self) -> None:
        with self.outbuf_lock:
            self._owed.clear()
            self.total_outbufs_len = 0
            wasyncore.dispatcher.close(self)
            self._resume()

    def _shut(self) -> None:
        """Close, or first let a client that is still sending read why it is not heard."""
        if not self._unheard:
            self.will_close = True
            return
        self._lingers_until = time.monotonic() + _LINGER
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    # A worker's thread

    @property
    def owes_enough(self) -> bool:
        return self._owed.size > _ENOUGH

    def client_gone(self) -> bool:
        """Whether the client has closed its side: it does not wait for an answer any more."""
        if self.will_close or not self.connected:
            return True
        return self._unread() == b""

    def _unread(self) -> bytes | None:
        """Look at the first bytes that came and are not read yet: None for none, empty at the end."""
        connection: socket.socket | None = self.socket
        if connection is None:  # closed by the loop meanwhile
            return b""
        try:
            return connection.recv(_LOOKED_AT, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def write_soon(self, data: bytes) -> int:
        """Owe data to the client; never waits. Raises `ClientDisconnected` where it is gone."""
        with self.outbuf_lock:
            if not self.connected or self.will_close:
                raise ClientDisconnected
            if data:
                self._owed.add(data, time.monotonic())
            if self.owes_enough:
                self._flush()
            self.total_outbufs_len = self._owed.size
        return len(data)

    def service(self) -> None:
        """Make one turn: begin with the next request, or go on with the answer under way."""
        self._turn()
        self.served_at = self.heard_at = time.monotonic()
        if self.connected:
            self.server.pull_trigger()

    def _turn(self) -> None:
        request = self.requests[0]
        task = self._task = self._task or (Refusal if request.error else Answer)(self, request)
        try:
            more = self.connected and not self.will_close and not task.turn()
            task.close_on_finish |= not self.connected or self.will_close
        except (ClientDisconnected, OSError):
            task.close_on_finish, more = True, False
        except Exception:
            logger.exception("Exception while serving %s", request.path)
            self._fail(task)
            more = False
        if more or self._finish(request, task):
            self._go_on()

    def _fail(self, task: Any) -> None:
        """Answer a defect of the application, unless an answer has begun."""
        task.close_on_finish = True
        if not task.wrote_header:
            task.request.error = InternalServerError("The server encountered an unexpected internal error")
            with suppress(ClientDisconnected):
                Refusal(self, task.request).turn()

    def _finish(self, request: Any, task: Any) -> bool:
        """Put an answered request away; whether another one waits."""
        task.dispose()
        request.close()
        behind = (self._rest or self._unread() or b"").strip(_BETWEEN)
        self._unread_since = request.arrived if behind else None
        with self.requests_lock:
            self.requests = []
            if task.close_on_finish:
                self._unheard = bool(request.error)
                self.close_when_flushed = True
            elif self._rest:
                self._take_in(self._rest, request.arrived, request.arrived)
            more = bool(self.requests)
            self._task = None  # from here on the loop may read, and add what it has read itself
        with self.outbuf_lock:
            self._flush()
        return more

    def _go_on(self) -> None:
        """Have the next turn once the reader has taken enough of what it is owed."""
        with self.outbuf_lock:
            self._flush()
            self._parked = True
            self._resume()

    def _resume(self) -> None:
        if self._parked and not (self.connected and self.owes_enough):
            self._parked = False
            self.server.add_task(self)

    def _flush(self) -> None:
        """Send what the socket takes. `outbuf_lock` is held."""
        try:
            while self._owed.size and self.connected:
                self._owed.take(self.socket.sendmsg(self._owed.first()))
        except BlockingIOError:
            pass
        except OSError:
            self.will_close = True
            self._owed.clear()
        self.total_outbufs_len = self._owed.size
