"""`netstab log export`, and what `verify` says of a copy that lacks its end."""

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from recording import SteppedClock, origin, record_everything

from events.audit import audit
from events.chain import Head
from events.commands import Activate, Deactivate
from events.fleet import FLEET_ID
from events.log import FleetLog
from events.store import FleetStore
from events.telemetry import FleetSample, TelemetryReader, TelemetryWriter
from netstab.cli import main
from netstab.power.allocation import PowerMode
from netstab.units import GigahashPerSecond, WallTime, Watts


def run(database: object, *arguments: object) -> int:
    return main(["log", "--database", str(database), *map(str, arguments)])


def said(head: Head) -> str:
    return f"{head.version}:{head.digest}"


def test_a_backup_is_one_file_with_all_that_was_recorded(
    log: FleetLog, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_everything(log)
    copy = tmp_path / "copy" / "of.db"
    copy.parent.mkdir()
    assert run(url, "export", copy) == 0
    assert said(log.head) in capsys.readouterr().out
    assert list(copy.parent.iterdir()) == [copy]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert run(copy, "verify", "--head", said(log.head)) == 0
    printed = capsys.readouterr()
    assert f"The log holds, up to event {log.head.version} of 2026-01-20T15:05:" in printed.out
    assert printed.err == ""
    with closing(FleetStore(str(copy), read_only=True)) as store:
        assert store.recorder.select_events(FLEET_ID) == log._store.recorder.select_events(FLEET_ID)
    with closing(FleetLog(str(copy), SteppedClock(), PowerMode.ON_OFF)) as goes_on:
        assert goes_on.state == log.state
        assert goes_on.accept(Deactivate(), origin(), "") == log.head.version + 1


def test_telemetry_of_an_sqlite_log_goes_along(log: FleetLog, path: Path, tmp_path: Path) -> None:
    at = WallTime(1_768_921_500.0)
    with closing(TelemetryWriter(str(path))) as writer:
        writer.add(FleetSample(at, None, Watts(1.0), Watts(2.0), GigahashPerSecond(3.0), 1, 1, 0), [])
    record_everything(log)
    assert run(path, "export", tmp_path / "copy.db") == 0
    with closing(TelemetryReader(str(tmp_path / "copy.db"))) as reader:
        assert len(reader.fleet(at, WallTime(at + 1), 1)) == 1


def test_a_backup_under_load_holds_what_was_answered_before_it_began(
    log: FleetLog, url: str, tmp_path: Path
) -> None:
    answered, stop = [0], threading.Event()

    def load() -> None:
        while not stop.is_set():
            answered.append(log.accept(Activate(Watts(1.0 + len(answered))), origin(), ""))

    writer = threading.Thread(target=load)
    writer.start()
    try:
        for number in range(5):
            before = answered[-1]
            copy = tmp_path / f"{number}.db"
            assert run(url, "export", copy) == 0
            with closing(FleetStore(str(copy), read_only=True)) as store:
                verdict = audit(store)
            assert verdict.bad_version is None
            assert verdict.head.version >= before
    finally:
        stop.set()
        writer.join(60)


def test_a_bare_copy_of_a_file_in_use_is_not_passed_off_as_whole(
    log: FleetLog, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_everything(log)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint")
    early = log.head
    log.accept(Deactivate(), origin(), "")
    assert run(path, "verify") == 0
    printed = capsys.readouterr()
    assert said(log.head) in printed.out
    assert "in its write-ahead file (-wal)" in printed.err
    copy = tmp_path / "copy.db"
    shutil.copyfile(path, copy)
    assert run(copy, "verify") == 0
    printed = capsys.readouterr()
    assert said(early) in printed.out
    assert "If this is a copy of a file in use, events are missing" in printed.err
    assert "Compare this head" in printed.err
    assert run(copy, "verify", "--head", said(log.head)) == 1
    assert f"Event {log.head.version} is bad: it is missing." in capsys.readouterr().out


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(
    log: FleetLog, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_everything(log)
    there = tmp_path / "there.db"
    there.write_text("mine")
    assert run(path, "export", there) == 2
    assert there.read_text() == "mine"
    assert run(tmp_path / "none.db", "export", tmp_path / "copy.db") == 2
    assert run(path, "export", tmp_path / "none" / "copy.db") == 2
    log.close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE stored_events SET state = x'00' WHERE originator_version = 9")
    assert run(path, "export", tmp_path / "copy.db") == 2
    assert "of the copy is bad" in capsys.readouterr().err
    assert [each.name for each in tmp_path.glob("copy*")] == []
