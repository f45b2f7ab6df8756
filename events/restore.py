"""A log in from a file, into a database without one: all or nothing, and verified where it then stands.

What was proved of the log before is true of it after: its events, and so its heads, are the same. Telemetry
is none of the log's, and stays behind.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from events.audit import audit
from events.backup import copy_into
from events.chain import GENESIS, Head, Verdict, verify
from events.lock import lock_for
from events.store import FleetStore, reading, sqlite_path
from netstab.errors import LogUnavailable, NetstabError, SettingsError
from netstab.urls import without_password

__all__ = ["bring_in"]


def bring_in(url: str, file: Path, expected: Head | None = None) -> Head:
    """Copy the log in `file` to `url`, where there must be none; give its head.

    `expected` is a head kept elsewhere, which the log must hold. Raises `LogUnavailable` if the file does not
    verify, a server leads, or anything fails on the way, `SettingsError` if a log is there already; then
    nothing was brought in.
    """
    if not file.is_file():
        raise SettingsError(f"{file} is no file.")
    with reading(str(file)), closing(FleetStore(str(file), read_only=True)) as source:
        head = _sound(audit(source, expected=expected))
    with _locked(url), _removed_if_new(url), _opened(url) as target:
        _require_empty(target, url)
        with _writing(url), closing(FleetStore(str(file), read_only=True)) as source:
            _copied(source, target, head)
    return head


def _sound(verdict: Verdict) -> Head:
    if verdict.bad_version is not None:
        raise LogUnavailable(
            f"Event {verdict.bad_version} of the file is bad: {verdict.reason}. Nothing was brought in."
        )
    if verdict.head == GENESIS:
        raise SettingsError("The file holds no event.")
    return verdict.head


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Keep servers from leading meanwhile."""
    lock = lock_for(url)
    try:
        if not lock.acquire():
            raise LogUnavailable(f"A server leads with the log at {without_password(url)}; stop it first.")
        yield
    finally:
        lock.release()


@contextmanager
def _removed_if_new(url: str) -> Iterator[None]:
    """Leave no file behind that was not there before."""
    path = None if url.startswith("postgresql://") else sqlite_path(url)
    new = path is not None and not path.exists()
    try:
        yield
    except BaseException:
        if path is not None and new:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise


@contextmanager
def _opened(url: str) -> Iterator[FleetStore]:
    with reading(url):
        store = FleetStore(url, patient=True)
    with closing(store):
        yield store


def _require_empty(target: FleetStore, url: str) -> None:
    with reading(url):
        empty = target.newest() is None and not target.newest_snapshot_version()
        empty = empty and not target.recorder.count_until(0)
    if not empty:
        raise SettingsError(f"There is a log at {without_password(url)} already; it is never written over.")


@contextmanager
def _writing(url: str) -> Iterator[None]:
    try:
        yield
    except NetstabError:
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise LogUnavailable(
            f"The log could not be written to {without_password(url)}; nothing was brought in. {what}"
        ) from error


def _copied(source: FleetStore, target: FleetStore, head: Head) -> None:
    """Copy in one transaction, which ends well only if what then stands in the database is the same log."""
    with target.transaction(commit=True) as cursor:
        target.index.clear(cursor)
        copy_into(target, cursor, source, head.version)
        _require_same(target, cursor, head)


def _require_same(target: FleetStore, cursor: Any, head: Head) -> None:
    verdict = verify(target.recorder.rows_within(cursor, head.version), expected=head)
    if verdict != Verdict(head):
        bad = verdict.bad_version or head.version
        raise LogUnavailable(f"Event {bad} is not as it was in the file; nothing was brought in.")
