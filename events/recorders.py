"""What the log needs of a database beyond the library's own recorders: the command index beside it."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from eventsourcing.persistence import ApplicationRecorder, DatabaseError, StoredEvent

from events.chain import digest, previous_of
from events.fleet import FLEET_ID
from events.index import MOST_VERSIONS, CommandIndex, portions, slots

__all__ = ["CutOff", "Discontinued", "IndexedRecorder"]


class CutOff(DatabaseError):
    """The connection was lost: what was under way on it was done, or was not."""


class Discontinued(DatabaseError):
    """What was recorded before is not there any more: the log was emptied, replaced or set back."""


class IndexedRecorder(ApplicationRecorder):
    """Mixed into a recorder of the library, whose database takes `?` for a placeholder.

    `stream` is the fleet's id as the database has it.
    """

    index: ClassVar = CommandIndex("?")
    stream: ClassVar[Any]
    events_table_name: str
    datastore: Any

    def select_versions(self, versions: Sequence[int]) -> list[StoredEvent]:
        """Return these events of the fleet, in any order."""
        with self.datastore.transaction(commit=False) as cursor:
            return [row for some in portions(versions) for row in self._select(cursor, some)]

    def insert_within(self, cursor: Any, rows: Sequence[StoredEvent]) -> None:
        """Insert events of the fleet that follow each other, and index them, in a transaction of many."""
        self.insert_rows(cursor, self.events_table_name, rows)
        self.index.add(cursor, rows)

    def insert_rows(self, cursor: Any, table: str, rows: Sequence[StoredEvent]) -> None:
        """Insert events or snapshots of the fleet as they are stored elsewhere."""
        columns = "originator_id, originator_version, topic, state"
        statement = f"INSERT INTO {table} ({columns}) VALUES (?, ?, ?, ?)"  # noqa: S608  # nosec B608  # names of ours
        cursor.executemany(
            statement, [(self.stream, row.originator_version, row.topic, row.state) for row in rows]
        )

    def rows_within(self, cursor: Any, last: int) -> Iterator[StoredEvent]:
        """Return the fleet's events until a version as they stand in a transaction, in order."""
        for first in range(1, last + 1, MOST_VERSIONS):
            found = self._select(cursor, range(first, min(first + MOST_VERSIONS, last + 1)))
            yield from sorted(found, key=lambda row: row.originator_version)

    def verify_continues(self, cursor: Any, events: Sequence[StoredEvent]) -> None:
        """Raise `Discontinued` unless what is about to be inserted follows what is stored.

        To be asked in the transaction itself: the unique key keeps out a second event of one version, and
        says nothing of one that is missing.
        """
        before = events[0].originator_version - 1
        if before and [digest(row) for row in self._select(cursor, [before])] != [previous_of(events[0])]:
            raise Discontinued(gone(before))

    def count_until(self, version: int) -> int:
        """Count the rows of the table, whosever they are, but for later events of the fleet."""
        later = "originator_id = ? AND originator_version > ?"
        statement = f"SELECT COUNT(*) AS rows FROM {self.events_table_name} WHERE NOT ({later})"  # noqa: S608  # nosec B608  # ours
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(statement, (self.stream, version))
            return int(cursor.fetchone()["rows"])

    def _select(self, cursor: Any, versions: Sequence[int]) -> Iterator[StoredEvent]:
        chosen = f"originator_id = ? AND originator_version IN ({slots(versions)})"
        statement = f"SELECT * FROM {self.events_table_name} WHERE {chosen}"  # noqa: S608  # nosec B608  # names of ours, marks
        cursor.execute(statement, (self.stream, *versions))
        for row in cursor.fetchall():
            yield StoredEvent(FLEET_ID, row["originator_version"], row["topic"], bytes(row["state"]))


def gone(version: int) -> str:
    """Say that an event which was recorded is missing."""
    return (
        f"event {version} is not in it any more as it was recorded: it was emptied, replaced or set back;"
        " bring it back, or restart the server to go on with what is there"
    )
