"""Threads for requests, some for single paths alone: nothing else can use those up."""

import time
from collections.abc import Sequence
from typing import Any

from waitress.task import ThreadedTaskDispatcher  # type: ignore[import-untyped]

__all__ = ["Lanes"]


class Lanes:
    """Stands where waitress has one pool of threads: one for each reserved path, one for all else."""

    def __init__(self, threads: int, reserved: Sequence[str], reserved_threads: int) -> None:
        self._others = _pool(threads)
        self._reserved = {path: _pool(reserved_threads) for path in reserved}

    def add_task(self, channel: Any) -> None:
        """Have a channel's next request answered, or its answer under way continued."""
        self._reserved.get(path_of(channel), self._others).add_task(channel)

    def is_reserved(self, channel: Any) -> bool:
        """Whether a channel's next request is for a reserved path."""
        return path_of(channel) in self._reserved

    def shutdown(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        pools = (self._others, *self._reserved.values())
        for pool in pools:
            pool.set_thread_count(0)
        for pool in pools:
            pool.shutdown(timeout=max(0.0, deadline - time.monotonic()))


def path_of(channel: Any) -> str:
    """Give the path of a channel's next request as the application sees it; empty if it has none."""
    request = next(iter(channel.requests), None)
    if request is None or request.error:
        return ""
    path: str = "/" + request.path.lstrip("/")
    return path[:-1] if path.endswith("/") and len(path) > 1 else path


def _pool(threads: int) -> Any:
    pool = ThreadedTaskDispatcher()
    pool.set_thread_count(threads)
    return pool
