"""Where the log is kept: the one place that knows databases and how `eventsourcing` is set up for them.

Every store has connections of its own; the writer's are never shared with readers.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import EventStore, StoredEvent
from eventsourcing.utils import Environment, EnvType

from events.fleet import FLEET_ID, Fleet
from netstab.errors import LogUnavailable, SettingsError

__all__ = ["FleetStore", "reading"]


class FleetStore(Application[UUID]):
    """The fleet's stream and its snapshots in the database at `url`: `sqlite:///path` or a path."""

    name = "netstab"
    snapshots: EventStore[UUID]

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        super().__init__(_environment(url, read_only=read_only))

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Leave the process's environment out: a stray variable must not change what is stored."""
        return Environment(name, env)

    def fleet(self) -> Fleet | None:
        """Rebuild the fleet from the newest snapshot and the events since; None if nothing is stored."""
        try:
            return self.repository.get(FLEET_ID, projector_func=_replay)
        except AggregateNotFoundError:
            return None

    def event(self, version: int) -> StoredEvent:
        """Give one event as it is stored."""
        rows = self.recorder.select_events(FLEET_ID, gt=version - 1, lte=version)
        if not rows:
            raise LookupError(f"event {version} is missing, though a snapshot has it")
        return rows[0]

    def newest_snapshot_version(self) -> int:
        """Give the version of the newest snapshot, 0 if there is none."""
        rows = self.snapshots.recorder.select_events(FLEET_ID, desc=True, limit=1)
        return max((row.originator_version for row in rows), default=0)


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Turn whatever stored bytes can provoke into `LogUnavailable`."""
    try:
        yield
    except SettingsError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise LogUnavailable(f"The command log at {url} cannot be read: {what}") from error


def _replay(fleet: Fleet | None, events: Iterable[Any]) -> Fleet | None:
    # The library's own projector checks a protocol for every event, which costs more than applying it.
    for event in events:
        fleet = event.mutate(fleet)
    return fleet


def _environment(url: str, *, read_only: bool) -> dict[str, str]:
    path = Path(url.removeprefix("sqlite:///")).resolve()
    if "://" in url and not url.startswith("sqlite:///"):
        raise SettingsError(f"The command log cannot be kept at {url}; give sqlite:///path.")
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": f"{path.as_uri()}?mode={'ro' if read_only else 'rwc'}",
        "SQLITE_LOCK_TIMEOUT": "1",
        "CREATE_TABLE": "no" if read_only else "yes",
        "IS_SNAPSHOTTING_ENABLED": "yes",
    }
