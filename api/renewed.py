"""What is worked out of a snapshot, once for all who ask; of a large fleet not of the newest each time."""

import weakref
from collections.abc import Callable
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from actors.port import DispatchPort
from actors.snapshot import FleetSnapshot
from netstab.units import Seconds, Timestamp

__all__ = ["LARGE", "RENEWED_EVERY", "Renewed"]

LARGE = 1000
RENEWED_EVERY = Seconds(2.0)
"""What is worked out of more than `LARGE` miners holds for so long, however many ask for it."""

V = TypeVar("V")


class _Made(NamedTuple, Generic[V]):
    of: Callable[[], FleetSnapshot | None]
    at: Timestamp
    version: int
    value: V


class Renewed(Generic[V]):
    """For many threads: one works it out anew, and whoever may not be told the last one waits for it.

    Nobody is told what is older than the newest event: a command that was answered is seen at once, whatever
    the fleet's size. It keeps no snapshot alive: the reports of 20,000 miners are tens of MB, and all new
    every few seconds.
    """

    def __init__(
        self,
        fleet: DispatchPort,
        work_out: Callable[[FleetSnapshot], V],
        every: Seconds = RENEWED_EVERY,
    ) -> None:
        self._fleet = fleet
        self._every = every
        self._work_out = work_out
        self._newest: _Made[V] | None = None
        self._working = Lock()

    def __call__(self) -> V:
        newest, snapshot = self._newest, self._fleet.snapshot
        if newest is not None and self._holds(newest, snapshot, under_way=self._working.locked()):
            return newest.value
        with self._working:
            newest, snapshot = self._newest, self._fleet.snapshot
            if newest is None or not self._holds(newest, snapshot, under_way=False):
                value = self._work_out(snapshot)
                newest = self._newest = _Made(
                    weakref.ref(snapshot), snapshot.at, snapshot.state.version, value
                )
        return newest.value

    def _holds(self, made: _Made[V], snapshot: FleetSnapshot, *, under_way: bool) -> bool:
        """Whether it says enough of a snapshot; of a large fleet also while the next one is `under_way`."""
        if made.of() is snapshot:
            return True
        if len(snapshot.state.miners) <= LARGE or made.version != snapshot.state.version:
            return False
        return under_way or 0 <= snapshot.at - made.at < self._every
