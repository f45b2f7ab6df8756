import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from databases import Database
from recording import STARTED, SteppedClock, miner, origin, record_everything, rows

from events.commands import (
    Activate,
    RegisterMiners,
)
from events.log import FleetLog
from events.state import Source
from events.telemetry import FleetSample, TelemetryWriter
from netstab.errors import SettingsError
from netstab.power.allocation import PowerMode
from netstab.units import GigahashPerSecond, WallTime, Watts


def test_a_snapshot_gives_the_state_that_all_events_give(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 5)
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    record_everything(log)
    log.close()
    assert [version for _, version, _, _ in database.rows("stored_snapshots")] == list(range(5, 41, 5))
    with_snapshot = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    with_snapshot.close()
    database.execute("DELETE FROM stored_snapshots")
    without = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    without.close()
    assert with_snapshot.state == without.state == log.state


def test_a_start_reads_no_event_older_than_the_snapshot(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 5)
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    record_everything(log)
    log.close()
    database.execute("UPDATE stored_events SET state = CAST('{' AS BLOB) WHERE originator_version <= 20")
    reopened = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    assert reopened.state == log.state
    reopened.close()


def test_a_large_registry_does_not_slow_a_command(log: FleetLog) -> None:
    small = fastest_command(log)
    miners = tuple(miner(number) for number in range(1, 10_001))
    log.accept(RegisterMiners(miners, "scan"), origin(Source.SYSTEM), "")
    registry = log.state.miners
    large = fastest_command(log)
    assert log.state.miners is registry
    assert large < 5 * small


def fastest_command(log: FleetLog) -> float:
    """Return the seconds of the fastest of 50: what else the host does only ever adds to it."""

    def timed(number: int) -> float:
        started = time.perf_counter()
        log.accept(Activate(Watts(float(number))), origin(), "")
        return time.perf_counter() - started

    return min(timed(number) for number in range(50))


def test_every_write_is_synchronised_with_the_disk(log: FleetLog, path: Path) -> None:
    with log._store.recorder.datastore.get_connection(commit=True) as connection:
        cursor = connection.cursor()
        settings = []
        for pragma in ("journal_mode", "synchronous"):
            cursor.execute(f"PRAGMA {pragma}")
            settings.append(cursor.fetchone()[0])
    assert settings == ["wal", 2]


def test_the_process_environment_does_not_reach_the_stored_format(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPRESSOR_TOPIC", "eventsourcing.compressor:ZlibCompressor")
    monkeypatch.setenv("NETSTAB_SQLITE_DBNAME", "elsewhere.db")
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    log.close()
    assert json.loads(database.rows()[0][3])["power_mode"] == "frequency"


@pytest.mark.parametrize("name", ["plain.db", "deep/er/log.db", "odd ?#%20 näme.db"])
def test_a_path_is_taken_as_it_is_and_its_directory_made(tmp_path: Path, name: str) -> None:
    log = FleetLog(str(tmp_path / name), SteppedClock(), PowerMode.FREQUENCY)
    log.close()
    assert rows(tmp_path / name)


def test_a_database_of_another_kind_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="cannot be kept at mysql"):
        FleetLog("mysql://host/log", SteppedClock(), PowerMode.FREQUENCY)


@pytest.mark.parametrize("write", ["command", "start", "telemetry", "forgetting"])
def test_every_write_waits_for_whoever_else_writes_to_the_file(path: Path, write: str) -> None:
    """Log and telemetry share it: what the one is just writing must not make the other fail."""
    with ExitStack() as stack:
        log = stack.enter_context(closing(FleetLog(str(path), SteppedClock(), PowerMode.FREQUENCY)))
        telemetry = stack.enter_context(closing(TelemetryWriter(str(path))))
        sample = FleetSample(STARTED, None, None, Watts(0.0), GigahashPerSecond(0.0), 0, 0, 0)
        telemetry.add(sample, [])
        writes: dict[str, Callable[[], object]] = {
            "command": lambda: log.accept(Activate(Watts(1000.0)), origin(), ""),
            "start": lambda: FleetLog(str(path), SteppedClock(), PowerMode.FREQUENCY).close(),
            "telemetry": lambda: telemetry.add(replace(sample, at=WallTime(STARTED + 1.0)), []),
            "forgetting": lambda: telemetry.forget(WallTime(STARTED + 1.0)),
        }
        stack.enter_context(written_to_by_another(path))
        writes[write]()


@contextmanager
def written_to_by_another(path: Path) -> Iterator[None]:
    """Have somebody else be in the middle of a write, and end it soon."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE others (at BIGINT)")
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO others VALUES (1)")
        ending = threading.Timer(0.2, other.execute, ["COMMIT"])
        ending.start()
        yield
        ending.join()
