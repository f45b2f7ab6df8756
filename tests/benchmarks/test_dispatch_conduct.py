"""What counts as a broken rule, and as wear."""

from collections.abc import Sequence
from typing import Any

from points import at

from actors.report import Step
from benchmarks.dispatch.conduct import Powers, Violations, violations, wear
from benchmarks.dispatch.controllers.protocol import Rules
from benchmarks.dispatch.run import Telling
from events.state import Hold, HoldKind
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.simulation.virtual.miner import Sent
from netstab.units import MinerId, Seconds, WallTime

A, B, C = (MinerId(f"127.7.1.{number}") for number in (1, 2, 3))
RUN = Setpoint(running=True, point=None)
POWERS: Powers = {miner_id: {0: 1000.0, 300: 400.0} for miner_id in (A, B, C)}
ORDERS = [(0.0, 2000.0)]


def broken(
    *tellings: tuple[float, MinerId, Setpoint | None],
    orders: Sequence[tuple[float, float | None]] = ORDERS,
    sent: Sequence[Sent] = (),
    **rules: Any,
) -> Violations:
    told = [Telling(at, miner_id, setpoint, 1) for at, miner_id, setpoint in tellings]
    return violations(told, sent, orders, POWERS, Rules(**rules))


def test_more_than_the_limit_within_a_second_is_a_violation() -> None:
    assert broken((1.0, A, RUN), (1.75, B, RUN), ramp_kw_per_second=1.5).ramp == 1
    assert broken((1.0, A, RUN), (2.0, B, RUN), ramp_kw_per_second=1.5).ramp == 0


def test_a_miner_larger_than_the_limit_is_let_through_alone() -> None:
    assert broken((1.0, A, RUN), (3.0, B, RUN), ramp_kw_per_second=0.5).ramp == 0
    assert broken((1.0, A, RUN), (1.5, B, RUN), ramp_kw_per_second=0.5).ramp == 1


def test_up_and_down_are_limited_each_for_itself() -> None:
    tellings = ((1.0, A, RUN), (9.0, A, IDLE), (9.0, B, RUN))
    assert broken(*tellings, ramp_kw_per_second=1.2).ramp == 0


def test_a_change_of_frequency_commands_the_difference() -> None:
    slow = Setpoint(running=True, point=at(300))
    assert broken((1.0, A, RUN), (9.0, A, slow), (9.0, B, RUN), ramp_kw_per_second=1.0).ramp == 0


def test_minimum_times_bind_but_not_for_standby() -> None:
    constraints = Constraints(min_on=Seconds(60), min_off=Seconds(60))
    assert broken((0.0, A, RUN), (30.0, A, IDLE), constraints=constraints).minimum_times == 1
    assert broken((0.0, A, RUN), (70.0, A, IDLE), (100.0, A, RUN), constraints=constraints).minimum_times == 1
    standby = [(0.0, 2000.0), (30.0, None)]
    assert broken((0.0, A, RUN), (30.0, A, IDLE), orders=standby, constraints=constraints).minimum_times == 0


def test_who_was_released_was_neither_on_nor_off() -> None:
    constraints = Constraints(min_on=Seconds(60), min_off=Seconds(60))
    tellings = ((0.0, A, RUN), (10.0, A, None), (20.0, A, IDLE), (30.0, A, RUN))
    assert broken(*tellings, constraints=constraints).minimum_times == 0


def test_a_held_miner_is_told_what_its_operator_wants_and_nothing_else() -> None:
    holds = {A: Hold(A, HoldKind.STOPPED, None, "", WallTime(0.0))}
    assert broken((1.0, A, IDLE), holds=holds).hold == 0
    assert broken((1.0, A, RUN), holds=holds).hold == 1


def test_a_wake_that_arrives_in_standby_is_a_violation() -> None:
    orders = [(0.0, 2000.0), (10.0, None)]
    early, late = (Sent(at, A, Step.WAKE, 1) for at in (9.0, 11.0))
    assert broken(orders=orders, sent=[early]).deactivate == 0
    assert broken(orders=orders, sent=[early, late]).deactivate == 1


def test_wear_is_counted_per_miner_and_hour() -> None:
    sent = [Sent(at, A, Step.WAKE, 1) for at in (10.0, 20.0)] + [Sent(30.0, B, Step.TUNE, 1)]
    found = wear(sent, 2, 0.0, 1800.0)
    assert (found.cycles, found.cycles_spread) == (2.0, 2.0)
    assert (found.frequency_changes, found.most_frequency_changes) == (1.0, 1)
