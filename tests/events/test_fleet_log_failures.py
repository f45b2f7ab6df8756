import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from databases import Database
from recording import SteppedClock, origin, record_everything
from waiting import running_time

from events.chain import verify
from events.commands import Activate, Deactivate
from events.fleet import FLEET_ID
from events.log import FleetLog
from events.state import FleetState
from netstab.errors import LogError, LogFenced, LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.units import Watts


def opened(url: str) -> FleetLog:
    return FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)


def state_when_opened(url: str) -> FleetState:
    log = opened(url)
    log.close()
    return log.state


def assert_chain_holds(log: FleetLog) -> None:
    verdict = verify(log._store.recorder.select_events(FLEET_ID), expected=log.head)
    assert verdict.bad_version is None
    assert verdict.head == log.head


@contextmanager
def full(log: FleetLog) -> Iterator[None]:
    def limit(pages: str) -> Any:
        with log._store.recorder.datastore.get_connection(commit=True) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pages}")
            return cursor.fetchone()[0]

    limit(f"max_page_count={limit('page_count')}")
    yield
    limit("max_page_count=1000000")


def fill(log: FleetLog, message: str) -> int:
    """Return the last version that was answered before the log could take no more."""
    version = log.state.version
    with suppress(LogUnavailable):
        for _ in range(100):
            version = log.accept(Activate(Watts(1.0)), origin(), message)
    return version


def test_a_locked_database_refuses_soon_and_leaves_nothing_half_done(
    log: FleetLog, database: Database, url: str
) -> None:
    log.accept(Activate(Watts(2000.0)), origin(), "")
    before, head = log.state, log.head
    with database.locked():
        started = running_time()
        with pytest.raises(LogUnavailable, match="lock"):
            log.accept(Deactivate(), origin(), "")
        assert running_time() - started < 10
        assert (log.state, log.head) == (before, head)
    version = log.accept(Deactivate(), origin(), "")
    assert version == before.version + 1
    assert_chain_holds(log)
    assert state_when_opened(url) == log.state


def test_a_full_disk_refuses_and_leaves_nothing_half_done(log: FleetLog, url: str, path: Path) -> None:
    long = "x" * 10_000
    with full(log):
        answered = fill(log, long)
        before, head = log.state, log.head
        assert before.version == answered
        for _ in range(3):
            with pytest.raises(LogUnavailable, match="full"):
                log.reject(Deactivate(), origin(), "FAULT_STATE", long)
        assert (log.state, log.head) == (before, head)
    assert log.accept(Deactivate(), origin(), long) == before.version + 1
    assert_chain_holds(log)
    assert state_when_opened(url) == log.state


LIMITED = """
import os, resource, sys
sys.path[:0] = sys.argv[2:]
from recording import SteppedClock, origin
from events.commands import Activate
from events.log import FleetLog
from netstab.errors import LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.units import Watts

log = FleetLog(sys.argv[1], SteppedClock(), PowerMode.FREQUENCY)
written = os.path.getsize(sys.argv[1] + "-wal")
resource.setrlimit(resource.RLIMIT_FSIZE, (written + 50_000, resource.RLIM_INFINITY))
try:
    while True:
        answered = log.accept(Activate(Watts(1.0)), origin(), "x" * 1000)
except LogUnavailable:
    assert log.state.version == answered
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert log.accept(Activate(Watts(2.0)), origin(), "x" * 1000) == answered + 1
print(log.state.version, log.head.digest)
log.close()
"""


def test_a_write_that_fails_at_its_commit_is_taken_back(path: Path) -> None:
    tests = Path(__file__).parents[1]
    imports = [str(tests / "support"), str(tests.parent)]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), *imports],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    version, digest = done.stdout.split()
    log = opened(str(path))
    assert (log.state.version, log.head.digest) == (int(version), digest)
    assert_chain_holds(log)
    log.close()


def test_a_snapshot_that_cannot_be_stored_fails_no_command(
    log: FleetLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, database: Database
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 2)
    database.execute("DROP TABLE stored_snapshots")
    assert log.accept(Deactivate(), origin(), "") == 2
    assert "No snapshot at version 2" in caplog.text
    assert log.accept(Deactivate(), origin(), "") == 3


def test_a_second_writer_fences_the_first_for_good(log: FleetLog, url: str) -> None:
    other = opened(url)
    other.accept(Activate(Watts(2000.0)), origin(), "")
    before = log.state
    for _ in range(2):
        with pytest.raises(LogFenced, match="Another writer"):
            log.accept(Deactivate(), origin(), "")
    assert log.state == before
    assert other.accept(Deactivate(), origin(), "") == 3
    assert_chain_holds(other)
    other.close()


def test_a_closed_log_is_unavailable(log: FleetLog) -> None:
    log.close()
    with pytest.raises(LogUnavailable):
        log.accept(Deactivate(), origin(), "")


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    path.write_bytes(b"not a database, " * 1000)


def scribble(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


@pytest.mark.parametrize("damage", [truncate, overwrite, scribble])
def test_a_damaged_file_is_unavailable_and_says_so(
    log: FleetLog, path: Path, url: str, damage: Callable[[Path], None]
) -> None:
    record_everything(log)
    log.close()
    damage(path)
    with pytest.raises(LogUnavailable, match=r"The command log at .* cannot be read"):
        opened(url)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE stored_events SET state = '{' WHERE originator_version = 3",
        "UPDATE stored_events SET state = CAST('{}' AS BLOB) WHERE originator_version = 3",
        "UPDATE stored_events SET topic = 'events.fleet:Fleet.Unheard' WHERE originator_version = 3",
        "UPDATE stored_events SET topic = 'os:getpid' WHERE originator_version = 3",
        "DELETE FROM stored_events WHERE originator_version = 3",
        """INSERT INTO stored_snapshots SELECT originator_id, originator_version, topic, state
            FROM stored_events WHERE originator_version = 3""",
    ],
)
def test_a_damaged_event_is_unavailable_and_says_so(
    log: FleetLog, database: Database, url: str, damage: str
) -> None:
    record_everything(log)
    log.close()
    database.execute(damage)
    with pytest.raises(LogUnavailable, match=r"The command log at .* cannot be read"):
        opened(url)


def test_a_snapshot_that_is_newer_than_the_log_is_found_at_start(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 5)
    log = opened(url)
    record_everything(log)
    log.close()
    database.execute("DELETE FROM stored_events WHERE originator_version >= 18")
    with pytest.raises(LogUnavailable, match="cannot be read"):
        opened(url)


def test_of_two_that_begin_a_log_at_once_one_is_fenced(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(url)
    monkeypatch.setattr("events.store.FleetStore.fleet", lambda _: None)
    with pytest.raises(LogFenced):
        opened(url)
    first.close()


def test_a_place_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="cannot be read"):
        opened(f"sqlite:///{tmp_path}/file/log.db")
