"""From moments to versions: time never runs backwards in the log, so that bisection finds its place.

Moments are compared as they are printed, to the millisecond.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime
from typing import Any

from events.store import FleetStore

__all__ = ["Moment", "Timeline", "moment"]

Moment = int | datetime
"""A version of the log, or a time."""


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

    def until(self, at: Moment) -> int:
        """Give the newest version at a moment, that of the moment itself included; 0 before the first."""
        return at if isinstance(at, int) else bisect_right(self.versions, _printed(at), key=self._time)

    def before(self, at: Moment) -> int:
        """Give the newest version before a moment, 0 if there is none."""
        return at - 1 if isinstance(at, int) else bisect_left(self.versions, _printed(at), key=self._time)

    def _time(self, version: int) -> datetime:
        event: Any = self._store.domain_event(self._store.event(version))
        return _printed(event.timestamp)


def _printed(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
