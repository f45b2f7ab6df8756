"""From moments to versions. The log's order is that of its versions; times are what the host's clock showed.

Where that clock was set back, times go back once. So the log is a row of *runs* within which they do not, and
a moment is looked for by bisection in each. Moments are compared as they are printed, to the millisecond.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from events.index import Span, milliseconds
from events.store import FleetStore

__all__ = ["Moment", "Timeline", "moment"]

Moment = int | datetime
"""A version of the log, or a time."""

_MOST_RUNS = 64
"""The newest so many; a clock that was set back more often than that has no times worth looking for."""


def moment(text: str) -> Moment:
    """Read a version, or a time in RFC 3339; one without an offset is UTC. Raises `ValueError`."""
    if text.isdecimal():
        return int(text)
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


class Timeline:
    """The log as it is when this is made; what is appended later is not seen."""

    def __init__(self, store: FleetStore) -> None:
        self._store = store
        newest = store.newest()
        self.versions = range(1, newest.originator_version + 1 if newest else 1)
        self._runs = list(_runs(store, self.versions))

    @property
    def latest(self) -> datetime | None:
        """The latest time of all events, which is not that of the newest after the clock was set back."""
        last = [run[-1] for run in self._runs if run]
        return max((self._event(version).timestamp for version in last), default=None)

    def until(self, at: Moment) -> int:
        """Return the version in force at a moment, 0 before the first.

        Of the events that are not later by their own time it is the latest, and of several the newest: so a
        stretch that was recorded by a wrong clock hides nothing of what the right one recorded.
        """
        if isinstance(at, int):
            return at
        found = (self._last(run, milliseconds(at)) for run in self._runs)
        return max((each for each in found if each is not None), default=(0, 0))[1]

    def spans(self, since: Moment | None, until: Moment | None) -> list[Span]:
        """Return the versions from a moment, included, up to another, excluded; None leaves an end open."""
        spans = [Span(self._before(run, since) + 1, self._end(run, until)) for run in self._runs]
        return [span for span in spans if span.first <= span.last]

    def _before(self, run: range, at: Moment | None) -> int:
        """Return the newest version of a run before a moment, the one before the run if there is none."""
        if at is None:
            return run[0] - 1
        if isinstance(at, int):
            return max(run[0], at) - 1
        return run[0] - 1 + bisect_left(run, milliseconds(at), key=self._time)

    def _end(self, run: range, at: Moment | None) -> int:
        return run[-1] if at is None else min(run[-1], self._before(run, at))

    def _last(self, run: range, at: int) -> tuple[int, int] | None:
        """Return time and version of a run's last event that is not later, None if all are."""
        count = bisect_right(run, at, key=self._time)
        return (self._time(run[count - 1]), run[count - 1]) if count else None

    def _time(self, version: int) -> int:
        return milliseconds(self._event(version).timestamp)

    def _event(self, version: int) -> Any:
        return self._store.domain_event(self._store.event(version))


def _runs(store: FleetStore, versions: range) -> Iterator[range]:
    backs = [version for version in store.set_back() if version in versions]
    for first, after in pairwise((versions.start, *backs[-_MOST_RUNS:], versions.stop)):
        if after > first:
            yield range(first, after)
