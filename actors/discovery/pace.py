"""Spreads the work of a scan over time, so that it has a share of the processor that others do not feel."""

import asyncio
from collections import deque

__all__ = ["Pace"]

_TURN = 0.02  # seconds
_FOR_LATENESS = 2.0
"""So many seconds of pause for each second that a turn took, or came too late: what passes has a third of a
loop that has more to do than it can."""


class Pace:
    """Lets as many pass in a second as it is made for, and fewer while the loop is late. For one loop."""

    def __init__(self, per_second: float) -> None:
        self._in_a_turn = max(1, round(per_second * _TURN))
        self._left = self._in_a_turn
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._turning = False

    async def turn(self) -> None:
        """Wait until the next may pass, in the order in which they came."""
        loop = asyncio.get_running_loop()
        if not self._turning:
            self._turning = True
            self._rest(loop, loop.time())
        if self._left and not self._waiting:
            self._left -= 1
            return
        passing: asyncio.Future[None] = loop.create_future()
        self._waiting.append(passing)
        await passing

    def _rest(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Wait for the next turn, now that those of this one, which was due then, have done their work."""
        pause = _TURN + _FOR_LATENESS * (loop.time() - due)
        loop.call_later(pause, self._next, loop, loop.time() + pause)

    def _next(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._left = self._in_a_turn
        while self._waiting and self._left:
            passing = self._waiting.popleft()
            if not passing.done():  # else whoever waited was cancelled
                passing.set_result(None)
                self._left -= 1
        self._turning = bool(self._waiting) or self._left < self._in_a_turn
        if self._turning:
            loop.call_soon(self._rest, loop, due)  # after whoever has passed
