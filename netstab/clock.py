"""The one source of time. Durations go by a steady clock; what is shown or recorded goes by the host's.

The two are never mixed: a `Clock` gives moments of this process alone, a `WallClock` those that all may read.
"""

import time
from collections.abc import Callable

from netstab.units import Seconds, Timestamp, WallTime

__all__ = ["Clock", "Correction", "WallClock", "steady_clock", "wall_clock"]

Clock = Callable[[], Timestamp]
WallClock = Callable[[], WallTime]

STEP = Seconds(1.0)
"""A change that comes at once and is no smaller is a step: something has set the host's clock."""

_DRIFT = 0.02  # s; less would make shown moments tremble
_READINGS = 5
"""So often both clocks are read at most: a thread that has to wait between them sees a drift that is none."""


def wall_clock() -> WallTime:
    """Read the host's clock, as it is set now."""
    return WallTime(time.time())


def steady_clock() -> Clock:
    """Make a clock that never steps, whatever becomes of the host's. It starts at what that one shows."""
    wall, started = time.time(), time.monotonic()

    def now() -> Timestamp:
        return Timestamp(wall + time.monotonic() - started)

    return now


class Correction:
    """What the host's clock is ahead of the steady one, as last read; drift is followed, steps are told."""

    def __init__(self, clock: Clock, wall: WallClock) -> None:
        self._clock = clock
        self._wall = wall
        self.seconds, _ = self._read()

    def follow(self) -> Seconds | None:
        """Read both clocks. Return by how much the host's was set, forward above 0; None if it was not."""
        ahead, uncertain = self._read()
        change = Seconds(ahead - self.seconds)
        if abs(change) >= _DRIFT + uncertain:
            self.seconds = Seconds(self.seconds + change)
        return change if abs(change) >= STEP + uncertain else None

    def _read(self) -> tuple[Seconds, Seconds]:
        """Return what the host's clock is ahead of the steady one, and by how much that may be wrong."""
        readings = []
        for _ in range(_READINGS):
            before, wall, after = self._clock(), self._wall(), self._clock()
            readings.append((after - before, wall - before))
            if after - before < _DRIFT / 10:
                break
        took, ahead = min(readings)
        return Seconds(ahead), Seconds(took)
