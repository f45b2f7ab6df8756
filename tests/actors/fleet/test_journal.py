"""What the server's own log says of the fleet: each change once, and no more than can be read."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fleet_values import A, B, C, miner, report
from test_fleet_actor import Setting, setting  # noqa: F401 - a fixture

from actors.report import Phase
from events.commands import (
    Activate,
    ControlMiner,
    MinerAction,
    RegisterMiners,
    RemoveMiner,
    SetOverride,
    SetPowerMode,
)
from events.state import Source
from netstab.power.allocation import PowerMode
from netstab.units import Watts

OPERATOR = Source.DASHBOARD


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[..., Any]:
    """Return the lines of the journal since the last time, each with its level."""
    caplog.set_level(logging.INFO, "actors.fleet.journal")

    def said() -> list[tuple[str, ...]]:
        lines: list[tuple[str, ...]] = [
            (record.levelname, record.getMessage())
            for record in caplog.records
            if record.name == "actors.fleet.journal"
        ]
        caplog.clear()
        return lines

    return said


@pytest.fixture
def fleet(said: Callable[..., Any], setting: Setting) -> Setting:  # noqa: F811
    setting.has(miner(A), miner(B))
    setting.ticks(1)
    assert said() == [
        ("INFO", "0 miners registered in the log."),
        ("INFO", f"2 miners joined the fleet: {A}, {B}."),
        ("INFO", "The fleet is known: 2 of 2 miners reachable, 0.102 kW."),
    ]
    return setting


def test_miners_that_join_and_leave_are_named(fleet: Setting, said: Callable[..., Any]) -> None:
    fleet.ask(RegisterMiners((miner(C, controllable=False),), "scan"), Source.SYSTEM)
    assert ("INFO", f"1 miner joined the fleet: {C}. 1 of them cannot be controlled.") in said()
    fleet.ask(RemoveMiner(C), OPERATOR)
    assert ("INFO", f"1 miner left the fleet: {C}.") in said()


def test_an_override_and_its_end_are_told_and_repeating_it_is_not(
    fleet: Setting, said: Callable[..., Any]
) -> None:
    override = SetOverride(enabled=True, target=Watts(1460.0))
    for command in (override, override, SetOverride(enabled=True, target=None), SetOverride(False, None)):
        fleet.ask(command, OPERATOR)
        fleet.ticks(1)
    assert said() == [
        ("WARNING", "Manual override is on: 1.46 kW."),
        ("WARNING", "Manual override is on: all miners stop."),
        ("INFO", "Manual override is off."),
    ]


def test_a_failsafe_and_its_end_are_told(tmp_path: Path, said: Callable[..., Any]) -> None:
    setting = Setting(tmp_path / "failsafe.db", EMS_TIMEOUT_SECONDS="5", EMS_FAILSAFE="standby")  # noqa: F811
    setting.has(miner(A))
    setting.ask(Activate(Watts(1460.0)))
    said()
    setting.ticks(20)
    [(level, text)] = said()
    assert (level, text[:30]) == ("WARNING", "The EMS has been silent since ")
    setting.ask(Activate(Watts(1460.0)))
    assert said() == [("INFO", "The EMS commands again: the failsafe has ended.")]
    setting.fleet.stop(timeout=10)
    setting.log.close()


def test_a_fleet_that_nobody_reaches_is_in_fault_and_its_return_is_told(
    fleet: Setting, said: Callable[..., Any]
) -> None:
    for each in (A, B):
        fleet.give(report(Phase.UNREACHABLE, each, power=Watts(0.0), at=fleet.clock()))
    fleet.ticks(8)
    assert said() == [
        ("WARNING", f"2 of 2 miners cannot be reached: {A}, {B}."),
        ("ERROR", "The fleet is in fault. None of 2 miners is reachable."),
    ]
    for each in (A, B):
        fleet.give(report(Phase.ASLEEP, each, at=fleet.clock()))
    fleet.ticks(61)
    assert said() == [
        ("INFO", "The fleet is in fault no more: standby."),
        ("INFO", "All 2 miners can be reached."),
    ]


def test_links_that_break_all_the_time_are_a_line_a_minute(fleet: Setting, said: Callable[..., Any]) -> None:
    for second in range(180):
        phase = Phase.UNREACHABLE if second % 2 else Phase.ASLEEP
        fleet.give(report(phase, A, power=Watts(51.0), at=fleet.clock()))
        fleet.ticks(1)
    assert 1 <= len(said()) <= 4


def test_orders_of_the_ems_are_left_to_the_history(fleet: Setting, said: Callable[..., Any]) -> None:
    for power in range(20):
        fleet.ask(Activate(Watts(50.0 * power)))
        fleet.ticks(1)
    assert said() == []


def test_what_an_operator_takes_and_settles_is_told(fleet: Setting, said: Callable[..., Any]) -> None:
    fleet.ask(ControlMiner(A, MinerAction.STOP), OPERATOR)
    fleet.ask(SetPowerMode(PowerMode.FREQUENCY), OPERATOR)
    assert said() == [
        ("INFO", f"An operator has stopped {A}."),
        ("INFO", "The power mode is frequency."),
    ]


def test_miners_that_nobody_has_looked_at_yet_are_not_told_as_lost(
    setting: Setting,  # noqa: F811
    said: Callable[..., Any],
) -> None:
    setting.ask(RegisterMiners((miner(A), miner(B)), "scan"), Source.SYSTEM)
    setting.ticks(15)
    assert ("INFO", "The fleet is known: 0 of 2 miners reachable, 2 not seen yet, 0.0 kW.") in said()
