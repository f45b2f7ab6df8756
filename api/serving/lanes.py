"""Threads for requests, some for single paths alone: nothing else can use those up."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from waitress.task import ThreadedTaskDispatcher  # type: ignore[import-untyped]
from waitress.utilities import BadRequest  # type: ignore[import-untyped]

from api.serving.precedence import Precedence

__all__ = ["Lanes"]

_RESERVED = 4
_READING = 4
_WAITING = 10
_ALONE = 1
_REFUSING = 1
MOST_QUEUED = 200
"""Requests that wait for a thread of one pool; one beyond is refused, for its client would give up first."""


class Overloaded(BadRequest):  # type: ignore[misc]
    """More requests of a kind wait than will be answered soon."""

    code = 503
    reason = "Service Unavailable"


class Lanes:
    """Stands where waitress has one pool of threads.

    Each reserved path has one. Of all else, what only reads has few: it never waits, and threads that are
    busy at once hold up each other and the rest. What may wait has many. One only refuses. All that is not
    reserved and is not refused begins once nothing reserved is under way. Without `may_wait` the reserved
    paths are `alone`.
    """

    def __init__(
        self, reserved: Sequence[str], may_wait: Callable[[str, str], bool] | None, precedence: Precedence
    ) -> None:
        self.precedence = precedence
        self.alone = may_wait is None
        self._reserved = {path: _pool(_RESERVED) for path in reserved}
        others = (_ALONE, 0) if may_wait is None else (_READING, _WAITING)
        self._reading, self._waiting, self._refusing = map(_pool, (*others, _REFUSING))
        self._may_wait = may_wait or _never

    def add_task(self, channel: Any) -> None:
        """Have a channel's next request answered, or its answer under way continued, or refuse it."""
        pool = self._pool_for(channel)
        if len(pool.queue) >= MOST_QUEUED and channel.begins:
            channel.requests[0].error = Overloaded(f"{MOST_QUEUED} requests of this kind wait already")
            pool = self._refusing
        if pool is self._refusing:
            pool.add_task(channel)  # gives way to nothing: the EMS itself may be who is refused
            return
        reserved = pool in self._reserved.values()
        pool.add_task((_First if reserved else _Later)(channel, self.precedence))

    def is_reserved(self, channel: Any) -> bool:
        """Whether a channel's next request is for a reserved path."""
        return _asked(channel)[1] in self._reserved

    def waiting(self) -> dict[str, int]:
        """Count the requests that wait for a thread, by the name of their lane."""
        others = {"reading": self._reading, "waiting": self._waiting, "refusing": self._refusing}
        return {name: len(pool.queue) for name, pool in {**self._reserved, **others}.items()}

    def shutdown(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        pools = (self._reading, self._waiting, self._refusing, *self._reserved.values())
        for pool in pools:
            pool.set_thread_count(0)
        for pool in pools:
            pool.shutdown(timeout=max(0.0, deadline - time.monotonic()))

    def _pool_for(self, channel: Any) -> Any:
        method, path = _asked(channel)
        if not path:
            return self._refusing
        return self._reserved.get(path) or (self._waiting if self._may_wait(method, path) else self._reading)


class _Later:
    """A channel's next turn, which gives way to what is reserved."""

    def __init__(self, channel: Any, precedence: Precedence) -> None:
        self._channel = channel
        self._precedence = precedence

    def service(self) -> None:
        self._precedence.give_way()
        self._channel.service()

    def cancel(self) -> None:
        self._channel.cancel()


class _First(_Later):
    """A turn that others give way to, from when it waits until it is over."""

    def __init__(self, channel: Any, precedence: Precedence) -> None:
        super().__init__(channel, precedence)
        precedence.begin()

    def service(self) -> None:
        try:
            self._channel.service()
        finally:
            self._precedence.end()

    def cancel(self) -> None:
        self._precedence.end()
        super().cancel()


def _never(_method: str, _path: str) -> bool:
    return False


def _asked(channel: Any) -> tuple[str, str]:
    """Return method and path of a channel's next request as the application sees them; empty if none."""
    request = next(iter(channel.requests), None)
    if request is None or request.error:
        return "", ""
    path: str = "/" + request.path.lstrip("/")
    return request.command, path[:-1] if path.endswith("/") and len(path) > 1 else path


def _pool(threads: int) -> Any:
    pool = ThreadedTaskDispatcher()
    pool.set_thread_count(threads)
    return pool
