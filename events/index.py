"""The command index: where in the log the commands are that a filter asks for, and whether miners answered.

It is written in the transaction of the events themselves, so that it can neither lag nor survive alone, and
it holds versions only: what a command was is read from the log. Without it, opening the log builds it anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple, get_args

import msgspec
from eventsourcing.persistence import StoredEvent

from events.commands import Command
from events.fleet import FLEET_ID
from events.state import Source
from netstab.units import MinerId

__all__ = ["ALL", "TABLES", "Asked", "CommandIndex", "Progress", "Span", "milliseconds", "portions", "slots"]

TABLES = (
    """CREATE TABLE IF NOT EXISTS netstab_commands (
        version BIGINT PRIMARY KEY, command_id TEXT, answered BIGINT, delivered BIGINT)""",
    "CREATE INDEX IF NOT EXISTS netstab_commands_by_id ON netstab_commands (command_id)",
    """CREATE TABLE IF NOT EXISTS netstab_command_index (
        miner_id TEXT, source TEXT, command TEXT, success BIGINT, version BIGINT,
        PRIMARY KEY (miner_id, source, command, success, version))""",
    "CREATE TABLE IF NOT EXISTS netstab_marks (name TEXT PRIMARY KEY, version BIGINT)",
)
"""Portable SQL; a row with miner_id '' stands for the command itself, the others for the miners it names.

A mark is a number under a name: `indexed` and `started` are versions, `newest` the newest event's time in ms,
`back …` a version with an earlier time than the one before it: there the host's clock was set back, and
`withdrawn …`, of a command's version, that of the event that took it back.
"""

ANY_MINER = MinerId("")
COMMANDS: tuple[str, ...] = tuple(command.name for command in get_args(Command))
MOST_VERSIONS = 500
"""In one statement."""

_BACK = "back "
_WITHDRAWN = "withdrawn "
_REFUSALS = ("CommandRejected", "RejectionRepeated")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter on commands; None asks for all."""

    source: Source | None = None
    command: str | None = None
    miner_id: MinerId | None = None
    success: bool | None = None


ALL = Asked()


class Span(NamedTuple):
    """A range of versions, both ends included."""

    first: int
    last: int


class Progress(NamedTuple):
    """What became of a command: versions of the first response, of the newest delivery record, of its end.

    `withdrawn` is that of the event that took it back.
    """

    answered: int | None
    delivered: int | None
    withdrawn: int | None = None


class _Response(msgspec.Struct):
    order: int


class _Stamp(msgspec.Struct):
    text: str = msgspec.field(name="_data_")


class _Recorded(msgspec.Struct):
    """The part of an event's state that the index goes by; only commands have an id."""

    timestamp: _Stamp
    command_id: str | None = None
    source: str = ""
    command: str = ""
    parameters: dict[str, Any] = {}
    order: int = 0
    responses: list[_Response] = []
    deliveries: list[_Response] = []


_decoder = msgspec.json.Decoder(_Recorded)


class CommandIndex:
    """The index's statements, for whoever has a transaction; `placeholder` is the database's own."""

    def __init__(self, placeholder: str) -> None:
        self._placeholder = placeholder

    # Writing

    def add(self, cursor: Any, rows: Sequence[StoredEvent]) -> None:
        """Index events that follow those indexed so far."""
        newest = self._marked(cursor, "newest")
        for row in rows:
            if row.originator_id == FLEET_ID:
                recorded = _decoder.decode(row.state)
                before, newest = newest, milliseconds(datetime.fromisoformat(recorded.timestamp.text))
                if newest < before:
                    self._mark(cursor, f"{_BACK}{row.originator_version}", row.originator_version)
                self._add(cursor, row, recorded)
        self._mark(cursor, "indexed", rows[-1].originator_version)
        self._mark(cursor, "newest", newest)

    def _add(self, cursor: Any, row: StoredEvent, recorded: _Recorded) -> None:
        version, kind = row.originator_version, row.topic.rpartition(".")[2]
        if recorded.command_id is not None:
            self._add_command(cursor, version, recorded, success=kind not in _REFUSALS)
        elif kind == "ServerStarted":
            self._mark(cursor, "started", version)
        elif kind == "CommandWithdrawn":
            self._withdraw(cursor, version, recorded)
        for order in dict.fromkeys(response.order for response in recorded.responses):
            answered = "UPDATE netstab_commands SET answered = ? WHERE version = ? AND answered IS NULL"
            self._execute(cursor, answered, version, order)
        for delivery in recorded.deliveries:
            self._execute(
                cursor, "UPDATE netstab_commands SET delivered = ? WHERE version = ?", version, delivery.order
            )

    def _add_command(self, cursor: Any, version: int, recorded: _Recorded, *, success: bool) -> None:
        command = "INSERT INTO netstab_commands (version, command_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        self._execute(cursor, command, version, recorded.command_id)
        place = "INSERT INTO netstab_command_index VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        for miner_id in (ANY_MINER, *_miners(recorded.parameters)):
            self._execute(cursor, place, miner_id, recorded.source, recorded.command, int(success), version)

    def _withdraw(self, cursor: Any, version: int, recorded: _Recorded) -> None:
        """Have a command found among those that were refused: that is what its sender was told."""
        self._mark(cursor, f"{_WITHDRAWN}{recorded.order}", version)
        for miner_id in (ANY_MINER, *_miners(recorded.parameters)):
            refused = "UPDATE netstab_command_index SET success = 0 WHERE miner_id = ? AND source = ?"
            refused += " AND command = ? AND success = 1 AND version = ?"
            self._execute(cursor, refused, miner_id, recorded.source, recorded.command, recorded.order)

    def clear(self, cursor: Any) -> None:
        """Forget all, before a log is brought in from elsewhere."""
        for table in ("netstab_commands", "netstab_command_index", "netstab_marks"):
            self._execute(cursor, f"DELETE FROM {table}")  # noqa: S608  # nosec B608  # the three above

    def trim(self, cursor: Any, last: int) -> None:
        """Forget what lies beyond the end of the log, after a backup was put in its place."""
        self._execute(cursor, "DELETE FROM netstab_commands WHERE version > ?", last)
        self._execute(cursor, "DELETE FROM netstab_command_index WHERE version > ?", last)
        for name in self._named(cursor, _WITHDRAWN, last):
            taken_up = "UPDATE netstab_command_index SET success = 1 WHERE version = ?"
            self._execute(cursor, taken_up, int(name.removeprefix(_WITHDRAWN)))
        for kind in (_BACK, _WITHDRAWN):
            marks = "DELETE FROM netstab_marks WHERE substr(name, 1, ?) = ? AND version > ?"
            self._execute(cursor, marks, len(kind), kind, last)
        self._mark(cursor, "indexed", last)

    def ends_at(self, cursor: Any, newest: datetime) -> None:
        """Say when the newest of the events indexed so far was recorded."""
        self._mark(cursor, "newest", milliseconds(newest))

    # Reading

    def indexed(self, cursor: Any) -> int:
        """Return the version up to which events are indexed."""
        return self._marked(cursor, "indexed")

    def started(self, cursor: Any) -> int:
        """Return the version of the newest start of a server, 0 if there is none."""
        return self._marked(cursor, "started")

    def set_back(self, cursor: Any) -> list[int]:
        """Return the versions with an earlier time than the one before, in order."""
        statement = "SELECT version FROM netstab_marks WHERE substr(name, 1, ?) = ? ORDER BY version"
        return [row["version"] for row in self._select(cursor, statement, len(_BACK), _BACK)]

    def versions(self, cursor: Any, asked: Asked, span: Span, limit: int, *, newest_first: bool) -> list[int]:
        """Return at most `limit` commands, in order.

        Few sources, commands and outcomes exist: each of their combinations is a range of the key, already
        in order, and the database merges the ranges. So no page reads much more than it gives.
        """
        order = f"ORDER BY version {'DESC' if newest_first else 'ASC'} LIMIT ?"
        if asked == ALL:
            chosen = "SELECT version FROM netstab_commands WHERE version BETWEEN ? AND ?"
            values: list[Any] = [*span]
        else:
            one = (
                "SELECT version FROM netstab_command_index WHERE miner_id = ? AND source = ? AND command = ? "
            )
            one += "AND success = ? AND version BETWEEN ? AND ?"
            keys = list(_keys(asked))
            chosen, values = (
                " UNION ALL ".join([one] * len(keys)),
                [part for key in keys for part in (*key, *span)],
            )
        rows = self._select(cursor, f"{chosen} {order}", *values, limit)
        return [row["version"] for row in rows]

    def progress(self, cursor: Any, versions: Sequence[int]) -> Mapping[int, Progress]:
        """Say of each command what became of it."""
        found = {}
        for some in portions(versions):
            statement = f"SELECT * FROM netstab_commands WHERE version IN ({slots(some)})"  # noqa: S608  # nosec B608  # marks
            withdrawn = self._withdrawn(cursor, some)
            for row in self._select(cursor, statement, *some):
                version = row["version"]
                found[version] = Progress(row["answered"], row["delivered"], withdrawn.get(version))
        return found

    def _withdrawn(self, cursor: Any, versions: Sequence[int]) -> dict[int, int]:
        """Return by which events these of the commands were taken back."""
        names = [f"{_WITHDRAWN}{version}" for version in versions]
        statement = f"SELECT name, version FROM netstab_marks WHERE name IN ({slots(names)})"  # noqa: S608  # nosec B608  # marks
        rows = self._select(cursor, statement, *names)
        return {int(row["name"].removeprefix(_WITHDRAWN)): row["version"] for row in rows}

    def find(self, cursor: Any, command_id: str) -> int | None:
        """Return the version of a command, None if there is none of that id."""
        statement = "SELECT MAX(version) AS version FROM netstab_commands WHERE command_id = ?"
        version: int | None = self._select(cursor, statement, command_id)[0]["version"]
        return version

    def _named(self, cursor: Any, kind: str, after: int) -> list[str]:
        """Return the marks of a kind that a later version set."""
        statement = "SELECT name FROM netstab_marks WHERE substr(name, 1, ?) = ? AND version > ?"
        return [row["name"] for row in self._select(cursor, statement, len(kind), kind, after)]

    def _mark(self, cursor: Any, name: str, version: int) -> None:
        statement = (
            "INSERT INTO netstab_marks VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET version = excluded.version"
        )
        self._execute(cursor, statement, name, version)

    def _marked(self, cursor: Any, name: str) -> int:
        found = self._select(cursor, "SELECT version FROM netstab_marks WHERE name = ?", name)
        return int(found[0]["version"]) if found else 0

    def _select(self, cursor: Any, statement: str, *values: Any) -> list[Any]:
        self._execute(cursor, statement, *values)
        rows: list[Any] = cursor.fetchall()
        return rows

    def _execute(self, cursor: Any, statement: str, *values: Any) -> None:
        cursor.execute(statement.replace("?", self._placeholder), values)


def milliseconds(time: datetime) -> int:
    """Return a time as it is printed and compared, in ms since the epoch."""
    return (time - _EPOCH) // _MILLISECOND


def portions(versions: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split what one statement could not take."""
    return (versions[start : start + MOST_VERSIONS] for start in range(0, len(versions), MOST_VERSIONS))


def slots(values: Sequence[int | str]) -> str:
    """Return the placeholders of a list."""
    return ", ".join("?" * len(values))


def _keys(asked: Asked) -> Iterator[tuple[str, str, str, int]]:
    """Return the ranges of the key that a filter asks for."""
    return product(
        [asked.miner_id or ANY_MINER],
        [asked.source] if asked.source else list(Source),
        [asked.command] if asked.command else COMMANDS,
        [int(asked.success)] if asked.success is not None else (0, 1),
    )


def _miners(parameters: Mapping[str, Any]) -> Sequence[str]:
    named: Sequence[str] = parameters.get("miners", ())
    return (parameters["miner_id"],) if "miner_id" in parameters else named
