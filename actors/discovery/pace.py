"""Spreads the work of a scan over time, so that it has a share of the processor that others do not feel."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

__all__ = ["Pace", "Used"]

T = TypeVar("T")

_TURN, _LONGEST_TURN = 0.02, 0.2  # seconds
_FOR_USED, _FOR_USED_AT_LEISURE = 3.0, 1.25
"""A turn is as long as this many times the processor time that is used in it: a third of a core at most, or
four fifths on a host that is not busy."""

_LATE = 0.005  # seconds; a host whose turns end later than that is busy


class Pace:
    """Lets as many pass in a second as it is made for, and fewer where that takes too much. For one loop.

    The host is busy while the loop is late for the ends of turns: then it leaves more to the others.

    `used` is a clock of the processor time that goes with it, in seconds, read on the loop.
    """

    def __init__(self, per_second: float, used: Callable[[], float]) -> None:
        self._in_a_turn = max(1, round(per_second * _TURN))
        self._left = self._in_a_turn
        self._used = used
        self._before = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._turning = False

    async def turn(self) -> None:
        """Wait until the next may pass, in the order in which they came."""
        loop = asyncio.get_running_loop()
        if not self._turning:
            self._turning, self._before = True, self._used()
            loop.call_later(_TURN, self._end, loop, loop.time())
        if self._left and not self._waiting:
            self._left -= 1
            return
        passing: asyncio.Future[None] = loop.create_future()
        self._waiting.append(passing)
        await passing

    def _end(self, loop: asyncio.AbstractEventLoop, began: float) -> None:
        """End a turn; one in which too much was used lasts a while longer."""
        lasted = loop.time() - began
        for_used = _FOR_USED if lasted > _TURN + _LATE else _FOR_USED_AT_LEISURE
        longer = min(_LONGEST_TURN, for_used * (self._used() - self._before)) - lasted
        if longer > _TURN / 10:
            loop.call_later(longer, self._next, loop)
        else:
            self._next(loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left, self._before = self._in_a_turn, self._used()
        while self._waiting and self._left:
            passing = self._waiting.popleft()
            if not passing.done():  # else whoever waited was cancelled
                passing.set_result(None)
                self._left -= 1
        self._turning = bool(self._waiting) or self._left < self._in_a_turn
        if self._turning:
            loop.call_later(_TURN, self._end, loop, loop.time())


class Used:
    """The processor time that work on many threads has used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0

    def seconds(self) -> float:
        return self._seconds

    def by(self, work: Callable[[], T]) -> T:
        """Do the work on this thread, and count it."""
        began = time.thread_time()
        try:
            return work()
        finally:
            with self._lock:
                self._seconds += time.thread_time() - began
