"""What masters write becomes commands after a quiet time; timers and watchdog run out. No clock is asked."""

from contextlib import suppress
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modbus_load import CORRECTION, RATED, limit_of, load, obeyed, written

from events.commands import Activate, Command, Deactivate, LiftLimit, Release, SetLimit
from netstab.fronts.modbus.controls import (
    AT_LATEST,
    QUIET,
    REVERSION,
    SPARE,
    Controls,
    Due,
    asked,
    due,
    reconciled,
)
from netstab.fronts.modbus.fleet import Fleet
from netstab.fronts.modbus.registers import ExceptionCode, Refused
from netstab.fronts.modbus.values import values_of
from netstab.fronts.modbus.writing import accepted
from netstab.units import Timestamp, WallTime, Watts

LATER = QUIET + 0.01
NEW = Controls()


def settled(controls: Controls, now: float, fleet: Fleet | None = None) -> tuple[Controls, Due]:
    return due(controls, fleet or load(), Timestamp(now))


def said(controls: Controls, now: float, fleet: Fleet | None = None) -> tuple[Command, ...]:
    return settled(controls, now, fleet)[1].commands


def in_force(power: float, now: float = 0.0, **points: float) -> tuple[Controls, Fleet]:
    """Return controls and load with a setpoint of this way in, settled."""
    controls = written(NEW, now - LATER, **({"WSetEna": 1, "WSet": -power} | points))
    controls, what = settled(controls, now)
    fleet = load()
    for command in what.commands:
        fleet = obeyed(fleet, command)
    return reconciled(controls, fleet), fleet


def test_enabling_the_value_and_the_timer_one_after_another_are_one_command() -> None:
    controls = written(NEW, 10.0, WSetEna=1)
    controls = written(controls, 10.01, WSet=-2000)
    controls = written(controls, 10.02, WSetRvrtTms=60)
    assert said(controls, 10.02 + QUIET - 0.001) == ()
    controls, what = settled(controls, 10.02 + QUIET)
    until = WallTime(CORRECTION + 70.02 + SPARE)
    assert what == Due((Activate(Watts(2000.0), until),), "modbus 127.0.0.1", silent=False)
    assert said(controls, 11.0) == ()
    assert controls.setpoint_reverts_at == 70.02


@pytest.mark.parametrize(
    ("points", "command"),
    [
        ({"target": 2000.0}, Activate(Watts(2000.0))),
        ({"target_whole": 2000}, Activate(Watts(2000.0))),
        ({"target": 0.0}, Activate(Watts(0.0))),
        ({"target": 1999.2}, Activate(Watts(2000.0))),
        ({"run": 0}, Deactivate()),
        ({"target": 2000.0, "run": 1}, Activate(Watts(2000.0))),
        ({"target": 2000.0, "target_whole": 0, "run": 1}, Activate(Watts(2000.0))),
        ({"target": 0.0, "target_whole": 2000}, Activate(Watts(2000.0))),
        ({"WSetEna": 1, "WSet": -2000}, Activate(Watts(2000.0))),
        ({"WSetEna": 1, "WSetMod": 0, "WSetPct": -25.5}, Activate(Watts(2550.0))),
        ({"WMaxLimPctEna": 1, "WMaxLimPct": 40.0}, SetLimit("modbus", Watts(4000.0))),
        ({"OpCtl": 0}, Deactivate()),
        ({"OpCtl": 1}, Activate(Watts(0.0))),
    ],
)
def test_a_write_is_the_command_that_it_stands_for(points: dict[str, float], command: Command) -> None:
    assert said(written(NEW, 0.0, **points), LATER) == (command,)


@pytest.mark.parametrize(
    ("points", "command"),
    [
        ({"WSetEna": 0}, Release()),
        ({"OpCtl": 2}, Deactivate()),
        ({"run": 0}, Deactivate()),
        ({"run": 1}, Activate(Watts(3000.0))),
        ({"WMaxLimPctEna": 0}, LiftLimit("modbus")),
    ],
)
def test_what_is_in_force_ends_as_it_is_asked_for(points: dict[str, float], command: Command) -> None:
    controls, fleet = in_force(3000.0)
    fleet = replace(fleet, limit=limit_of(Watts(5000.0)))
    controls = reconciled(controls, fleet)
    assert said(written(controls, 0.0, fleet, **points), LATER, fleet) == (command,)


@pytest.mark.parametrize(
    "points",
    [
        {"WSetEna": 0},
        {"WMaxLimPctEna": 0},
        {"WSet": -500},
        {"WSetRvrt": -500},
        {"OpCtl": 2},
        {"AlarmReset": 1},
    ],
)
def test_what_changes_nothing_is_no_command(points: dict[str, float]) -> None:
    assert said(written(NEW, 0.0, **points), LATER) == ()


@pytest.mark.parametrize(
    "points",
    [
        {"target": nan},
        {"target": inf},
        {"target": -1.0},
        {"target_whole": -1},
        {"run": 2},
        {"WSet": 1},
        {"WSet": -10_001},
        {"WSetRvrt": -10_001},
        {"WSetPct": 0.1},
        {"WSetPct": -100.1},
        {"WMaxLimPct": 100.1},
        {"WSetEna": 2},
        {"WSetMod": 2},
        {"OpCtl": 4},
        {"WSetRvrtTms": None},
    ],
)
def test_a_value_that_cannot_be_used_is_an_exception_and_changes_nothing(
    points: dict[str, float | None],
) -> None:
    with pytest.raises(Refused) as refused:
        accepted(NEW, points, load(), Timestamp(0.0), "modbus 127.0.0.1")
    assert (refused.value.code, refused.value.status) == (ExceptionCode.ILLEGAL_VALUE, 400)


@pytest.mark.parametrize(
    "points", [{"WMaxLimPctEna": 1}, {"WSetEna": 1, "WSetMod": 0, "WSetPct": -50.0}, {"run": 1, "WSetMod": 0}]
)
def test_a_share_of_a_rating_that_is_not_known_is_refused_for_now(points: dict[str, float]) -> None:
    with pytest.raises(Refused) as refused:
        written(NEW, 0.0, load(rated=0.0), **points)
    assert (refused.value.code, refused.value.status) == (ExceptionCode.DEVICE_FAILURE, 503)


def test_a_standby_is_not_ended_by_writing_that_no_setpoint_is_enabled() -> None:
    fleet = obeyed(load(), Deactivate())
    controls = reconciled(NEW, fleet)
    assert said(written(controls, 0.0, fleet, WSetEna=0, WSet=-500), LATER, fleet) == ()


def test_of_two_masters_within_the_quiet_time_the_later_has_the_word() -> None:
    controls = written(NEW, 0.0, None, "modbus 127.0.0.2", target=1000.0)
    controls = written(controls, 0.1, None, "modbus 127.0.0.3", target=2000.0)
    _, what = settled(controls, 0.1 + LATER)
    assert what == Due((Activate(Watts(2000.0)),), "modbus 127.0.0.3", silent=False)


def test_a_master_that_never_pauses_is_heard_all_the_same() -> None:
    controls, now, commands = NEW, 0.0, 0
    while now < 10.0:
        controls = written(controls, now, target=1000.0 + now)
        controls, what = settled(controls, now)
        commands += len(what.commands)
        now += 0.1
    assert 8 <= commands <= 10 / AT_LATEST + 1


def test_a_setpoint_timer_that_runs_out_lets_go_once() -> None:
    controls, fleet = in_force(3000.0, WSetRvrtTms=60)
    assert said(controls, 59.0, fleet) == ()
    controls, what = settled(controls, 60.0, fleet)
    assert what == Due((Release(),), REVERSION, silent=False)
    assert said(reconciled(controls, obeyed(fleet, Release())), 200.0) == ()


def test_a_setpoint_timer_that_runs_out_puts_the_reversion_value_in_force() -> None:
    controls, fleet = in_force(3000.0, WSetRvrtTms=60, WSetEnaRvrt=1, WSetRvrt=-1000)
    controls, what = settled(controls, 60.0, fleet)
    assert what.commands == (Activate(Watts(1000.0)),)
    assert controls["WSetEna"] == 1
    assert said(controls, 200.0, fleet) == ()


@pytest.mark.parametrize(
    "points", [{"WSet": -3000}, {"WSetEna": 1}, {"WSetRvrtTms": 60}, {"target": 3000.0}, {"WSetPct": -30.0}]
)
def test_any_write_of_the_setpoint_begins_its_timer_anew(points: dict[str, float]) -> None:
    controls, fleet = in_force(3000.0, WSetRvrtTms=60)
    controls = written(controls, 50.0, fleet, **points)
    assert controls.setpoint_reverts_at == 110.0


def test_reading_and_other_writes_do_not_begin_the_timer_anew() -> None:
    controls, fleet = in_force(3000.0, WSetRvrtTms=60)
    before = controls.setpoint_reverts_at
    assert written(controls, 50.0, fleet, ControllerHb=7, WMaxLimPct=50.0).setpoint_reverts_at == before


@pytest.mark.parametrize("points", [{"WSetRvrtTms": 0}, {"WSetEna": 0}, {"run": 0}])
def test_without_a_setpoint_or_a_time_there_is_no_timer(points: dict[str, float]) -> None:
    controls, fleet = in_force(3000.0, WSetRvrtTms=60)
    assert written(controls, 10.0, fleet, **points).setpoint_reverts_at is None


def test_an_operator_who_takes_command_ends_the_timer() -> None:
    controls, _ = in_force(3000.0, WSetRvrtTms=60)
    controls = reconciled(controls, load())
    assert controls.setpoint_reverts_at is None
    assert controls["WSetEna"] == 0


@pytest.mark.parametrize(
    ("points", "command"),
    [
        ({}, LiftLimit("modbus")),
        ({"WMaxLimPctEnaRvrt": 1, "WMaxLimPctRvrt": 20.0}, SetLimit("modbus", Watts(2000.0))),
    ],
)
def test_a_limit_timer_that_runs_out_does_what_its_reversion_values_say(
    points: dict[str, float], command: Command
) -> None:
    controls = written(NEW, 0.0, WMaxLimPctEna=1, WMaxLimPct=50.0, WMaxLimPctRvrtTms=30, **points)
    controls, what = settled(controls, LATER)
    fleet = obeyed(load(), what.commands[0])
    assert said(reconciled(controls, fleet), 29.0, fleet) == ()
    assert said(reconciled(controls, fleet), 30.0, fleet) == (command,)
    again = reconciled(NEW, fleet)  # a server that starts again
    assert said(again, 29.9, fleet) == ()
    assert said(again, 30.1, fleet) == (LiftLimit("modbus"),)


def test_the_watchdog_runs_out_once_and_begins_anew_with_any_write() -> None:
    controls = written(NEW, 0.0, watchdog=10)
    controls, what = settled(controls, 9.9)
    assert not what.silent
    controls = written(controls, 9.9, controller_heartbeat=1)
    assert not settled(controls, 19.8)[1].silent
    controls, what = settled(controls, 19.9)
    assert what.silent
    assert not settled(controls, 100.0)[1].silent
    assert settled(written(controls, 100.0, target=500.0), 110.0)[1].silent


@pytest.mark.parametrize("points", [{"controller_heartbeat": 5}, {"ControllerHb": 5}])
def test_a_heartbeat_that_stands_still_is_no_sign_of_life(points: dict[str, float]) -> None:
    controls = written(NEW, 0.0, watchdog=10, **points)
    assert settled(written(controls, 9.0, **points), 10.0)[1].silent


def test_a_refused_value_falls_back_to_what_is_in_force() -> None:
    controls, fleet = in_force(3000.0)
    controls, what = settled(written(controls, 0.0, fleet, WSet=-5000), LATER, fleet)
    assert what.commands == (Activate(Watts(5000.0)),)
    assert asked(reconciled(controls, fleet), RATED) == 3000.0


def test_a_server_that_starts_again_shows_the_setpoint_and_the_limit_of_the_log() -> None:
    controls = reconciled(NEW, load(3000.0, limit=4000.0))
    assert (controls["WSetEna"], controls["WSet"], controls["WSetPct"]) == (1, -3000, -30.0)
    assert (controls["WMaxLimPctEna"], controls["WMaxLimPct"]) == (1, 40.0)
    assert controls.setpoint_reverts_at is None
    assert reconciled(controls, load(3000.0, limit=4000.0)) == controls


def test_a_server_that_starts_again_goes_on_with_the_timer_that_the_log_tells_of() -> None:
    controls, fleet = in_force(3000.0, WSetRvrtTms=60)
    again = reconciled(NEW, fleet)
    assert again.setpoint_reverts_at == pytest.approx(controls.setpoint_reverts_at)
    assert said(again, 59.0, fleet) == ()
    assert said(again, 60.1, fleet) == (Release(),)


def test_letting_go_that_fails_is_tried_again() -> None:
    controls, fleet = in_force(3000.0, WSetRvrtTms=60)
    controls, _ = settled(controls, 60.1, fleet)
    assert said(reconciled(controls, fleet), 60.2, fleet) == (Release(),)


ANY_WRITE = st.fixed_dictionaries(
    {},
    optional={
        "target": st.floats(0, 12_000),
        "target_whole": st.integers(0, 12_000),
        "run": st.integers(0, 1),
        "watchdog": st.integers(0, 60),
        "controller_heartbeat": st.integers(0, 3),
        "ControllerHb": st.integers(0, 3),
        "WSetEna": st.integers(0, 1),
        "WSet": st.integers(-12_000, 0),
        "WSetMod": st.integers(0, 1),
        "WSetPct": st.integers(-100, 0),
        "WSetRvrt": st.integers(-10_000, 0),
        "WSetEnaRvrt": st.integers(0, 1),
        "WSetRvrtTms": st.integers(0, 30),
        "WMaxLimPctEna": st.integers(0, 1),
        "WMaxLimPct": st.integers(0, 100),
        "WMaxLimPctRvrtTms": st.integers(0, 30),
        "WMaxLimPctEnaRvrt": st.integers(0, 1),
        "OpCtl": st.integers(0, 3),
    },
)


@given(st.lists(st.tuples(st.floats(0.01, 20.0), ANY_WRITE), max_size=30))
def test_whatever_is_written_when_all_comes_to_rest_and_shows_what_is_in_force(
    steps: list[tuple[float, dict[str, float]]],
) -> None:
    controls, fleet, now = NEW, load(), 0.0
    for pause, points in [*steps, *[(20.0, {})] * 6]:
        until, last = now + pause, controls
        while now < until:
            now = min(now + 0.25, until)
            controls, what = settled(controls, now, fleet)
            assert len(what.commands) <= 2
            for command in what.commands:
                power = getattr(command, "power", Watts(0.0))
                if power <= RATED:
                    fleet = obeyed(fleet, command)
            controls = reconciled(controls, fleet)
        if points:
            with suppress(Refused):
                controls = written(controls, now, fleet, **points)
    assert not controls.waits
    assert controls.setpoint_reverts_at is controls.limit_reverts_at is controls.silent_at is None
    target = fleet.own.target if fleet.own else None
    assert controls["WSetEna"] == (target is not None)
    assert target is None or asked(controls, RATED) == target
    shown = values_of(fleet, controls, 0, Timestamp(now))
    assert shown[704, "WSetRvrtRem"] == shown[704, "WMaxLimPctRvrtRem"] == 0
    assert last == controls
