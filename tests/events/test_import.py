"""`netstab log export` and `import`: a whole log from one database into another, or none of it."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from postgres_server import PostgresServer
from recording import SteppedClock, origin, record_everything
from waiting import PATIENCE, wait_until

from events.chain import Head
from events.commands import Activate, Deactivate
from events.history import HistoryReader
from events.lock import lock_for
from events.log import FleetLog
from events.store import FleetStore
from netstab.cli import main
from netstab.power.allocation import PowerMode
from netstab.units import Watts

Printed = pytest.CaptureFixture[str]


def run(database: object, *arguments: object) -> int:
    return main(["log", "--database", str(database), *map(str, arguments)])


def said(head: Head) -> str:
    return f"{head.version}:{head.digest}"


@pytest.fixture(params=["sqlite", "postgres"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without a log."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'elsewhere' / 'log.db'}"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.new_database()


@pytest.fixture
def exported(log: FleetLog, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of all kinds of events and several snapshots, in a file."""
    monkeypatch.setattr("events.log.SNAPSHOT_INTERVAL", 10)
    record_everything(log)
    assert run(url, "export", tmp_path / "exported.db") == 0
    return tmp_path / "exported.db"


def stored(url: str) -> tuple[list[Any], list[Any]]:
    with closing(FleetStore(url, read_only=True)) as store:
        events = [row for page in store.pages() for row in page]
        return events, [row for page in store.snapshot_pages(len(events)) for row in page]


def test_a_log_is_the_same_in_every_database_and_what_was_proved_of_it_still_holds(
    log: FleetLog, url: str, exported: Path, elsewhere: str, capsys: Printed
) -> None:
    early = Head(9, log._store.event(10).state.decode().partition('"previous":"')[2][:64])
    capsys.readouterr()
    assert run(elsewhere, "import", exported, "--head", said(early)) == 0
    assert said(log.head) in capsys.readouterr().out
    assert stored(elsewhere) == stored(url)
    assert len(stored(url)[1]) > 2
    for head in (early, log.head):
        assert run(elsewhere, "verify", "--head", said(head)) == 0
    with closing(HistoryReader(url)) as before, closing(HistoryReader(elsewhere)) as after:
        assert after.recent(1000) == before.recent(1000)
    with closing(FleetLog(elsewhere, SteppedClock(), PowerMode.ON_OFF)) as goes_on:
        assert goes_on.state == log.state
        assert goes_on.accept(Deactivate(), origin(), "") == log.head.version + 1
    assert run(elsewhere, "verify", "--head", said(log.head)) == 0


def test_a_log_is_never_written_over(exported: Path, elsewhere: str, capsys: Printed) -> None:
    assert run(elsewhere, "import", exported) == 0
    before = stored(elsewhere)
    assert run(elsewhere, "import", exported) == 2
    assert "never written over" in capsys.readouterr().err
    assert stored(elsewhere) == before


def test_nothing_is_brought_in_while_a_server_leads(exported: Path, elsewhere: str, capsys: Printed) -> None:
    leader = lock_for(elsewhere)
    assert leader.acquire()
    try:
        assert run(elsewhere, "import", exported) == 2
    finally:
        leader.release()
    assert "A server leads" in capsys.readouterr().err
    assert run(elsewhere, "import", exported) == 0


def test_an_import_that_breaks_leaves_nothing(
    exported: Path, elsewhere: str, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("events.store.PAGE", 7)
        broken.setattr(FleetStore, "pages", cut_off(FleetStore.pages))
        assert run(elsewhere, "import", exported) == 2
    assert "nothing was brought in" in capsys.readouterr().err
    if elsewhere.startswith("sqlite:///"):
        left = Path(elsewhere.removeprefix("sqlite:///")).parent
        assert [path.name for path in left.iterdir()] == ["log.db.lock"]
    else:
        assert stored(elsewhere) == ([], [])
    assert run(elsewhere, "import", exported) == 0
    assert run(elsewhere, "verify") == 0


KILLED = """
import os, signal, sys
from events.store import FleetStore
from netstab.cli import main
import events.store
events.store.PAGE = 7
pages = FleetStore.pages
def killed(*given, **named):
    for number, page in enumerate(pages(*given, **named)):
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        yield page
FleetStore.pages = killed
main(["log", "--database", sys.argv[1], "import", sys.argv[2]])
"""


def test_an_import_that_is_killed_leaves_no_event(exported: Path, elsewhere: str) -> None:
    command = [sys.executable, "-c", KILLED, elsewhere, str(exported)]
    assert subprocess.run(command, check=False, timeout=PATIENCE).returncode == -signal.SIGKILL
    assert wait_until(lambda: run(elsewhere, "import", exported) == 0)  # once the lock is free again
    assert run(elsewhere, "verify") == 0


def cut_off(pages: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Return what gives three pages and then breaks."""

    def broken(*given: Any, **named: Any) -> Iterator[Any]:
        for number, page in enumerate(pages(*given, **named)):
            if number == 3:
                raise OSError("the disk is gone")
            yield page

    return broken


def test_an_import_that_is_not_what_was_exported_leaves_nothing(
    exported: Path, elsewhere: str, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a database that stores something else than it was given would have it."""
    with monkeypatch.context() as lying:
        read = FleetStore.pages
        lying.setattr(FleetStore, "pages", lambda *given, **named: falsified(read(*given, **named)))
        assert run(elsewhere, "import", exported) == 2
    assert "is not as it was in the file" in capsys.readouterr().err
    assert run(elsewhere, "import", exported) == 0


def falsified(pages: Iterator[Any]) -> Iterator[Any]:
    for page in pages:
        for row in page:
            if row.originator_version == 12:
                object.__setattr__(row, "state", row.state.replace(b"127.0.0.1", b"127.0.0.3"))
        yield page


def test_what_does_not_verify_is_not_brought_in(exported: Path, elsewhere: str, capsys: Printed) -> None:
    assert run(elsewhere, "import", exported, "--head", f"9:{'ab' * 32}") == 2
    assert "Event 9 of the file is bad" in capsys.readouterr().err
    with closing(sqlite3.connect(exported)) as other, other:
        other.execute("UPDATE stored_events SET topic = 'x' WHERE originator_version = 9")
    assert run(elsewhere, "import", exported) == 2
    assert "Event 9 of the file is bad" in capsys.readouterr().err
    assert run(elsewhere, "import", exported.with_name("none.db")) == 2
    assert run(elsewhere, "export", exported.with_name("empty.db")) == 2


@pytest.fixture
def damaged(log: FleetLog, path: Path) -> int:
    """Overwrite the page that event 150 stands on; gives the last event that was recorded."""
    record_everything(log)
    while log.head.version < 400:
        log.accept(Activate(Watts(float(log.head.version))), origin(), "")
    state = log._store.event(150).state
    log.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = other.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    page = content.index(state) // size * size
    content[page : page + size] = b"\xa5" * size
    path.write_bytes(content)
    return log.head.version


def test_of_a_damaged_page_it_is_said_which_event_is_the_first_that_is_gone(
    damaged: int, path: Path, tmp_path: Path, capsys: Printed
) -> None:
    assert run(path, "verify") == 1
    told = capsys.readouterr().out
    first = int(told.removeprefix("Event ").partition(" ")[0])
    assert 100 < first <= 150
    assert run(path, "export", tmp_path / "whole.db") == 2
    assert not (tmp_path / "whole.db").exists()
    assert run(path, "export", "--good-part", tmp_path / "good.db") == 1
    printed = capsys.readouterr()
    assert f"up to event {first - 1} " in printed.out
    assert f"Event {first} is bad" in printed.err
    assert "left behind" in printed.err
    fresh = tmp_path / "fresh.db"
    assert run(fresh, "import", tmp_path / "good.db") == 0
    with closing(FleetLog(str(fresh), SteppedClock(), PowerMode.ON_OFF)) as goes_on:
        assert goes_on.accept(Deactivate(), origin(), "") == first
    assert run(fresh, "verify") == 0


def test_the_good_part_of_a_whole_log_is_all_of_it(
    log: FleetLog, url: str, exported: Path, tmp_path: Path
) -> None:
    assert run(url, "export", "--good-part", tmp_path / "good.db") == 0
    assert stored(str(tmp_path / "good.db")) == stored(str(exported)) == stored(url)


def test_of_a_log_that_begins_with_a_bad_event_no_part_is_good(
    log: FleetLog, path: Path, tmp_path: Path, capsys: Printed
) -> None:
    record_everything(log)
    log.close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE stored_events SET state = x'00' WHERE originator_version = 1")
    assert run(path, "export", "--good-part", tmp_path / "good.db") == 2
    assert "No event of the log is good" in capsys.readouterr().err
    assert [each.name for each in tmp_path.glob("good*")] == []
