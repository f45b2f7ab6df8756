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
    value: V


class Renewed(Generic[V]):
    """For many threads: one works it out anew, the others take what was worked out last meanwhile.

    It keeps no snapshot alive: the reports of 20,000 miners are tens of MB, and all new every few seconds.
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
        newest = self._newest
        if newest is not None and self._working.locked():
            return newest.value
        with self._working:
            newest = self._newest = self._renew(self._newest, self._fleet.snapshot)
        return newest.value

    def _renew(self, before: _Made[V] | None, snapshot: FleetSnapshot) -> _Made[V]:
        if before is not None and (before.of() is snapshot or self._is_early(before.at, snapshot)):
            return before
        return _Made(weakref.ref(snapshot), snapshot.at, self._work_out(snapshot))

    def _is_early(self, before: Timestamp, snapshot: FleetSnapshot) -> bool:
        return len(snapshot.state.miners) > LARGE and 0 <= snapshot.at - before < self._every
