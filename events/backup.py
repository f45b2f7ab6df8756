"""The log out into one file, while a server writes it: complete up to a head, and verified.

The file is a log on SQLite itself: all that reads a log reads it, and `events.restore` brings it elsewhere.
A database's file copied as it is lacks what stands in its write-ahead file.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from events.audit import audit
from events.chain import Verdict
from events.store import FleetStore, reading, sqlite_path
from netstab.errors import LogUnavailable, SettingsError

__all__ = ["copy_into", "export", "export_good_part", "in_its_write_ahead_file", "may_lack_its_end"]

_WAL_MODE = b"\x02\x02"  # bytes 18 and 19 of the file's header
_WAIT = 5.0  # seconds for a lock


def export(url: str, file: Path) -> Verdict:
    """Copy the log at `url` into a new SQLite file, with telemetry if it is one itself, and verify that.

    Raises `LogUnavailable` where it cannot be read, or the copy does not verify: then there is no file.
    """
    with _made(file) as part:
        with reading(url):
            _copy_events(url, part) if url.startswith("postgresql://") else _copy_file(sqlite_path(url), part)
        return _verified(part)


def export_good_part(url: str, file: Path) -> tuple[Verdict, Verdict]:
    """Copy what comes before the first bad event into a new SQLite file; give what was found, and the copy.

    Of a log that is whole all is copied. Raises `SettingsError` where nothing good is left.
    """
    with _made(file) as part:
        with reading(url), closing(FleetStore(url, read_only=True)) as source:
            found = audit(source)
            last = found.head.version
            if found.bad_version is not None:
                last = min(last, found.bad_version - 1)
            if last < 1:
                raise SettingsError("No event of the log is good: there is nothing to export.")
            _copy(source, part, last, with_snapshots=found.bad_version is None)
        return found, _verified(part)


@contextmanager
def _made(file: Path) -> Iterator[Path]:
    """Give the path to write to; what is there at the end becomes the file, and nothing where that fails."""
    if file.exists():
        raise SettingsError(f"{file} is there already; a log is exported into a new file.")
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600, exist_ok=False)  # it holds who did what, from where
        yield part
        part.replace(file)
        _sync(file.parent)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        for left in part.parent.glob(f"{part.name}*"):
            left.unlink()


def _copy_file(path: Path, part: Path) -> None:
    """Copy one state of the database, in a file that needs no other; its writer is not held up."""
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_WAIT)) as source,
        closing(sqlite3.connect(part)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _copy_events(url: str, part: Path) -> None:
    with closing(FleetStore(url, read_only=True)) as source:
        newest = source.newest()
        _copy(source, part, newest.originator_version if newest else 0)


def _copy(source: FleetStore, part: Path, last: int, *, with_snapshots: bool = True) -> None:
    with closing(FleetStore(str(part))) as target, target.transaction(commit=True) as cursor:
        copy_into(target, cursor, source, last, with_snapshots=with_snapshots)
    with closing(sqlite3.connect(part)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE")


def copy_into(
    target: FleetStore, cursor: Any, source: FleetStore, last: int, *, with_snapshots: bool = True
) -> None:
    """Copy the events until a version, and the snapshots among them, in the transaction of a cursor.

    Their stored form, and so their digests, are the same in every database.
    """
    for page in source.pages(until=last):
        target.recorder.insert_within(cursor, page)
    if with_snapshots:
        for page in source.snapshot_pages(until=last):
            target.recorder.insert_rows(cursor, target.snapshot_table, page)


def _verified(part: Path) -> Verdict:
    with reading(str(part)), closing(FleetStore(str(part), read_only=True)) as store:
        verdict = audit(store)
    if verdict.bad_version is not None:
        raise LogUnavailable(f"Event {verdict.bad_version} of the copy is bad: {verdict.reason}.")
    return verdict


def _sync(folder: Path) -> None:
    """Have the new name outlive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def in_its_write_ahead_file(url: str) -> int:
    """Return how many bytes stand beside an SQLite file that a copy of it alone would lack."""
    if url.startswith("postgresql://"):
        return 0
    path = sqlite_path(url)
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size
    except OSError:
        return 0


def may_lack_its_end(url: str) -> bool:
    """Whether an SQLite file was used with a write-ahead file and none is beside it, as in a mere copy.

    One that was closed in order has none either. To be asked before the database is opened: closing the file
    would end the locks of a connection.
    """
    if url.startswith("postgresql://") or in_its_write_ahead_file(url):
        return False
    try:
        with sqlite_path(url).open("rb") as file:
            return file.read(20)[18:] == _WAL_MODE
    except OSError:
        return False
