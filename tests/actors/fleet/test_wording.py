from dataclasses import replace
from typing import Any

import pytest
from dispatch_units import AVAILABLE, HOME, fleet, kept_out, tuned
from fleet_values import NOW, A, B, C, fleet_of, miner

from actors.fleet.wording import accepted_message
from events.commands import (
    Activate,
    ApplyPower,
    ChangeConfiguration,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    FindMiner,
    MinerAction,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    SetOverride,
    SetPowerMode,
)
from events.state import Configuration
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.plan import Excluded, Plan, Rules, plan
from netstab.dispatch.setpoint import IDLE
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import Allocation, PowerMode
from netstab.units import Megahertz, MinerId, WallTime, Watts


def standby(*passed_over: Excluded) -> Plan:
    return Plan(None, {B: IDLE, C: IDLE}, Allocation(Watts(0.0), ()), passed_over, Watts(0.0), Watts(0.0))


def test_a_standby_names_what_goes_on_and_why() -> None:
    held = Excluded(A, Availability.HELD, "started by an operator", runs=True)
    stopped = Excluded(A, Availability.HELD, "stopped by an operator", runs=False)
    assert accepted_message(Deactivate(), standby(stopped), fleet_of(miner())) == (
        "Fleet deactivation command accepted. All miners stopping."
    )
    assert accepted_message(Deactivate(), standby(held), fleet_of(miner())) == (
        "Fleet deactivation command accepted. 2 miners stopping, 1 not: "
        "127.0.0.1 is held: started by an operator."
    )
    assert accepted_message(SetOverride(enabled=True, target=None), standby(held), fleet_of(miner())) == (
        "Manual override enabled, 2 miners stopping, 1 not: 127.0.0.1 is held: started by an operator"
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Activate(Watts(0.0)), "Fleet activated successfully at 0W (0 miners at full power{})"),
        (ApplyPower(Watts(0.0)), "Fleet activated at 0.0 kW{}"),
        (SetOverride(enabled=True, target=Watts(0.0)), "Manual override enabled at 0.0 kW{}"),
        (
            EnterFailsafe(FailsafeAction.STANDBY, None, WallTime(NOW)),
            "EMS silent since 2026-01-20T15:05:00.000Z: the failsafe orders standby{}",
        ),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_whatever_else_orders_nothing_names_what_goes_on_as_well(command: Any, message: str) -> None:
    held = Excluded(A, Availability.HELD, "started by an operator", runs=True)
    fleet, left = fleet_of(miner()), "; 2 miners stopping, 1 not: 127.0.0.1 is held: started by an operator"
    assert accepted_message(command, standby(held), fleet) == message.format(left)
    assert accepted_message(command, standby(), fleet) == message.format("")
    ordered = replace(standby(held), target=Watts(1460.0))
    assert "stopping" not in accepted_message(ApplyPower(Watts(1460.0)), ordered, fleet)


def test_a_standby_names_a_few_of_many_and_cuts_what_devices_say() -> None:
    many = [
        Excluded(MinerId(f"127.0.1.{n}"), Availability.DOES_NOT_STOP, "no " * 1000, runs=True)
        for n in range(5_000)
    ]
    foreign = Excluded(A, Availability.NOT_CONTROLLABLE, "stock firmware cannot be controlled", runs=True)
    message = accepted_message(Deactivate(), standby(*many, foreign), fleet_of(miner()))
    assert message.endswith("; and 4998 more: 4997 not stopping, 1 not controllable.")
    assert len(message) < 600


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Deactivate(), "Fleet deactivation command accepted. All miners stopping."),
        (ApplyPower(Watts(2500.0)), "Fleet activated at 2.5 kW"),
        (SetOverride(enabled=True, target=None), "Manual override enabled, all miners stopping"),
        (SetOverride(enabled=True, target=Watts(1460.0)), "Manual override enabled at 1.46 kW"),
        (SetOverride(enabled=False, target=None), "Manual override disabled"),
        (
            EnterFailsafe(FailsafeAction.HOLD, None, WallTime(NOW)),
            "EMS silent since 2026-01-20T15:05:00.000Z: the failsafe holds the order in force",
        ),
        (
            EnterFailsafe(FailsafeAction.STANDBY, None, WallTime(NOW)),
            "EMS silent since 2026-01-20T15:05:00.000Z: the failsafe orders standby",
        ),
        (
            EnterFailsafe(FailsafeAction.POWER, Watts(1460.0), WallTime(NOW)),
            "EMS silent since 2026-01-20T15:05:00.000Z: the failsafe orders 1.46 kW",
        ),
        (SetPowerMode(PowerMode.ON_OFF), "Power control mode set to on_off"),
        (ChangeConfiguration(Configuration(), ()), "Configuration unchanged"),
        (ChangeConfiguration(Configuration(), ("miner_priority",)), "Configuration updated: miner_priority"),
        (RegisterMiners((miner(),), "add"), "1 miner registered or updated by add"),
        (RegisterMiners((), "scan"), "0 miners registered or updated by scan"),
        (RemoveMiner(A), "Miner 127.0.0.1 removed"),
        (ControlMiner(A, MinerAction.STOP), "Miner 127.0.0.1: stop commanded"),
        (SetFrequency(A, Megahertz(500), None), "Miner 127.0.0.1: 500 MHz commanded"),
        (FindMiner(A, enabled=True), "blink accepted"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_every_accepted_command_is_answered_in_words(command: Any, message: str) -> None:
    assert accepted_message(command, None, fleet_of(miner())) == message


def message(target: int, units: list[UnitStatus], mode: PowerMode = PowerMode.ON_OFF) -> str:
    planned = plan(Watts(target), units, Rules(mode))
    return accepted_message(Activate(Watts(target)), planned, replace(fleet_of(), power_mode=mode))


class TestActivationMessage:
    def test_on_off_mode_is_worded_as_documented(self) -> None:
        expected = "Fleet activated successfully at 2000W (2 miners at full power)"
        assert message(2000, fleet(AVAILABLE, AVAILABLE)) == expected

    def test_one_miner_is_singular(self) -> None:
        expected = "Fleet activated successfully at 1460W (1 miner at full power)"
        assert message(1460, fleet(AVAILABLE, AVAILABLE)) == expected

    def test_frequency_mode_names_all_three_counts(self) -> None:
        assert message(2410, fleet(*[AVAILABLE] * 4), PowerMode.FREQUENCY) == (
            "Fleet activated successfully at 2410W (1 miner at full power, 1 swing miner, 2 idle miners)"
        )

    def test_on_off_mode_names_all_three_too_where_units_are_tuned_without_a_restart(self) -> None:
        assert message(4000, fleet(AVAILABLE, tuned(2000.0))) == (
            "Fleet activated successfully at 4000W (1 miner at full power, 1 swing miner, 0 idle miners)"
        )

    def test_zero_power_is_said_plainly(self) -> None:
        assert message(0, [AVAILABLE]) == "Fleet activated successfully at 0W (0 miners at full power)"

    def test_a_shortfall_is_said_with_who_was_passed_over(self) -> None:
        away = kept_out(Availability.UNREACHABLE)
        units = fleet(AVAILABLE, away, kept_out(Availability.FAILED_TO_WAKE), away)
        assert message(4000, units) == (
            "Fleet activated successfully at 4000W (1 miner at full power; 2540W short, "
            "3 miners passed over: 2 unreachable, 1 failed to wake)"
        )

    def test_a_power_below_what_is_drawn_whatever_is_ordered_is_said_so(self) -> None:
        read = kept_out(Availability.NOT_CONTROLLABLE, 7290)
        assert message(5000, fleet(AVAILABLE, read)) == (
            "Fleet activated successfully at 5000W (0 miners at full power; at least 7290W is drawn, "
            "1 miner passed over: 1 not controllable)"
        )

    def test_a_target_below_what_a_fleet_draws_asleep_is_said_so(self) -> None:
        asleep = fleet(*[replace(AVAILABLE, idle_power=Watts(51.0))] * 4)
        assert message(100, asleep) == (
            "Fleet activated successfully at 100W (0 miners at full power; at least 204W is drawn)"
        )
        planned = plan(Watts(100.0), asleep, Rules(PowerMode.ON_OFF))
        for command in (ApplyPower(Watts(100.0)), SetOverride(enabled=True, target=Watts(100.0))):
            assert accepted_message(command, planned, fleet_of()).endswith("; at least 204W is drawn")

    def test_who_stays_running_for_its_minimum_time_is_said(self) -> None:
        stays = replace(AVAILABLE, running_at=HOME, hashing=True, stays=True)
        assert message(1460, fleet(stays, stays)) == (
            "Fleet activated successfully at 1460W (2 miners at full power; at least 2920W is drawn; "
            "2 miners kept running for the minimum time)"
        )

    def test_who_would_run_in_any_case_is_not_said_to_be_kept_running(self) -> None:
        stays = replace(AVAILABLE, running_at=HOME, hashing=True, stays=True)
        nearest = f"Fleet activated successfully at {1.9 * 1460:.0f}W (2 miners at full power"
        assert message(round(1.9 * 1460), fleet(stays, stays)).startswith(nearest)
        assert "minimum time" not in message(round(1.9 * 1460), fleet(stays, stays))

    def test_who_stays_idle_for_its_minimum_time_is_said_where_it_is_missing(self) -> None:
        stays = replace(AVAILABLE, stays=True)
        assert message(2920, fleet(AVAILABLE, stays)) == (
            "Fleet activated successfully at 2920W (1 miner at full power; 1460W short; "
            "1 miner kept idle for the minimum time)"
        )
        assert message(1460, fleet(AVAILABLE, stays)).endswith("(1 miner at full power)")

    def test_who_may_not_change_its_frequency_any_more_is_said_where_that_matters(self) -> None:
        fixed = replace(AVAILABLE, running_at=HOME, hashing=True, point_fixed=True)
        assert message(2300, fleet(fixed, fixed), PowerMode.FREQUENCY).endswith(
            "2 miners left as set: their changes of this hour are used up)"
        )
        assert "left as set" not in message(2920, fleet(fixed, fixed), PowerMode.FREQUENCY)

    def test_a_shortfall_without_anyone_passed_over_is_said_too(self) -> None:
        assert message(1500, [AVAILABLE]) == (
            "Fleet activated successfully at 1500W (1 miner at full power; 40W short)"
        )
