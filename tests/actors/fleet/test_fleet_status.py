from dataclasses import replace
from typing import Any

import pytest
from fleet_values import FULL, NOW, RUN, A, B, fleet_of, miner, order, report
from published import published

from actors.ems import running_status
from actors.fleet.view import DecisionRules, View
from actors.meter_board import MeterFault, MeterState
from actors.report import MinerReport, Phase
from actors.snapshot import FleetPhase, FleetSnapshot
from events.state import Configuration, FleetState, Override
from netstab.devices.port import Activity, Reading
from netstab.dispatch.plan import Excluded, Plan
from netstab.dispatch.unit_status import Availability
from netstab.meters.port import MeterReading
from netstab.power.allocation import Allocation
from netstab.units import GigahashPerSecond, MinerId, Seconds, Timestamp, WallTime, Watts

DONE = Plan(None, {}, Allocation(Watts(0.0), ()), (), Watts(0.0), Watts(0.0))
UNDER_WAY = replace(DONE, setpoints={A: RUN})


def shown(state: FleetState, reports: dict[MinerId, MinerReport], **known: Any) -> FleetSnapshot:
    return published(state, reports, NOW, rated=Watts(2920.0), **known)


@pytest.mark.parametrize(
    ("target", "plan", "phase"),
    [
        (2000.0, UNDER_WAY, FleetPhase.ACTIVATING),
        (2000.0, DONE, FleetPhase.ACTIVE),
        (None, UNDER_WAY, FleetPhase.DEACTIVATING),
        (None, DONE, FleetPhase.STANDBY),
        (0.0, DONE, FleetPhase.STANDBY),
    ],
)
def test_the_order_and_what_came_of_it_name_the_phase(
    target: float | None, plan: Plan, phase: FleetPhase
) -> None:
    fleet = fleet_of(miner(), order=order(target, 2))
    assert shown(fleet, {A: report(Phase.HASHING)}, plan=plan).phase is phase


def test_before_the_first_order_the_miners_name_the_phase() -> None:
    assert shown(fleet_of(miner()), {A: report(Phase.HASHING)}).phase is FleetPhase.ACTIVE
    assert shown(fleet_of(miner()), {A: report(Phase.ASLEEP)}).phase is FleetPhase.STANDBY


def test_a_log_that_cannot_be_written_is_a_fault_and_says_why() -> None:
    reports = {A: report(Phase.HASHING)}
    status = shown(fleet_of(miner()), reports, initializing=True, log_fault="disk full")
    assert (status.phase, status.available_for_dispatch) == (FleetPhase.FAULT, False)
    assert status.errors == ("Commands cannot be recorded: disk full",)


def test_a_fleet_of_which_no_miner_is_reachable_is_at_fault_but_one_of_two_is_enough() -> None:
    fleet = fleet_of(miner(A), miner(B))
    lost = {A: report(Phase.UNREACHABLE), B: report(Phase.LOCKED, B)}
    status = shown(fleet, lost)
    assert (status.phase, status.errors) == (FleetPhase.FAULT, ("None of 2 miners is reachable.",))
    status = shown(fleet, lost | {B: report(Phase.ASLEEP, B)})
    assert (status.phase, status.available_for_dispatch) == (FleetPhase.STANDBY, True)


def test_a_fleet_is_not_at_fault_while_the_first_look_at_one_of_it_is_under_way() -> None:
    fleet, lost = fleet_of(miner(A), miner(B)), {A: report(Phase.UNREACHABLE)}
    for reports in (lost, lost | {B: report(Phase.UNKNOWN, B)}):
        status = shown(fleet, reports)
        assert (status.phase, status.errors) == (FleetPhase.INITIALIZING, ())
        assert not status.available_for_dispatch


def test_nothing_is_available_for_dispatch_before_the_miners_are_known_or_under_override() -> None:
    reports = {A: report(Phase.HASHING)}
    assert not shown(fleet_of(miner()), reports, initializing=True).available_for_dispatch
    overridden = fleet_of(miner(), override=Override(None, "", WallTime(NOW)))
    assert not shown(overridden, reports).available_for_dispatch


def test_figures_are_of_registered_miners_only() -> None:
    status = shown(fleet_of(miner()), {A: report(Phase.HASHING), B: report(Phase.HASHING, B)})
    assert (status.hashing, status.reachable, status.active_power) == (1.0, 1.0, 1400.0)
    assert list(status.reports) == [A]


def test_trouble_is_listed_up_to_a_hundred_and_holds_are_none() -> None:
    passed = [Excluded(MinerId(f"127.0.1.{n}"), Availability.UNREACHABLE, "No answer.") for n in range(120)]
    passed.append(Excluded(A, Availability.HELD, "stopped by an operator"))
    plan = replace(DONE, excluded=tuple(passed))
    errors = shown(fleet_of(miner()), {A: report(Phase.ASLEEP)}, plan=plan).errors
    assert errors[0] == "127.0.1.0 is unreachable: No answer."
    assert (len(errors), errors[-1]) == (101, "and 20 more")


@pytest.mark.parametrize("kind", Availability)
def test_every_availability_makes_a_sentence_and_a_label(kind: Availability) -> None:
    assert kind.predicate.split()[0] in ("is", "does", "was")
    assert "_" not in kind.predicate + kind.label
    assert "is does" not in f"is {kind.label}"
    plan = replace(DONE, excluded=(Excluded(A, kind, "No answer."),))
    errors = shown(fleet_of(miner()), {A: report(Phase.ASLEEP)}, plan=plan).errors
    assert errors in ((), (f"{A} {kind.predicate}: No answer.",))


def test_a_miner_that_does_not_stop_is_said_to() -> None:
    passed = (Excluded(A, Availability.DOES_NOT_STOP, "The miner hashes on."),)
    plan = replace(DONE, excluded=passed)
    errors = shown(fleet_of(miner()), {A: report(Phase.HASHING)}, plan=plan).errors
    assert errors == ("127.0.0.1 does not stop: The miner hashes on.",)


def metered(age: float | None, fault: str | None = None) -> FleetSnapshot:
    """Show one hashing miner, and a meter that showed 1,250 W `age` seconds ago; None for never."""
    state = MeterState(Timestamp(NOW - 30), Seconds(10.0))
    if age is not None:
        state = replace(state, reading=MeterReading(Watts(1250.0), Timestamp(NOW - age)))
    if fault:
        state = replace(state, last_fault=MeterFault(fault, NOW))
    return shown(fleet_of(miner()), {A: report(Phase.HASHING)}, meter=state)


def test_active_power_is_the_meters_while_its_reading_is_fresh() -> None:
    status = metered(age=9.9)
    assert (status.active_power, status.reported_power, status.metered) == (1250.0, 1400.0, True)
    assert status.errors == ()


@pytest.mark.parametrize(("age", "said"), [(10.0, "10 s"), (3600.0, "3600 s"), (None, "30 s")])
def test_a_stale_meter_is_replaced_by_what_the_miners_report_and_that_is_said(
    age: float | None, said: str
) -> None:
    status = metered(age)
    assert (status.active_power, status.metered) == (1400.0, False)
    gap = f"The site meter gave no reading for {said}; active power is what the miners report."
    assert status.errors == (gap,)
    assert metered(age, "It is unplugged.").errors == (f"{gap} It is unplugged.",)


def test_a_meter_that_fails_is_told_before_its_last_reading_is_stale() -> None:
    status = metered(3.0, "It is unplugged.")
    assert (status.active_power, status.metered) == (1250.0, True)
    assert status.errors == ("The site meter could not be read for 3 s: It is unplugged.",)


def test_a_meter_whose_sign_is_turned_round_counts_no_more_at_once_and_that_is_said() -> None:
    reading = MeterReading(Watts(1250.0), Timestamp(NOW - 1))
    fault = MeterFault("Its sign is turned round.", NOW, reversed=True)
    state = MeterState(Timestamp(NOW - 30), Seconds(10.0), reading, fault)
    status = shown(fleet_of(miner()), {A: report(Phase.HASHING)}, meter=state)
    assert (status.active_power, status.metered) == (1400.0, False)
    said = "The site meter is not counted; active power is what the miners report. Its sign is turned round."
    assert status.errors == (said,)


def test_without_a_meter_the_miners_reports_are_all_there_is() -> None:
    status = shown(fleet_of(miner()), {A: report(Phase.HASHING)})
    assert (status.meter, status.metered, status.reported_power) == (None, False, 1400.0)


LOST_POOL = replace(
    report(Phase.STARTING, B), power=Watts(1460.0), uncertain="it does not hash: no pool answers it"
)


def test_a_miner_that_does_not_hash_and_may_draw_counts_and_its_reason_is_said() -> None:
    status = shown(fleet_of(miner(B)), {B: LOST_POOL})
    assert (status.active_power, status.hashing, running_status(status)) == (1460.0, 0, 2)
    assert status.errors == (
        "127.0.0.2: it does not hash: no pool answers it; that it draws 1.46 kW is an estimate",
    )


def test_a_site_meter_decides_what_a_miner_draws_that_does_not_hash() -> None:
    meter = MeterState(NOW, Seconds(10.0), MeterReading(Watts(300.0), NOW))
    status = shown(fleet_of(miner(B)), {B: LOST_POOL}, meter=meter)
    assert (status.active_power, status.reported_power) == (300.0, 1460.0)


def rated_power(fleet: FleetState, setting: Watts | None) -> float:
    return View(fleet, {}, NOW, rules=DecisionRules(rated_power=setting)).rated_power


def test_rated_power_is_the_override_then_the_setting_then_the_sum() -> None:
    fleet = fleet_of(miner(A), miner(B))
    assert rated_power(fleet, None) == 2920
    assert rated_power(fleet, Watts(2500.0)) == 2500
    overridden = fleet_of(miner(A), configuration=Configuration(rated_power_kw_override=2.0))
    assert rated_power(overridden, Watts(2500.0)) == 2000


def test_an_address_where_nothing_ever_answered_counts_nothing() -> None:
    mistyped = replace(miner(B), answered=False)
    assert rated_power(fleet_of(miner(A), mistyped), None) == 1460
    assert rated_power(fleet_of(miner(A), replace(mistyped, answered=True)), None) == 2920


def test_a_miner_that_has_not_told_who_it_is_counts_nothing_for_it_may_be_one_that_is_known() -> None:
    booting = replace(miner(B), provisional=True, mac="")
    assert rated_power(fleet_of(miner(A), booting), None) == 1460
    assert rated_power(fleet_of(miner(A), replace(booting, mac="02:00:7f:00:00:02")), None) == 2920
    assert rated_power(fleet_of(miner(A), replace(booting, provisional=False)), None) == 2920


def test_a_reading_beyond_the_model_is_named_in_errors() -> None:
    beyond = "tells what no Antminer S9 can do: 16 boards of 3"
    reading = Reading(
        Activity.HASHING, Watts(1280.0), GigahashPerSecond(13_500.0), FULL, None, (), (), implausible=beyond
    )
    status = shown(fleet_of(miner()), {A: report(Phase.HASHING, reading=reading)})
    assert f"127.0.0.1 {beyond}; that is not counted" in status.errors
