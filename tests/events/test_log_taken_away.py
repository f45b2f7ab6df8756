"""The database is taken away from under its writer: deleted, replaced, emptied or set back."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from databases import Database, PostgresDatabase
from postgres_server import PostgresServer
from recording import SteppedClock, origin, record_everything

from events.chain import Head
from events.commands import Activate, Deactivate
from events.follower import LogFollower
from events.log import FleetLog
from netstab.errors import LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.units import Watts


def swap(path: Path) -> None:
    """Put a copy in the file's place, as a restored backup would be."""
    shutil.copyfile(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)


TAKEN_AWAY: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "moved": lambda path: path.rename(path.with_suffix(".away")),
    "replaced": swap,
    "emptied": lambda path: path.write_bytes(b""),
    "write-ahead file deleted": lambda path: path.with_name(f"{path.name}-wal").unlink(),
    "shared memory deleted": lambda path: path.with_name(f"{path.name}-shm").unlink(),
}


@pytest.mark.parametrize("how", TAKEN_AWAY)
def test_nothing_is_acknowledged_that_others_will_not_find(log: FleetLog, path: Path, how: str) -> None:
    log.accept(Activate(Watts(2000.0)), origin(), "")
    state, head = log.state, log.head
    TAKEN_AWAY[how](path)
    for attempt in (log.check, lambda: log.accept(Deactivate(), origin(), "")):
        with pytest.raises(LogUnavailable, match="cannot be written: its file was"):
            attempt()
    assert (log.state, log.head) == (state, head)


def test_a_file_that_comes_back_is_written_again(log: FleetLog, path: Path) -> None:
    away = path.with_suffix(".away")
    path.rename(away)
    with pytest.raises(LogUnavailable):
        log.check()
    away.rename(path)
    log.check()
    assert log.accept(Deactivate(), origin(), "") == log.head.version


EMPTIED = {
    "emptied": "DELETE FROM stored_events",
    "dropped": "DROP TABLE stored_events",
    "set back": "DELETE FROM stored_events WHERE originator_version > 3",
    "last event changed": "UPDATE stored_events SET topic = 'x' WHERE originator_version > 3",
}


@pytest.mark.parametrize("how", EMPTIED)
def test_an_event_is_only_recorded_after_the_one_before(log: FleetLog, database: Database, how: str) -> None:
    record_everything(log)
    state, head = log.state, log.head
    database.execute(EMPTIED[how])
    for attempt in (log.check, lambda: log.accept(Deactivate(), origin(), "")):
        with pytest.raises(LogUnavailable, match="cannot be written"):
            attempt()
    assert (log.state, log.head) == (state, head)


def test_a_log_without_its_beginning_is_found_out(log: FleetLog, database: Database) -> None:
    record_everything(log)
    database.execute("DELETE FROM stored_events WHERE originator_version < 5")
    with pytest.raises(LogUnavailable, match="event 1 is not in it any more"):
        log.check()


def test_a_log_that_was_seen_is_never_begun_anew(log: FleetLog, database: Database, url: str) -> None:
    record_everything(log)
    seen = log.head
    with closing(FleetLog(url, SteppedClock(), PowerMode.ON_OFF, seen)) as again:
        assert again.head == seen
    database.execute(EMPTIED["emptied"])
    with pytest.raises(LogUnavailable, match="restart the server"):
        FleetLog(url, SteppedClock(), PowerMode.ON_OFF, seen)
    assert database.rows() == []
    with closing(FleetLog(url, SteppedClock(), PowerMode.ON_OFF)) as anew:
        assert anew.head.version == 1


def test_nothing_is_made_where_the_log_that_was_seen_is_missing(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="unable to open"):
        FleetLog(str(tmp_path / "log.db"), SteppedClock(), PowerMode.ON_OFF, Head(3, "0" * 64))
    assert list(tmp_path.iterdir()) == []


def test_a_dropped_database_is_found_out(postgres: PostgresServer) -> None:
    database = PostgresDatabase(postgres.new_database())
    name = database.url.rpartition("/")[2]
    with closing(FleetLog(database.url, SteppedClock(), PowerMode.ON_OFF)) as log:
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
        with pytest.raises(LogUnavailable):
            log.check()
        postgres.execute(f"CREATE DATABASE {name}")
        with pytest.raises(LogUnavailable):
            log.accept(Deactivate(), origin(), "")


def test_who_follows_a_log_is_not_taken_in_by_another(log: FleetLog, database: Database, url: str) -> None:
    record_everything(log)
    with closing(LogFollower(url)) as follower:
        assert follower.state() == log.state
        log.accept(Deactivate(), origin(), "")
        follower.state()
        assert follower.head == log.head
        database.execute(EMPTIED["last event changed"])
        with pytest.raises(LogUnavailable):
            follower.state()
        assert follower.head == log.head


def test_who_follows_a_log_that_was_set_back_before_it_began_to_says_so(
    log: FleetLog, database: Database, url: str
) -> None:
    log.accept(Deactivate(), origin(), "")
    seen = log.head
    with closing(LogFollower(url)) as follower:
        assert follower.state(seen) == log.state
    database.execute("DELETE FROM stored_events WHERE originator_version > 1")
    with closing(LogFollower(url)) as follower, pytest.raises(LogUnavailable, match="set back"):
        follower.state(seen)
