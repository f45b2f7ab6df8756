"""The one source of time. Everything that needs the time is handed a `Clock`."""

import time
from collections.abc import Callable

from netstab.units import Timestamp

__all__ = ["Clock", "steady_clock"]

Clock = Callable[[], Timestamp]


def steady_clock() -> Clock:
    """Make a clock that reads as wall time but never steps.

    The wall clock is read once; from then on the monotonic clock carries it forward, so that neither
    deadlines nor the order of events suffer when the host's clock is set.
    """
    wall, started = time.time(), time.monotonic()

    def now() -> Timestamp:
        return Timestamp(wall + time.monotonic() - started)

    return now
