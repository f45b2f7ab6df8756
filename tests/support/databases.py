"""The databases that the log is tested on, changed behind its back. Tables are named as on SQLite."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from postgres_server import connect
from recording import rows

Row = tuple[str, int, str, bytes]


class Database(Protocol):
    url: str

    def execute(self, statement: str) -> None: ...

    def rows(self, table: str = "stored_events") -> list[Row]:
        """Return a table of events as it is stored: stream in hex, version, topic, state."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other connection from writing."""
        ...


class SqliteDatabase:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"

    def execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement)

    def rows(self, table: str = "stored_events") -> list[Row]:
        return rows(self.path, table)

    @contextmanager
    def locked(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


class PostgresDatabase:
    def __init__(self, url: str) -> None:
        self.url = url

    def execute(self, statement: str) -> None:
        with connect(self.url) as connection:
            connection.execute(statement.replace("stored_", "netstab_").replace("AS BLOB", "AS bytea"))

    def rows(self, table: str = "stored_events") -> list[Row]:
        columns = "originator_id, originator_version, topic, state"
        statement: Any = f"SELECT {columns} FROM {table} ORDER BY originator_version"  # noqa: S608
        with connect(self.url) as connection:
            found = connection.execute(statement.replace("stored_", "netstab_")).fetchall()
        return [(stream.hex, version, topic, bytes(state)) for stream, version, topic, state in found]

    @contextmanager
    def locked(self) -> Iterator[None]:
        with connect(self.url) as other:
            other.execute("LOCK TABLE netstab_events IN SHARE MODE")
            yield
