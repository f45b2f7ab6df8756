"""The log on SQLite: `eventsourcing`'s own module, with the command index in the same transaction.

Whoever writes takes the file's write lock first: a transaction that begins by reading does not wait for
another writer when it comes to write, it fails at once.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment

from events.fleet import FLEET_ID
from events.index import TABLES
from events.recorders import IndexedRecorder

__all__ = ["Factory"]


class _Transaction(SQLiteTransaction):
    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor


class _Datastore(SQLiteDatastore):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with (
            self.get_connection(commit=commit) as connection,
            _Transaction(connection, commit=commit) as cursor,
            cursor,
        ):
            yield cursor


class _Recorder(IndexedRecorder, SQLiteApplicationRecorder):
    stream = FLEET_ID.hex

    def convert_originator_id(self, originator_id: str) -> UUID | str:
        return _uuid(originator_id)

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), *TABLES]

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        last_look: Callable[[], None] | None = None,
        **kwargs: Any,
    ) -> Sequence[int] | None:
        if stored_events:
            self.verify_continues(c, stored_events)
        inserted = super()._insert_events(c, stored_events, **kwargs)
        if stored_events:
            self.index.add(c, stored_events)
        if last_look is not None:
            last_look()
        return inserted


class Factory(SQLiteFactory):
    application_recorder_class = _Recorder

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        found = self.datastore.pool
        self.datastore = _Datastore(found.db_name, lock_timeout=found.lock_timeout)


@lru_cache(maxsize=8)
def _uuid(text: str) -> UUID:
    return UUID(text)
