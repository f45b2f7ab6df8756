"""The log on PostgreSQL: `eventsourcing`'s own module, with the command index in the same transaction.

Every wait is bounded, nothing is tried twice: a commit whose connection was lost may have been made.
"""

import select
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from eventsourcing.persistence import BaseInfrastructureFactory, DatabaseError, IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore, PostgresFactory
from eventsourcing.utils import Environment
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg.types.composite import register_composite

from events.fleet import FLEET_ID
from events.index import TABLES
from events.recorders import CutOff, IndexedRecorder
from netstab.errors import LogUnavailable, SettingsError
from netstab.urls import database_url_fault

__all__ = ["AdvisoryLock", "Factory"]

T = TypeVar("T")

_ANSWER_WITHIN = 2.0
"""Seconds for one statement: so long a frozen server, or a network that swallows all, is waited for."""

_PATIENT = 60.0
"""The same where nobody waits for a command: a whole log goes in as one transaction."""
_PATIENTLY = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

_MOST_IDLE = 4
_LOCK = FLEET_ID.int >> 65
"""The key of the advisory lock: 63 bits of the fleet's id."""

_WHO_HOLDS = """SELECT count(*) > 0 AS taken FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = ? AND objid = ?
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""How PostgreSQL lists a key of 63 bits: in two halves."""

_CONNECTION = {
    "connect_timeout": 2,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 3000,
}
_SESSION = {
    "statement_timeout": "1500ms",
    "lock_timeout": "500ms",
    "idle_in_transaction_session_timeout": "5s",
    "tcp_keepalives_idle": 2,
    "tcp_keepalives_interval": 1,
    "tcp_keepalives_count": 2,
    "tcp_user_timeout": 3000,
}
"""What the server is asked to do, so that locks of a client that is gone are free within 5 s."""


class _Cursor(psycopg.Cursor[DictRow]):
    """Takes `?` for a placeholder, as SQLite does; the library's own statements are no strings."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_Cursor":
        return super().execute(_translated(query), params, **options)

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        super().executemany(_translated(query), params_seq, **options)


def _translated(query: Any) -> Any:
    return query.replace("?", "%s") if isinstance(query, str) else query


class _Connection(psycopg.Connection[DictRow]):
    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Return up a connection that does not answer: what it would say later is nobody's answer."""
        try:
            return super().wait(gen, interval, timeout or _ANSWER_WITHIN)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.close()
            raise


class _PatientConnection(_Connection):
    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        return super().wait(gen, interval, timeout or _PATIENT)


def _connect(url: str, *, read_only: bool = False, patient: bool = False) -> psycopg.Connection[DictRow]:
    """Open a connection of which no call takes much longer than 2 s; a minute, if it is patient."""
    given = _parameters(url)
    session = {**_SESSION, "default_transaction_read_only": "on" if read_only else "off"}
    if patient:
        session |= dict.fromkeys(_PATIENTLY, f"{_PATIENT:.0f}s")
    options = " ".join([str(given.get("options", "")), *(f"-c {name}={to}" for name, to in session.items())])
    conninfo = make_conninfo(**given | _CONNECTION | {"options": options})
    kind = _PatientConnection if patient else _Connection
    return kind.connect(conninfo, autocommit=True, row_factory=dict_row, cursor_factory=_Cursor)


def _parameters(url: str) -> dict[str, Any]:
    """Take a URL apart. Of one that can be read in two ways libpq would show parts, of the password too."""
    fault = database_url_fault(url)
    if fault:
        raise SettingsError(f"The database's URL {fault}.")
    try:
        return dict(conninfo_to_dict(url))
    except psycopg.Error:
        raise SettingsError("The database's URL cannot be read by PostgreSQL's client library.") from None


class _Datastore(PostgresDatastore):
    """Connects in the thread that needs it, so that a refusal is known at once; keeps a few connections."""

    def __init__(self, url: str, *, read_only: bool, patient: bool) -> None:
        super().__init__("", "", "", "", "")
        self._url = url
        self._read_only, self._patient = read_only, patient
        self._idle: deque[psycopg.Connection[DictRow]] = deque()
        self._closed = False

    @contextmanager
    def get_connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        """Lend a connection. Raises `IntegrityError`, `CutOff`, or `DatabaseError` for all else."""
        connection = None
        try:
            connection = self._take()
            for info in self.psycopg_type_adapters.values():
                if connection.adapters.types.get(info.oid) is None:
                    register_composite(info, connection)
            yield connection
        except psycopg.IntegrityError as error:
            raise IntegrityError(str(error)) from error
        except psycopg.Error as error:
            lost = connection is not None and connection.closed
            raise (CutOff if lost else DatabaseError)(_line(error)) from error
        finally:
            if connection is not None:
                self._give_back(connection)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> psycopg.Connection[DictRow]:
        if self._closed:
            raise DatabaseError("it is closed")
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if not _is_stale(connection):
                return connection
            connection.close()
        return _connect(self._url, read_only=self._read_only, patient=self._patient)

    def _give_back(self, connection: psycopg.Connection[DictRow]) -> None:
        idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if idle and not self._closed and len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()


class _Recorder(IndexedRecorder, PostgresApplicationRecorder):
    stream = FLEET_ID

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        last_look: Callable[[], None] | None = None,
        **kwargs: Any,
    ) -> Sequence[int] | None:
        """Insert once. The library's own would try again, and take its own first success for a rival's."""
        with self.datastore.transaction(commit=True) as cursor:
            self.verify_continues(cursor, stored_events)
            self._insert_stored_events(cursor, stored_events)
            self.index.add(cursor, stored_events)
            if last_look is not None:
                last_look()
        return None

    def _lock_table(self, curs: Any) -> None:
        """Take no lock, which an autovacuum would hold up: the unique key alone orders the one stream."""

    def _notify_channel(self, curs: Any) -> None:
        """Nobody listens."""

    def _create_table(self, curs: Any) -> None:
        super()._create_table(curs)
        for statement in TABLES:
            curs.execute(statement)


class Factory(PostgresFactory):
    application_recorder_class = _Recorder

    def __init__(self, env: Environment) -> None:
        BaseInfrastructureFactory.__init__(self, env)
        self.datastore = _Datastore(
            env["POSTGRES_URL"], read_only=not self.env_create_table(), patient="PATIENT" in env
        )


class AdvisoryLock:
    """A `LogLock` of a session's: it ends when the session does. The connection serves nothing else."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[DictRow] | None = None
        self._taken = False
        self.uncertain = False

    def acquire(self) -> bool:
        try:
            if self._connection is None:
                self._connection = _connect(self._url)
            row = self._connection.execute("SELECT pg_try_advisory_lock(?) AS taken", (_LOCK,)).fetchone()
        except psycopg.Error as error:
            self._drop()
            raise LogUnavailable(f"The command log's lock cannot be taken: {_line(error)}") from error
        self._taken = row is not None and bool(row["taken"])
        self.uncertain = False
        return self._taken

    def taken(self) -> bool:
        try:
            with _connect(self._url, read_only=True) as connection:
                row = connection.execute(_WHO_HOLDS, (_LOCK >> 32, _LOCK & 0xFFFFFFFF)).fetchone()
        except psycopg.Error as error:
            raise LogUnavailable(f"The command log's lock cannot be looked at: {_line(error)}") from error
        return row is not None and bool(row["taken"])

    def holds(self) -> bool:
        if self._connection is None or not self._taken:
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self._drop()
            self.uncertain = True
        return self._taken

    def release(self) -> None:
        self.uncertain = False
        self._drop()

    def _drop(self) -> None:
        self._taken = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _is_stale(connection: psycopg.Connection[DictRow]) -> bool:
    """Whether an idle connection has something to say, which can only be its end."""
    if connection.closed:
        return True
    news = select.poll()
    news.register(connection.fileno(), select.POLLIN)
    return bool(news.poll(0))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
