"""An asyncio loop in a thread of its own, and the time by which physics goes on there."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["LoopThread", "PhysicsTime"]

_PATIENCE = 60.0
_T = TypeVar("_T")


class LoopThread:
    """Runs coroutines that other threads hand in, from `start` to `end`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Have the loop do something; gives its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()


class PhysicsTime:
    """`speed` is how many seconds of physics pass in one of `clock`; `skipped` are those that were leapt."""

    def __init__(self, clock: Callable[[], float], speed: float) -> None:
        self._clock, self.speed = clock, speed
        self._started = clock()
        self.skipped = 0.0

    def now(self) -> float:
        """Return the physics' time in seconds since it began."""
        return (self._clock() - self._started) * self.speed + self.skipped
