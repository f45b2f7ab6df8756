"""Keeps up with a log that another process writes."""

from events.fleet import Fleet
from events.state import FleetState
from events.store import FleetStore, reading, replay

__all__ = ["LogFollower"]


class LogFollower:
    """Reads what was added since it last looked. For one thread at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: FleetStore | None = None
        self._fleet: Fleet | None = None

    def state(self) -> FleetState | None:
        """Give the fleet as the log has it now, None if the log was not begun.

        Raises `LogUnavailable` where it cannot be read.
        """
        with reading(self._url):
            self._store = self._store or FleetStore(self._url, read_only=True)
            if self._fleet is None:
                self._fleet = self._store.fleet()
            else:
                for page in self._store.pages(after=self._fleet.version):
                    self._fleet = replay(self._fleet, map(self._store.domain_event, page))
        return self._fleet.state if self._fleet else None

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
