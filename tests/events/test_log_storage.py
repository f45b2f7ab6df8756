import json
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from databases import Database
from recording import SteppedClock, miner, origin, record_everything, rows

from events.commands import (
    Activate,
    RegisterMiners,
)
from events.log import FleetLog
from events.state import Source
from netstab.errors import SettingsError
from netstab.power.allocation import PowerMode
from netstab.units import Watts


def test_a_snapshot_gives_the_state_that_all_events_give(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 5)
    log = FleetLog(url, SteppedClock(), PowerMode.FREQUENCY)
    record_everything(log)
    log.close()
    assert [version for _, version, _, _ in database.rows("stored_snapshots")] == [5, 10, 15, 20, 25]
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
    """Give the seconds of the fastest of 50: what else the host does only ever adds to it."""

    def timed(number: int) -> float:
        started = time.perf_counter()
        log.accept(Activate(Watts(float(number))), origin(), "")
        return time.perf_counter() - started

    return min(timed(number) for number in range(50))


def test_every_write_is_synchronised_with_the_disk(log: FleetLog, path: Path) -> None:
    with log._store.recorder.datastore.get_connection(commit=True) as connection:  # type: ignore[attr-defined]
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


def test_the_log_waits_for_whoever_else_writes_to_its_file(log: FleetLog, path: Path) -> None:
    """Telemetry lies in the same file: what it is just writing must not make a command fail."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE others (at BIGINT)")
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO others VALUES (1)")
        ended = threading.Timer(0.2, other.execute, ["COMMIT"])
        ended.start()
        log.accept(Activate(Watts(1000.0)), origin(), "")
        ended.join()
    assert log.state.order is not None
