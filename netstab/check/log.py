"""What there is of the command log: whether it can be read and written, ends as it should, and who leads."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventsourcing.persistence import StoredEvent

from events.chain import GENESIS, Head, digest, verify
from events.lock import lock_for
from events.state import RegisteredMiner
from events.store import FleetStore, Tables, reading, sqlite_path
from events.timeline import Timeline
from netstab.check.finding import Finding, fail, good, warn
from netstab.urls import without_password

__all__ = ["NOTHING", "Known", "begun", "known", "leader", "reserve", "room", "writable"]

_LAST = 1_000
"""Events whose links are looked at; `netstab log verify` looks at all."""

_MAY = """SELECT to_regclass('netstab_events') IS NOT NULL AS begun, pg_is_in_recovery() AS copy,
    has_schema_privilege(current_schema(), 'CREATE') AS may"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the log knows; `latest` is the latest time in it, in s, None without a log."""

    findings: Sequence[Finding] = ()
    miners: Sequence[RegisteredMiner] = ()
    latest: float | None = None


NOTHING = Known()


def writable(url: str) -> Iterator[Finding]:
    """Look whether the database can be reached and written; nothing is written."""
    place = without_password(url)
    if url.startswith("postgresql://"):
        yield from _postgres(url, place)
        return
    path = sqlite_path(url)
    there = [file for file in (path, path.with_name(f"{path.name}-wal"), room(url)) if file.exists()]
    barred = [str(file) for file in there if not os.access(file, os.W_OK)]
    if path.exists() and not path.is_file():
        yield fail("database", f"{path} is no file; set DATABASE_URL.")
    elif barred:
        yield fail("database", f"This user may not write {', '.join(barred)}; give it to the server's user.")
    elif not path.exists():
        yield good("database", f"There is no log at {place} yet; the first start begins one.")
    else:
        yield good("database", f"{place} can be written.")


def _postgres(url: str, place: str) -> Iterator[Finding]:
    told = _asked(url)
    if told["copy"]:
        yield fail("database", f"{place} is a copy that takes no writes; name the primary in DATABASE_URL.")
    elif not told["may"]:
        yield fail("database", f"The user may make no tables in {place}: GRANT CREATE ON SCHEMA to it.")
    elif not told["begun"]:
        yield good("database", f"There is no log at {place} yet; the first start begins one.")
    else:
        yield good("database", f"{place} can be reached and written.")


def _asked(url: str) -> Any:
    with (
        reading(url),
        closing(Tables(url, (), read_only=True)) as tables,
        tables.transaction(commit=False) as cursor,
    ):
        cursor.execute(_MAY)
        return cursor.fetchone()


def room(url: str) -> Path:
    """Return the folder where the log grows: of SQLite's file the nearest that is there."""
    return _there(Path.cwd() if url.startswith("postgresql://") else sqlite_path(url).parent)


def _there(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def reserve(path: Path) -> Iterator[Finding]:
    """Look whether what sheds can be kept while the log cannot be written; nothing is."""
    needed = path if path.exists() else _there(path.parent)
    if path.exists() and not path.is_file():
        yield warn("reserve", f"{path} is no file; {_FORGOTTEN}")
    elif not os.access(needed, os.W_OK):
        yield warn("reserve", f"This user may not write {needed}; {_FORGOTTEN}")
    else:
        yield good("reserve", f"{path} can be written.")


_FORGOTTEN = (
    "what sheds while the log is at fault would be forgotten at a restart. Give it to the server's user,"
    " or set RESERVE_FILE."
)


def begun(url: str) -> bool:
    """Whether there is a log to read."""
    if not url.startswith("postgresql://"):
        return sqlite_path(url).is_file()
    return bool(_asked(url)["begun"])


def known(url: str) -> Known:
    """Read the log's end, and whom it knows. Raises `LogUnavailable` where it cannot be read."""
    with reading(url), closing(FleetStore(url, read_only=True)) as store:
        newest = store.newest()
        if newest is None:
            return NOTHING
        last = newest.originator_version
        fleet = store.fleet()
        latest = Timeline(store).latest
        verdict = verify(_rows(store, last), _before(store, last))
    if fleet is None or verdict.bad_version is not None:
        bad = verdict.bad_version or last
        what = f"Event {bad} is bad: {verdict.reason}. See `netstab log verify`, and docs/operations.md."
        return Known((fail("log", what),))
    at = None if latest is None else latest.timestamp()
    text = f"It ends with event {last}; the last {min(last, _LAST)} hold."
    return Known((good("log", text),), tuple(fleet.state.miners.values()), at)


def _before(store: FleetStore, last: int) -> Head:
    first = last - _LAST
    return Head(first, digest(store.event(first))) if first > 0 else GENESIS


def _rows(store: FleetStore, last: int) -> Iterator[StoredEvent]:
    return (row for page in store.pages(after=max(0, last - _LAST) or None, until=last) for row in page)


def leader(url: str) -> Iterator[Finding]:
    """Look whether a server leads with this log."""
    if lock_for(url).taken():
        yield good("leader", "A server leads with this log; another one on it would stand by.")
    else:
        yield good("leader", "Nobody leads with this log: a server that is started now leads.")
