"""Keeps up with a log that another process writes."""

from events.chain import GENESIS, Head, digest
from events.fleet import Fleet
from events.state import FleetState
from events.store import FleetStore, reading, replay

__all__ = ["LogFollower"]


class LogFollower:
    """Reads what was added since it last looked; `head` is the newest event. For one thread at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: FleetStore | None = None
        self._fleet: Fleet | None = None
        self.head = GENESIS

    def state(self, seen: Head = GENESIS) -> FleetState | None:
        """Return the fleet as the log has it now, None if the log was not begun.

        Raises `LogUnavailable` where it cannot be read, or does not hold the event `seen` any more, or what
        was read before: it is another log.
        """
        with reading(self._url):
            self._store = self._store or FleetStore(self._url, read_only=True)
            self._store.verify_files()
            known = max(self.head, seen, key=lambda head: head.version)
            if known != GENESIS:
                self._store.verify_holds(known)
            if self._fleet is None:
                self._begin(self._store)
            else:
                self._go_on(self._store)
        return self._fleet.state if self._fleet else None

    def _begin(self, store: FleetStore) -> None:
        self._fleet = store.fleet()
        if self._fleet is not None:
            self.head = Head(self._fleet.version, digest(store.event(self._fleet.version)))

    def _go_on(self, store: FleetStore) -> None:
        for page in store.pages(after=self.head.version):
            self._fleet = replay(self._fleet, map(store.domain_event, page))
            self.head = Head(page[-1].originator_version, digest(page[-1]))

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
