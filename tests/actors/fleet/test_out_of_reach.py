"""A target that cannot be had is said, and the fleet is not "activating" for ever."""

from virtual_fleet import NO_LIMITS, Nature, VirtualFleet

from actors.snapshot import FleetPhase
from netstab.units import MinerId

DEAD = Nature(wakes_in=None)


def fleet_with_failures() -> VirtualFleet:
    """Ten miners of which three never wake and one is stopped by an operator; all is ordered."""
    fleet = VirtualFleet([Nature()] * 7 + [DEAD] * 3, NO_LIMITS)
    fleet.hold(MinerId("127.0.0.1"))
    fleet.order(14_600.0)
    return fleet


def test_the_state_is_active_once_all_is_done_that_can_be_whatever_is_tried_again() -> None:
    fleet = fleet_with_failures()
    fleet.run(200)
    assert fleet.snapshot().phase is FleetPhase.ACTIVATING  # the last wakes may still come
    for _ in range(120):
        fleet.run(60)
        if fleet.now > 300:
            assert fleet.snapshot().phase is FleetPhase.ACTIVE


def test_what_can_be_had_and_what_keeps_the_rest_is_said_from_the_order_on() -> None:
    fleet = fleet_with_failures()
    held = fleet.snapshot().memory.out_of_reach
    assert held is not None
    assert held.sentence == "Target 14.6 kW is out of reach: 13.191 kW can be had; 1 held."
    fleet.run(320)
    for _ in range(60):
        fleet.run(60)
        (error, *_) = fleet.snapshot().errors
        assert error.startswith("Target 14.6 kW is out of reach: ")
        assert error.endswith("kW can be had; 1 held, 3 failed to wake.")


def test_it_is_said_no_more_when_an_order_can_be_had() -> None:
    fleet = fleet_with_failures()
    fleet.run(320)
    fleet.order(7000.0)
    assert fleet.snapshot().memory.out_of_reach is None
    fleet.order(None)
    assert fleet.snapshot().memory.out_of_reach is None
