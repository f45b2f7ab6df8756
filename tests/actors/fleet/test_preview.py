"""What is shown of an order before it is given is what the order then gets."""

from dataclasses import replace

import pytest
from dispatch_units import ahead_of
from fleet_values import FULL, miner
from hypothesis import assume, given
from hypothesis import strategies as st
from mixed_units import in_steps, in_watts
from test_dispatch_properties import limits, natures, often, orders, ramps
from virtual_fleet import Nature, VirtualFleet, VirtualMiner

from actors.fleet.dispatching import preview
from actors.fleet.wording import accepted_message
from actors.report import MinerReport, Phase
from events.commands import ChangeConfiguration, Deactivate, RegisterMiners, SetLimit
from events.state import Configuration, HoldKind, as_ordered
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.forecast import Forecast, forecast
from netstab.dispatch.plan import Plan
from netstab.dispatch.reach import least, most
from netstab.power.unit import Capabilities
from netstab.units import MinerId, Seconds, Watts

caps = st.none() | st.integers(0, 6000)
holds = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(HoldKind)), max_size=2)


def lived(
    drawn: list[Nature],
    given_orders: list[tuple[int | None, int]],
    bounds: Constraints,
    ramp: float,
    held: list[tuple[int, HoldKind]],
) -> VirtualFleet:
    """Return a fleet in the midst of its life: orders, holds, failures, minimum times."""
    fleet = VirtualFleet(drawn, bounds, ramp)
    for target, seconds in given_orders:
        fleet.order(target)
        fleet.run(seconds)
    for number, kind in held:
        if number <= len(drawn):
            fleet.hold(MinerId(f"127.0.0.{number}"), kind)
            fleet.run(3)
    return fleet


@pytest.mark.timeout(600)
@often(500)
@given(natures, orders, limits, ramps, holds, caps, st.integers(1, 8000))
def test_a_preview_is_what_the_command_gets(
    drawn: list[Nature],
    given_orders: list[tuple[int | None, int]],
    bounds: Constraints,
    ramp: float,
    held: list[tuple[int, HoldKind]],
    cap: int | None,
    target: int,
) -> None:
    fleet = lived(drawn, given_orders, bounds, ramp, held)
    if cap is not None:
        fleet.take(SetLimit("grid", Watts(float(cap))))
    snapshot = fleet.snapshot()
    planned, expected = preview(snapshot.memory, Watts(float(target)), snapshot.view)
    units = snapshot.view.units_in(as_ordered(snapshot.state, Watts(float(target))))
    assume(fleet.order(float(target)) is not None)
    plan = fleet.plan
    assert plan is not None
    assert decided(planned) == decided(plan)
    assert expected == forecast(ahead_of(plan.setpoints, units), plan.lent, plan.to_spare)


def decided(plan: Plan) -> Plan:
    """Leave out the statuses that a plan was made of: those of a repeated order are from before."""
    return replace(plan, units=())


class MixedFleet(VirtualFleet):
    """Of three units one is an S9; the others are tuned without a restart, and draw what they are told."""

    kinds = (None, in_watts(1020, 3400, 34), in_steps(900, 1000, 1100))

    def kind_of(self, miner_id: MinerId) -> Capabilities | None:
        return self.kinds[list(self.miners).index(miner_id) % len(self.kinds)]

    def _enlist(self, ramp_kw: float) -> None:
        kinds = {miner_id: self.kind_of(miner_id) for miner_id in self.miners}
        known = (
            miner(each, home_frequency=FULL)
            if kind is None
            else miner(each, rated_power=rated(kind), capabilities=kind, home_frequency=None)
            for each, kind in kinds.items()
        )
        self.take(RegisterMiners(tuple(known), "scan"))
        self.take(ChangeConfiguration(Configuration(max_power_change_rate_kw_per_sec=ramp_kw), ()))

    def seen(self, each: VirtualMiner) -> MinerReport:
        found, kind = super().seen(each), self.kind_of(each.miner_id)
        point = each.setpoint.point if each.setpoint else None
        if kind is None or point is None or found.phase is not Phase.HASHING:
            return found
        return replace(found, setting=point.setting, power=point.power)

    def _measure(self) -> None:
        """Learn nothing: what they draw is what they are told."""


def rated(kind: Capabilities) -> Watts:
    full = kind.full_point
    assert full is not None
    return full.power


@often(300)
@given(natures, orders, limits, ramps, caps, st.integers(1, 12_000), st.integers(0, 3))
def test_a_preview_is_what_the_command_gets_of_units_that_are_tuned_and_draw_for_those_that_start(
    drawn: list[Nature],
    given_orders: list[tuple[int | None, int]],
    bounds: Constraints,
    ramp: float,
    cap: int | None,
    target: int,
    after: int,
) -> None:
    fleet = MixedFleet(drawn, bounds, ramp)
    for ordered, seconds in given_orders:
        fleet.order(ordered)
        fleet.run(seconds)
    if cap is not None:
        fleet.take(SetLimit("grid", Watts(float(cap))))
    fleet.run(after)
    snapshot = fleet.snapshot()
    planned, expected = preview(snapshot.memory, Watts(float(target)), snapshot.view)
    assume(fleet.order(float(target)) is not None)
    plan = fleet.plan
    assert plan is not None
    assert decided(planned) == decided(plan)
    assert expected == forecast(ahead_of(planned.setpoints, snapshot.view.units), planned.lent)


@often(300)
@given(natures, orders, limits, ramps, holds, st.integers(1, 8000))
def test_a_preview_never_promises_what_the_capacity_denies(
    drawn: list[Nature],
    given_orders: list[tuple[int | None, int]],
    bounds: Constraints,
    ramp: float,
    held: list[tuple[int, HoldKind]],
    target: int,
) -> None:
    fleet = lived(drawn, given_orders, bounds, ramp, held)
    snapshot = fleet.snapshot()
    assume(snapshot.plan is None or snapshot.plan.target != float(target))
    units = snapshot.view.units_in(as_ordered(snapshot.state, Watts(float(target))))
    _, expected = preview(snapshot.memory, Watts(float(target)), snapshot.view)
    assert least(units) - 1 <= expected.expected <= most(units, snapshot.state.power_mode) + 1


def asked(fleet: VirtualFleet, target: float) -> tuple[Plan, Forecast]:
    snapshot = fleet.snapshot()
    return preview(snapshot.memory, Watts(target), snapshot.view)


def test_a_preview_counts_what_is_drawn_outside_of_dispatch() -> None:
    fleet = VirtualFleet([Nature()] * 3, Constraints())
    fleet.order(4380.0)
    fleet.run(20)
    fleet.hold(MinerId("127.0.0.2"), HoldKind.FREQUENCY)
    planned, expected = asked(fleet, 2920.0)
    assert sum(setpoint.running for setpoint in planned.setpoints.values()) == 1
    assert expected.expected == 2.0 * 1460.0 + 51.0


def test_a_miner_within_its_minimum_time_is_not_promised() -> None:
    fleet = VirtualFleet([Nature(), Nature()], Constraints(min_off=Seconds(60.0), min_on=Seconds(60.0)))
    fleet.order(2920.0)
    fleet.run(90)
    fleet.order(None)
    fleet.run(5)
    fleet.order(2920.0)
    fleet.run(1)
    planned, expected = asked(fleet, 2900.0)
    assert not any(setpoint.running for setpoint in planned.setpoints.values())
    assert expected.expected == 102.0
    assert fleet.snapshot().errors == (
        "Target 2.92 kW is out of reach: 0.102 kW can be had; 2 waiting for their minimum time.",
    )


def answered(fleet: VirtualFleet) -> str:
    """Deactivate, and give the answer."""
    fleet.order(None)
    return accepted_message(Deactivate(), fleet.plan, fleet.state)


ALL_STOP = "Fleet deactivation command accepted. All miners stopping."


def test_a_deactivate_says_what_hashes_on_under_an_operators_hold() -> None:
    fleet = VirtualFleet([Nature()] * 4, Constraints())
    fleet.order(5840.0)
    fleet.run(20)
    fleet.hold(MinerId("127.0.0.2"), HoldKind.FREQUENCY)
    assert answered(fleet) == (
        "Fleet deactivation command accepted. 3 miners stopping, 1 not: "
        "127.0.0.2 is held: set to 650 MHz by an operator."
    )


def test_a_repeated_deactivate_says_what_an_operator_started_meanwhile_and_one_after_an_order_stops_it() -> (
    None
):
    fleet = VirtualFleet([Nature()] * 2, Constraints())
    assert answered(fleet) == ALL_STOP
    fleet.hold(MinerId("127.0.0.2"), HoldKind.STARTED)
    fleet.run(20)
    assert "127.0.0.2 is held: started by an operator" in answered(fleet)
    fleet.order(1460.0)
    fleet.run(20)
    assert answered(fleet) == ALL_STOP
    fleet.run(5)
    assert fleet.power == 102.0
