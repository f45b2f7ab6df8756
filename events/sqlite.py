"""The log on SQLite: `eventsourcing`'s own module, with the command index in the same transaction."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor, SQLiteFactory

from events.fleet import FLEET_ID
from events.index import TABLES
from events.recorders import IndexedRecorder

__all__ = ["Factory"]


class _Recorder(IndexedRecorder, SQLiteApplicationRecorder):
    stream = FLEET_ID.hex

    def convert_originator_id(self, originator_id: str) -> UUID | str:
        return _uuid(originator_id)

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), *TABLES]

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        # Written first: a transaction that begins by reading does not wait for another writer, it fails.
        inserted = super()._insert_events(c, stored_events, **kwargs)
        if stored_events:
            self.verify_continues(c, stored_events)
            self.index.add(c, stored_events)
        return inserted


class Factory(SQLiteFactory):
    application_recorder_class = _Recorder


@lru_cache(maxsize=8)
def _uuid(text: str) -> UUID:
    return UUID(text)
