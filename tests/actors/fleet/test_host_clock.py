"""The fleet while the host's clock is set: durations go on as if nothing had happened, times follow it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pykka
import pytest
from fleet_values import RUN, A, B, at_its_setpoint, miner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_fleet_actor import TIMEOUT, Setting

from actors.fleet.timekeeper import span
from events.commands import Activate, ApplyPower, Command, ControlMiner, Deactivate, MinerAction
from events.state import Source
from netstab.units import Watts, rfc3339

ONE = Watts(1460.0)
HOURS = 3600.0


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a fleet of two with an EMS time-out of 5 s; each by the log of the last, or a new one."""
    begun: list[Setting] = []
    logs = count()

    def begin(path: Path | None = None, *, ahead: float = 0.0, **options: Any) -> Setting:
        settings: dict[str, Any] = {"EMS_TIMEOUT_SECONDS": "5", "EMS_FAILSAFE": "standby"}
        setting = Setting(path or tmp_path / f"{next(logs)}.db", ahead=ahead, **settings, **options)
        begun.append(setting)
        if not setting.log.state.miners:
            setting.has(miner(A), miner(B))
        return setting

    yield begin
    pykka.ActorRegistry.stop_all(timeout=TIMEOUT)
    for setting in begun:
        setting.log.close()


def ended(setting: Setting) -> Path:
    setting.fleet.stop(timeout=TIMEOUT)
    setting.log.close()
    return setting.path


def stamps(setting: Setting) -> list[float]:
    with closing(sqlite3.connect(setting.path)) as reader:
        rows = reader.execute("SELECT state FROM stored_events ORDER BY originator_version").fetchall()
    texts = [msgspec.json.decode(state)["timestamp"]["_data_"] for (state,) in rows]
    return [datetime.fromisoformat(text).timestamp() for text in texts]


def clock_errors(setting: Setting) -> list[str]:
    return [error for error in setting.status.errors if "clock" in error]


@pytest.mark.parametrize("step", [2 * HOURS, -2 * HOURS])
def test_a_clock_that_is_set_neither_enters_the_failsafe_nor_puts_it_off(
    begin: Callable[..., Any], step: float
) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.ahead += step
    setting.ticks(4)
    assert (setting.status.state.failsafe, setting.status.target) == (None, ONE)
    assert not setting.status.ems_silent
    setting.ticks(2)
    failsafe = setting.status.state.failsafe
    assert failsafe is not None
    assert abs(failsafe.since - setting.wall()) <= 1
    assert 5 <= failsafe.since - failsafe.silent_since < 6.5


@pytest.mark.parametrize("step", [2 * HOURS, -2 * HOURS])
def test_a_command_under_way_is_carried_out_and_told_at_the_corrected_time(
    begin: Callable[..., Any], step: float
) -> None:
    setting = begin()
    setting.ahead += step
    result = setting.ask(Activate(ONE))
    setting.ticks(1)
    assert setting.status.state.order.version == result.version
    assert setting.status.state.order.since == pytest.approx(setting.wall(), abs=1.5)
    assert setting.status.wall(setting.status.at) == pytest.approx(setting.wall(), abs=1.0)


def test_a_clock_that_was_set_is_told_for_a_while_and_logged_once(
    begin: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    setting = begin()
    setting.ahead += 2 * HOURS
    setting.ticks(2)
    [error] = clock_errors(setting)
    assert error.startswith("The host's clock was set forward by 2 h at 2026-01-20T17:05:")
    assert error.endswith("Z.")
    setting.ticks(5)
    assert [record.levelname for record in caplog.records if "was set" in record.message] == ["WARNING"]
    setting.now += 600
    setting.ticks(1)
    assert clock_errors(setting) == []


def test_a_start_with_a_clock_ahead_freezes_nothing_and_is_told_until_the_clock_is_there(
    begin: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    setting = begin(ahead=2 * HOURS)
    setting.ask(Activate(ONE))
    path, now = ended(setting), setting.now
    successor = begin(path, now=now + 60)
    successor.ask(Deactivate())
    successor.ticks(2)
    last = rfc3339(setting.status.state.order.since)
    [error] = clock_errors(successor)
    assert error == f"The log has events up to {last}, 2 h ahead of this server's clock."
    assert abs(successor.status.state.order.since - successor.wall()) < 3
    assert len([record for record in caplog.records if "The log has events" in record.message]) == 1
    successor.now += 2 * HOURS
    successor.ticks(1)
    assert clock_errors(successor) == []


def test_what_came_first_is_told_by_versions_where_times_went_back(begin: Callable[..., Any]) -> None:
    setting = begin(ahead=2 * HOURS)
    setting.ask(ApplyPower(ONE), Source.DASHBOARD)
    setting.ahead = 0.0
    held = setting.ask(ControlMiner(A, MinerAction.STOP), Source.DASHBOARD)
    state = setting.log.state
    assert state.holds[A].since < state.order.since
    assert state.holds[A].version == held.version > state.order.version


def test_an_operator_who_moves_the_power_in_a_failsafe_is_seen_though_the_clock_went_back(
    begin: Callable[..., Any],
) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.ticks(6)
    setting.ahead = -2 * HOURS
    setting.ask(ApplyPower(ONE), Source.DASHBOARD)
    setting.ticks(1)
    told = [error for error in setting.status.errors if error.startswith("The EMS has been silent")]
    assert told[0].endswith("An operator has moved the power since.")


moves = st.lists(
    st.tuples(st.sampled_from([1, 3, 6]), st.sampled_from(["activate", "deactivate", "apply", ""])),
    max_size=8,
)
steps = st.lists(st.just(0.0) | st.floats(-1e5, 1e5), min_size=8, max_size=8)


def lived(
    setting: Setting, path_of_moves: list[tuple[int, str]], clock_steps: list[float]
) -> tuple[Any, ...]:
    """Return what was recorded, told and published, without times, and how far times were from the clock."""
    commands: dict[str, Command] = {
        "activate": Activate(ONE),
        "deactivate": Deactivate(),
        "apply": ApplyPower(Watts(2920.0)),
    }
    seen: list[Any] = []
    off: list[float] = []
    setting.give(at_its_setpoint(RUN, A))
    for (seconds, name), step in zip(path_of_moves, clock_steps, strict=False):
        setting.ahead += step
        if name:
            source = Source.DASHBOARD if name == "apply" else Source.EMS
            before = len(stamps(setting))
            setting.ask(commands[name], source)
            off += [abs(at - setting.wall()) for at in stamps(setting)[before:]]
        setting.ticks(seconds)
        off.append(abs(setting.status.wall(setting.status.at) - setting.wall()))
        seen.append((setting.status.target, setting.status.phase, setting.status.ems_silent))
        seen.append((setting.stored(), setting.told(A), setting.told(B)))
    return seen, off


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves, steps)
def test_whatever_the_hosts_clock_does_the_fleet_does_the_same_and_tells_the_clocks_time(
    begin: Callable[..., Any], moves: list[tuple[int, str]], steps: list[float]
) -> None:
    steadily, _ = lived(begin(), moves, [0.0] * 8)
    stepped, off = lived(begin(), moves, steps)
    assert stepped == steadily
    assert max(off, default=0.0) <= 1.0


@pytest.mark.parametrize(
    ("seconds", "said"), [(7.4, "7 s"), (90, "1.5 min"), (7200, "2 h"), (5400, "1.5 h"), (1e6, "11.6 d")]
)
def test_a_duration_is_worded_in_its_largest_unit(seconds: float, said: str) -> None:
    assert span(seconds) == said
