"""Where the log is kept: the one place that knows databases and how `eventsourcing` is set up for them.

Every store has connections of its own; the writer's are never shared with readers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    EventStore,
    InfrastructureFactory,
    IntegrityError,
    JSONTranscoder,
    PersistenceError,
    StoredEvent,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType

from events.chain import Head, digest
from events.files import DatabaseFiles
from events.fleet import FLEET_ID, Fleet
from events.index import CommandIndex
from events.recorders import CutOff, Discontinued, IndexedRecorder, gone
from netstab.errors import LogUnavailable, SettingsError
from netstab.urls import without_password

__all__ = ["FleetStore", "Tables", "postgres_module", "reading", "require", "sqlite_path"]

PAGE = 2_000
"""Events that are read at once on a long way."""

_SNAPSHOTS = 10

_NO_INDEX = ("no such table", "does not exist")


class FastTranscoder(JSONTranscoder):
    """Writes what the library's own writes, and reads it several times faster."""

    def decode(self, data: bytes) -> Any:
        state = msgspec.json.decode(data)
        stamp = state["timestamp"]  # the one value of an event that JSON has no type for
        state["timestamp"] = self.names[stamp["_type_"]].decode(stamp["_data_"])
        return state


class Tables:
    """Tables of our own in the database at `url`, on connections of their own. Statements take `?`."""

    def __init__(self, url: str, statements: Sequence[str], *, read_only: bool) -> None:
        environment = Environment("netstab", _environment(url, read_only=read_only))
        self._datastore = InfrastructureFactory[Any].construct(environment).datastore  # type: ignore[attr-defined]
        if read_only:
            _leave_journal(self._datastore)
        else:
            with self.transaction(commit=True) as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def transaction(self, *, commit: bool) -> AbstractContextManager[Any]:
        """Return a cursor whose rows are read by the names of their columns."""
        transaction: AbstractContextManager[Any] = self._datastore.transaction(commit=commit)
        return transaction

    def close(self) -> None:
        self._datastore.close()


class FleetStore(Application[UUID]):
    """The fleet's stream and its snapshots at `url`: `postgresql://…`, `sqlite:///path` or a path."""

    name = "netstab"
    snapshots: EventStore[UUID]
    recorder: IndexedRecorder

    def __init__(self, url: str, *, read_only: bool = False, patient: bool = False) -> None:
        """Open it; `patient` waits for a minute for what a server that commands would give up after 2 s."""
        super().__init__(_environment(url, read_only=read_only) | ({"PATIENT": "yes"} if patient else {}))
        on_file = not url.startswith("postgresql://")
        self._files = DatabaseFiles(sqlite_path(url), writes=not read_only) if on_file else None
        if read_only:
            _leave_journal(self.recorder.datastore)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Leave the process's environment out: a stray variable must not change what is stored."""
        return Environment(name, env)

    def construct_transcoder(self) -> Transcoder:
        transcoder = FastTranscoder()
        self.register_transcodings(transcoder)
        return transcoder

    @property
    def index(self) -> CommandIndex:
        return self.recorder.index

    def transaction(self, *, commit: bool = False) -> AbstractContextManager[Any]:
        """Return a cursor for the index."""
        transaction: AbstractContextManager[Any] = self.recorder.datastore.transaction(commit=commit)
        return transaction

    def append(self, fleet: Fleet, last_look: Callable[[], None]) -> StoredEvent:
        """Store a fleet's one new event; give it as it is stored.

        `last_look` is called when all is written and nothing durable: what it raises leaves no trace.
        A commit that was cut off is looked for on another connection: recorded is recorded. What went into a
        file that nobody will find is not.
        """
        [event] = fleet.collect_events()
        row = self.mapper.to_stored_event(event)
        self.verify_files()
        try:
            self.recorder.insert_events([row], last_look=last_look)
        except CutOff:
            if row not in self.recorder.select_versions([row.originator_version]):
                raise
        self.verify_files()
        return row

    def verify_files(self) -> None:
        """Raise `DatabaseError` if what is written here is not what others find."""
        if self._files is not None:
            self._files.verify()

    def verify_holds(self, head: Head) -> None:
        """Raise `DatabaseError` unless that event is stored."""
        if [digest(row) for row in self.recorder.select_versions([head.version])] != [head.digest]:
            raise Discontinued(gone(head.version))

    def verify_head(self, head: Head) -> None:
        """Raise `DatabaseError` if the log does not end with that event, `IntegrityError` if it goes on.

        Of what lies before, only the first event is looked for: `events.audit` walks the whole log.
        """
        self.verify_files()
        newest = self.newest()
        if newest is not None and newest.originator_version > head.version:
            raise IntegrityError("it goes on")
        if newest is None or digest(newest) != head.digest:
            raise Discontinued(gone(head.version))
        if not self.recorder.select_versions([1]):
            raise Discontinued(gone(1))

    def fleet(self, version: int | None = None) -> Fleet | None:
        """Rebuild the fleet as it was at a version from the newest snapshot until then and the events since.

        None if nothing is stored.
        """
        try:
            return self.repository.get(FLEET_ID, version=version, projector_func=replay)
        except AggregateNotFoundError:
            return None

    def event(self, version: int) -> StoredEvent:
        """Return one event as it is stored."""
        rows = self.recorder.select_events(FLEET_ID, gt=version - 1, lte=version)
        if not rows:
            raise LookupError(f"event {version} is missing, though a snapshot has it")
        return rows[0]

    def newest(self) -> StoredEvent | None:
        """Return the newest event, None if nothing is stored."""
        rows = self.recorder.select_events(FLEET_ID, desc=True, limit=1)
        return rows[0] if rows else None

    def pages(self, after: int | None = None, until: int | None = None) -> Iterator[Sequence[StoredEvent]]:
        """Return the events after a version, in order, a page at a time."""
        while page := self.recorder.select_events(FLEET_ID, gt=after, lte=until, limit=PAGE):
            yield page
            after = page[-1].originator_version

    def snapshot_pages(self, until: int) -> Iterator[Sequence[StoredEvent]]:
        """Return the snapshots until a version, in order, a few at a time: each may be of a large fleet."""
        select, after = self.snapshots.recorder.select_events, 0
        while page := select(FLEET_ID, gt=after, lte=until, limit=_SNAPSHOTS):
            yield page
            after = page[-1].originator_version

    @property
    def snapshot_table(self) -> str:
        name: str = self.snapshots.recorder.events_table_name  # type: ignore[attr-defined]
        return name

    def domain_event(self, row: StoredEvent) -> DomainEventProtocol[UUID]:
        return self.mapper.to_domain_event(row)

    def newest_snapshot_version(self) -> int:
        """Return the version of the newest snapshot, 0 if there is none."""
        rows = self.snapshots.recorder.select_events(FLEET_ID, desc=True, limit=1)
        return max((row.originator_version for row in rows), default=0)

    def set_back(self) -> list[int]:
        """Return the versions with an earlier time than the one before.

        A log that no server with an index has opened has none: until then times never went back.
        """
        try:
            with self.transaction() as cursor:
                return self.index.set_back(cursor)
        except PersistenceError as error:
            if any(missing in str(error) for missing in _NO_INDEX):
                return []
            raise

    def index_to(self, last: int) -> None:
        """Index what an older version of the software has recorded; `last` is the newest event's version."""
        with self.transaction(commit=True) as cursor:
            indexed = self.index.indexed(cursor)
            if indexed > last:
                self.index.trim(cursor, last)
            if indexed >= last:
                event: Any = self.domain_event(self.event(last))
                self.index.ends_at(cursor, event.timestamp)
        for page in self.pages(after=indexed, until=last):
            with self.transaction(commit=True) as cursor:
                self.index.add(cursor, page)


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Turn whatever stored bytes can provoke into `LogUnavailable`."""
    try:
        yield
    except SettingsError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise LogUnavailable(f"The command log at {without_password(url)} cannot be read: {what}") from error


def require(url: str, head: Head) -> None:
    """Raise `LogUnavailable` unless the log at `url` holds that event. Nothing is made there."""
    with reading(url), closing(FleetStore(url, read_only=True)) as store:
        store.verify_holds(head)


def replay(fleet: Fleet | None, events: Iterable[Any]) -> Fleet | None:
    """Apply events in their order.

    The library's own projector checks a protocol for every event, which costs more than applying it.
    """
    for event in events:
        fleet = event.mutate(fleet)
    return fleet


def _leave_journal(datastore: Any) -> None:
    """Keep the library from switching a copy of the log to WAL first, which a reader may not."""
    datastore.pool.is_journal_mode_wal = True


def _environment(url: str, *, read_only: bool) -> dict[str, str]:
    if url.startswith("postgresql://"):
        where = {"PERSISTENCE_MODULE": f"{postgres_module().__name__}:Factory", "POSTGRES_URL": url}
    elif "://" in url and not url.startswith("sqlite:///"):
        raise SettingsError(
            f"The command log cannot be kept at {without_password(url)}; give sqlite:///path."
        )
    else:
        where = _sqlite(url, read_only=read_only)
    return {
        **where,
        "CREATE_TABLE": "no" if read_only else "yes",
        "IS_SNAPSHOTTING_ENABLED": "yes",
    }


def _sqlite(url: str, *, read_only: bool) -> dict[str, str]:
    path = sqlite_path(url)
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "PERSISTENCE_MODULE": "events.sqlite:Factory",
        "SQLITE_DBNAME": f"{path.as_uri()}?mode={'ro' if read_only else 'rwc'}",
        "SQLITE_LOCK_TIMEOUT": "1",
    }


def postgres_module() -> ModuleType:
    """Return `events.postgres`, which is not imported without need: its library may be missing."""
    try:
        return import_module("events.postgres")
    except ImportError as error:
        raise SettingsError(f"PostgreSQL needs `pip install netstab[postgres]` and libpq: {error}") from error


def sqlite_path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///")).resolve()
