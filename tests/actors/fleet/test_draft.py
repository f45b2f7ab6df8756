"""What is shown of an order before it is given is what the order then gets."""

from hypothesis import assume, given
from hypothesis import strategies as st
from test_dispatch_properties import limits, natures, often, orders, ramps
from virtual_fleet import Nature, VirtualFleet

from actors.fleet.draft import preview
from actors.fleet.standing import standings_of
from netstab.dispatch.limits import Limits
from netstab.dispatch.loop import outlook
from netstab.dispatch.reach import least, most
from netstab.units import MinerId, Seconds, Watts

TOLERANCE = 5.0
holds = st.lists(st.integers(1, 6), max_size=2)


def lived(drawn, given_orders, bounds, ramp, held) -> VirtualFleet:
    """Give a fleet in the midst of its life: orders, holds, failures, minimum times."""
    fleet = VirtualFleet(drawn, bounds, ramp)
    for target, seconds in given_orders:
        fleet.order(target)
        fleet.run(seconds)
    for number in held:
        if number <= len(drawn):
            fleet.hold(MinerId(f"127.0.0.{number}"))
            fleet.run(3)
    return fleet


@often(300)
@given(natures, orders, limits, ramps, holds, st.integers(1, 8000))
def test_a_preview_is_what_the_command_gets(drawn, given_orders, bounds, ramp, held, target):
    fleet = lived(drawn, given_orders, bounds, ramp, held)
    planned, expected = preview(Watts(float(target)), fleet.snapshot(), TOLERANCE)
    standings = standings_of(fleet.snapshot())
    fleet.order(float(target))
    plan = fleet.dispatcher.plan
    assert plan is not None
    assert (planned.setpoints, planned.allocation, planned.passed_over, planned.ahead, planned.bound) == (
        plan.setpoints,
        plan.allocation,
        plan.passed_over,
        plan.ahead,
        plan.bound,
    )
    assert expected == outlook(plan.setpoints, standings)


@often(300)
@given(natures, orders, limits, ramps, holds, st.integers(1, 8000))
def test_a_preview_never_promises_what_the_capacity_denies(drawn, given_orders, bounds, ramp, held, target):
    fleet = lived(drawn, given_orders, bounds, ramp, held)
    snapshot = fleet.snapshot()
    assume(snapshot.plan is None or snapshot.plan.target != target)
    standings = standings_of(snapshot)
    _, expected = preview(Watts(float(target)), snapshot, TOLERANCE)
    assert least(standings) - 1 <= expected.expected <= most(standings, snapshot.state.power_mode) + 1


def test_a_miner_within_its_minimum_time_is_not_promised():
    fleet = VirtualFleet([Nature(), Nature()], Limits(min_off=Seconds(60.0), min_on=Seconds(60.0)))
    fleet.order(2920.0)
    fleet.run(90)
    fleet.order(None)
    fleet.run(5)
    fleet.order(2920.0)
    fleet.run(1)
    planned, expected = preview(Watts(2900.0), fleet.snapshot(), TOLERANCE)
    assert not any(setpoint.running for setpoint in planned.setpoints.values())
    assert expected.expected == 102.0
    assert fleet.snapshot().errors == (
        "Target 2.92 kW is out of reach: 0.102 kW can be had: 2 waiting for their minimum time.",
    )
