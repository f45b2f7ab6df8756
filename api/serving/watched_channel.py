"""What a connection shows to whoever looks after all of them: what it holds, since when, and if it must go.

It reads and answers nothing.
"""

import socket
import time
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]

from api.serving.owed import Owed
from api.serving.request_parser import RequestTimeout
from netstab.units import Seconds

__all__ = ["WatchedChannel"]

_WHOLE_WITHIN = Seconds(30.0)


class WatchedChannel(HTTPChannel):  # type: ignore[misc]
    """`served_at` is when it was last given a whole request; bytes that trickle in do not count.

    `reserved` says that it has asked for a reserved path; `unheard_since` is when it was last seen to have
    nothing to read, None while it has nothing. All methods are for the loop's thread.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.served_at = self.heard_at = time.monotonic()
        self.requests: list[Any] = []
        self.request: Any = None
        self.close_when_flushed = False
        self.reserved = False
        self._rest = b""
        self.unheard_since: float | None = None
        self._unread_since: float | None = None
        self._owed = Owed()
        self._task: Any = None
        self._parked = False
        self._unheard = False
        self._lingers_until: float | None = None
        self._discarded = 0

    def cut_off(self) -> None:
        """Have it closed; a peer that reads nothing would never let it be closed by `will_close` alone."""
        self.will_close = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def overdue(self, now: float, idle: float) -> bool:
        """Whether it must go: silent, lingering, or with a reader that takes too little."""
        if self._lingers_until is not None:
            return now > self._lingers_until
        stalled = False
        if self._owed.size:
            with self.outbuf_lock:
                stalled = self._owed.stalled(now)
        busy = bool(self.requests or self._owed.size or self.request)
        return stalled or (not busy and self.heard_at < now - idle)

    def expire(self, now: float) -> None:
        """Refuse a request that has not become whole in time."""
        if self.request is None:
            return
        with self.requests_lock:
            request = self.request
            if request is None or self.requests or now - request.began < _WHOLE_WITHIN:
                return
            request.error = RequestTimeout(f"The request was not whole within {_WHOLE_WITHIN:g} s")
            request.completed = True
            self.request = None
            self.requests.append(request)
        self.server.add_task(self)

    def held(self) -> dict[int, int]:
        """Return the objects that are kept in memory for it, by identity, and their sizes in bytes."""
        with self.outbuf_lock:
            held = dict(self._owed.held())
        requests = [request for request in (self.request, *self.requests) if request is not None]
        return held | {id(request): request.kept for request in requests}

    @property
    def idles(self) -> bool:
        """Whether nothing changes for it, whatever others do, until its client is heard or it is cut off."""
        nothing = not (self.requests or self._owed.size or self.will_close or self.close_when_flushed)
        return nothing and self.request is None and self._task is None and self._lingers_until is None

    @property
    def begins(self) -> bool:
        """Whether its next request waits, and no answer is under way."""
        return self._task is None and bool(self.requests)

    @property
    def in_turn(self) -> bool:
        """Whether a worker is at it."""
        return self._task is not None and not self._parked

    @property
    def held_since(self) -> float:
        """When it began to hold what it holds, on the monotonic clock."""
        request = self.request
        return self._owed.since if self._owed.size or request is None else float(request.began)
