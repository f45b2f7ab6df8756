"""A copy of the log in one file, made while a server writes: complete up to a head, and verified.

A database's file copied as it is lacks what stands in its write-ahead file.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from events.audit import audit
from events.chain import Verdict
from events.store import FleetStore, reading, sqlite_path
from netstab.errors import LogUnavailable, SettingsError

__all__ = ["back_up", "in_its_write_ahead_file", "may_lack_its_end"]

_WAL_MODE = b"\x02\x02"  # bytes 18 and 19 of the file's header
_WAIT = 5.0  # seconds for a lock


def back_up(url: str, file: Path) -> Verdict:
    """Copy the log at `url` into a new SQLite file, with telemetry if it is one itself, and verify that.

    Raises `LogUnavailable` where it cannot be read, or the copy does not verify: then there is no file.
    """
    if file.exists():
        raise SettingsError(f"{file} is there already; a backup is made into a new file.")
    part = file.with_name(f"{file.name}.part")
    try:
        with reading(url):
            part.unlink(missing_ok=True)
            _copy_events(url, part) if url.startswith("postgresql://") else _copy_file(sqlite_path(url), part)
        verdict = _verified(part)
        part.replace(file)
        _sync(file.parent)
    finally:
        for left in part.parent.glob(f"{part.name}*"):
            left.unlink()
    return verdict


def _copy_file(path: Path, part: Path) -> None:
    """Copy one state of the database, in a file that needs no other; its writer is not held up."""
    with (
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_WAIT)) as source,
        closing(sqlite3.connect(part)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _copy_events(url: str, part: Path) -> None:
    """Copy event by event: their stored form, and so their digests, are the same in every database."""
    with closing(FleetStore(url, read_only=True)) as source, closing(FleetStore(str(part))) as copy:
        for page in source.pages():
            copy.recorder.insert_events(list(page))
    with closing(sqlite3.connect(part)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE")


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
