"""Bounds how many requests wait for devices at once, so that all others find a free thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from netstab.errors import CommandRejected, ErrorCode

__all__ = ["Slots"]


class Slots:
    def __init__(self, count: int) -> None:
        self._count = count
        self._free = threading.Semaphore(count)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot; raises `CommandRejected` with BUSY at once if none is free."""
        if not self._free.acquire(blocking=False):
            message = f"{self._count} requests are waiting for miners already; repeat this one in a moment."
            raise CommandRejected(ErrorCode.BUSY, message)
        try:
            yield
        finally:
            self._free.release()
