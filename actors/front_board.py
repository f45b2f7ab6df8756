"""How each way in beside HTTP stands: what it is connected with, since when, what went wrong last."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from netstab.clock import WallClock
from netstab.schedules.interval import Interval
from netstab.units import WallTime

__all__ = ["FrontBoard", "FrontStatus"]

_LONGEST = 300
"""Characters of a trouble: a counterpart's own words may be of any length."""


@dataclass(frozen=True, slots=True)
class FrontStatus:
    """One front. `connected_since` is None while it is not connected; `error` is the newest trouble, or "".

    `counterpart` is what it talks to, as it may be shown; `restarts` counts how often it was begun again.
    """

    front: str
    counterpart: str
    connected_since: WallTime | None = None
    error: str = ""
    error_at: WallTime | None = None
    restarts: int = 0

    @property
    def connected(self) -> bool:
        return self.connected_since is not None


class FrontBoard:
    """Written by the fronts of a term, read by anyone, from any thread; a standby has none."""

    def __init__(self, wall: WallClock) -> None:
        self._wall = wall
        self._statuses: dict[str, FrontStatus] = {}
        self._announced: dict[str, tuple[Interval, ...]] = {}
        self._lock = threading.Lock()

    @property
    def statuses(self) -> tuple[FrontStatus, ...]:
        """How all stand, in the order in which they were entered."""
        with self._lock:
            return tuple(self._statuses.values())

    @property
    def announced(self) -> tuple[Interval, ...]:
        """What the fronts know that they will ask for, of each in its order."""
        with self._lock:
            return tuple(each for some in self._announced.values() for each in some)

    def announce(self, front: str, intervals: Iterable[Interval]) -> None:
        """Show what a front will ask for, in the place of what it said before."""
        with self._lock:
            self._announced[front] = tuple(intervals)

    def enter(self, front: str, counterpart: str) -> None:
        """Show one that is to run."""
        with self._lock:
            self._statuses[front] = FrontStatus(front, counterpart)

    def connected(self, front: str, counterpart: str = "") -> None:
        """Show that it is connected, and with whom if that is another than before."""
        with self._lock:
            status = self._statuses[front]
            since = status.connected_since or self._wall()
            named = counterpart or status.counterpart
            self._statuses[front] = replace(status, counterpart=named, connected_since=since)

    def trouble(self, front: str, error: str) -> None:
        """Show what went wrong while it goes on."""
        with self._lock:
            status = self._statuses[front]
            self._statuses[front] = replace(status, error=error[:_LONGEST], error_at=self._wall())

    def away(self, front: str, error: str) -> None:
        """Show that it is connected no more, and goes on."""
        self.trouble(front, error)
        with self._lock:
            self._statuses[front] = replace(self._statuses[front], connected_since=None)

    def lost(self, front: str) -> None:
        """Show that it is connected no more, and will be begun again."""
        with self._lock:
            status = self._statuses[front]
            self._statuses[front] = replace(status, connected_since=None, restarts=status.restarts + 1)

    def clear(self) -> None:
        """Show none any more."""
        with self._lock:
            self._statuses.clear()
            self._announced.clear()
