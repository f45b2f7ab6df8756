"""`netstab log`, as an auditor runs it."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from recording import EVERY_COMMAND, STARTED, SteppedClock, miner, origin, record_everything

from events.commands import Activate, Deactivate, EnterFailsafe, RegisterMiners
from events.deciding import rules_of, unit_fields
from events.log import FleetLog, Response
from events.state import Source
from netstab.cli import main
from netstab.dispatch.condition import Condition
from netstab.dispatch.decision import Decision, decision
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.plan import plan
from netstab.dispatch.statistics import NEW, start_statistics
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import PowerMode
from netstab.units import MinerId, WallTime, Watts

OLD = Path(__file__).parents[1] / "fixtures" / "logs" / "format-1.sqlite"


@pytest.fixture
def recorded(log: FleetLog) -> FleetLog:
    record_everything(log)
    return log


def run(path: Path, *arguments: str) -> int:
    return main(["log", "--database", str(path), *arguments])


def head_of(log: FleetLog) -> str:
    return f"{log.head.version}:{log.head.digest}"


def test_verify_says_that_the_log_holds_and_gives_its_head(
    recorded: FleetLog, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(path, "verify", "--expected-head", head_of(recorded)) == 0
    assert head_of(recorded) in capsys.readouterr().out
    assert run(path, "verify", "--from", head_of(recorded)) == 0


def test_verify_names_the_first_bad_event_and_fails(
    recorded: FleetLog, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = sqlite3.connect(path)
    database.execute("DELETE FROM stored_events WHERE originator_version = 9")
    database.commit()
    database.close()
    assert run(path, "verify", "--expected-head", head_of(recorded)) == 1
    assert capsys.readouterr().out == "Event 9 is bad: it is missing.\n"


def test_a_log_of_the_first_format_is_verified_and_replayed_without_being_touched(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(OLD, path)
    before = path.read_bytes()
    assert run(path, "verify") == 0
    assert run(path, "replay", "--json") == 0
    assert run(path, "diff") == 0
    assert len(capsys.readouterr().out.splitlines()) == 23
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "versions"),
    [
        ((), range(1, 45)),
        (("--from", "5", "--to", "7"), range(5, 8)),
        (("--from", "2026-01-20T15:05:05.250Z", "--to", "2026-01-20T15:05:07.250Z"), range(5, 8)),
        (("--from", "20", "--to", "2099-01-01T00:00:00Z"), range(20, 45)),
        (("--from", "500"), range(0)),
    ],
)
def test_replay_tells_a_range_by_version_or_by_time(
    recorded: FleetLog,
    path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    versions: range,
) -> None:
    assert run(path, "replay", "--json", *arguments) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["version"] for line in lines] == list(versions)
    assert run(path, "replay", *arguments) == 0
    shown = capsys.readouterr().out
    assert all(f"\n{version} " in shown for version in versions)


def test_replay_tells_every_command_in_the_words_it_was_answered_with(
    recorded: FleetLog, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(path, "replay", "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [line["message"] for line in lines if "message" in line]
    assert said[: len(EVERY_COMMAND)] == [f"accepted {command.name}: größer" for command in EVERY_COMMAND]


@pytest.mark.parametrize("how", [("replay",), ("replay", "--json")])
def test_nothing_that_a_device_said_reaches_the_terminal_as_it_is(
    log: FleetLog, path: Path, capsys: pytest.CaptureFixture[str], how: tuple[str, ...]
) -> None:
    said = "\x1b[2J\x9b31m\x7f\u202e\r\nevil[bold]"
    log.responses([Response(1, MinerId("127.0.0.1"), "wake", "failed", said, WallTime(0.0))])
    assert run(path, *how) == 0
    out = capsys.readouterr().out
    assert all(letter.isprintable() or letter == "\n" for letter in out)
    assert "evil[bold]" in out
    if "--json" in how:
        assert [json.loads(line) for line in out.splitlines()][-1]["responses"][0]["reason"] == said


def test_replay_shows_the_fleet_as_it_was(
    recorded: FleetLog, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(path, "replay", "--json", "--at", "4") == 0
    state = json.loads(capsys.readouterr().out)
    assert (state["version"], state["order"]["target"]) == (4, 2000.0)
    assert run(path, "replay", "--at", "2026-01-20T15:05:04.250Z") == 0
    assert json.loads(capsys.readouterr().out) == state
    assert run(path, "replay", "--at", "99") == 2
    assert "Nothing is recorded" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "--at", "noon"),
        ("verify", "--from", "5"),
        ("verify", "--expected-head", "x:" + 64 * "0"),
        (),
    ],
)
def test_what_cannot_be_meant_is_refused(path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as refused:
        run(path, *arguments)
    assert refused.value.code == 2


def test_a_log_that_is_not_there_is_an_error_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "none.db", "verify") == 2
    assert "cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "none.db").exists()


def decided(log: FleetLog, target: float | None, *passed_over: str) -> Decision:
    """Decide on a target over miners that are all asleep."""
    standings = [
        UnitStatus(
            **unit_fields(each, NEW, None, start_statistics([]), 1.0, Condition()),
            measured_power=Watts(51.0),
            hashing=False,
            availability=Availability.HELD if each.miner_id in passed_over else Availability.AVAILABLE,
            reason="",
            condition=None if each.miner_id in passed_over else Condition(),
        )
        for each in log.state.miners.values()
    ]
    asked = None if target is None else Watts(target)
    return decision(plan(asked, standings, rules_of(log.state, 5.0)), 5.0, 1.0)


def test_diff_compares_what_a_failsafe_orders_and_leaves_out_one_that_holds(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = FleetLog(str(path), SteppedClock(), PowerMode.ON_OFF)
    log.accept(RegisterMiners(tuple(map(miner, (1, 2, 3))), "scan"), origin(Source.SYSTEM), "")
    log.accept(Activate(Watts(2920.0)), origin(), "", decided(log, 2920.0))
    log.accept(EnterFailsafe(FailsafeAction.HOLD, None, STARTED), origin(Source.SYSTEM), "")
    power = EnterFailsafe(FailsafeAction.POWER, Watts(1460.0), STARTED)
    log.accept(power, origin(Source.SYSTEM), "", decided(log, 2920.0))
    log.close()
    assert run(path, "diff") == 1
    printed = capsys.readouterr()
    assert printed.err == "1 of 2 orders differ.\n"
    assert "failsafe  1.46 kW" in printed.out


def test_diff_shows_the_orders_that_would_be_shared_out_otherwise(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = FleetLog(str(path), SteppedClock(), PowerMode.ON_OFF)
    log.accept(RegisterMiners(tuple(map(miner, (1, 2, 3))), "scan"), origin(Source.SYSTEM), "")
    log.accept(Activate(Watts(2920.0)), origin(), "", decided(log, 2920.0))
    wrong = log.accept(Activate(Watts(1460.0)), origin(), "", decided(log, 2920.0))
    log.accept(Activate(Watts(4380.0)), origin(), "", decided(log, 4380.0, "127.0.0.2"))
    log.accept(Activate(Watts(4380.0)), origin(), "")
    repeated = replace(decided(log, 4380.0), conditions=(), members="", repeats=True)
    log.accept(Activate(Watts(4380.0)), origin(), "", repeated)
    log.accept(Deactivate(), origin(), "", decided(log, None))
    log.close()
    assert run(path, "diff", "--json") == 1
    printed = capsys.readouterr()
    (line,) = printed.out.splitlines()
    difference = json.loads(line)
    assert (difference["version"], difference["now"]["full"], difference["then"]["full"]) == (wrong, 1, 2)
    assert printed.err.startswith(
        "1 of 4 orders differ; 1 repeated the one in force and decided nothing; 1 cannot"
    )
    assert run(path, "diff") == 1
    assert "1/0/2 1.562 kW" in capsys.readouterr().out
    assert run(path, "diff", "--from", str(wrong + 1)) == 0
