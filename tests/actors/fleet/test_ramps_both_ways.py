"""Whatever moves the fleet, it is told to move no faster than declared, up and down."""

from collections.abc import Callable

import pytest
from virtual_fleet import Nature, VirtualFleet

from actors.messages import ReleaseControl
from events.commands import Deactivate, LiftLimit, SetLimit
from events.state import Source
from netstab.dispatch.constraints import Constraints
from netstab.units import Seconds, Watts

UNITS, GAIN = 12, 1460
UP, DOWN = Watts(1500.0), Watts(4500.0)  # one unit a second, and three
DECLARED = Constraints(min_on=Seconds(0.0), min_off=Seconds(0.0), ramp_up=UP, ramp_down=DOWN)
FULL = float(UNITS * GAIN)


def limited(fleet: VirtualFleet) -> None:
    fleet.take(SetLimit("grid-operator", Watts(0.0)))


def freed(fleet: VirtualFleet) -> None:
    fleet.take(LiftLimit("grid-operator"))


def stopped(fleet: VirtualFleet) -> None:
    fleet.take(Deactivate(), Source.DASHBOARD)


def ordered(fleet: VirtualFleet) -> None:
    fleet.order(FULL)


def told_each_second(fleet: VirtualFleet, act: Callable[[VirtualFleet], None]) -> list[int]:
    """Return how many units were told to turn in each second after something was commanded."""
    begin = fleet.now
    before = len(fleet.sent)
    act(fleet)
    fleet.run(20, tick=0.25)
    moments = [at - begin for at, _, told in fleet.sent[before:] if not isinstance(told, ReleaseControl)]
    return [sum(1 for at in moments if second <= at < second + 1) for second in range(20)]


@pytest.mark.parametrize(("down", "up"), [(limited, freed), (stopped, ordered)])
def test_a_shed_keeps_the_down_ramp_and_what_comes_back_the_up_ramp(
    down: Callable[[VirtualFleet], None], up: Callable[[VirtualFleet], None]
) -> None:
    fleet = VirtualFleet([Nature()] * UNITS, DECLARED)
    told = told_each_second(fleet, ordered)
    assert (max(told), sum(told)) == (1, UNITS)
    assert told_each_second(fleet, down)[:5] == [3, 3, 3, 3, 0]
    told = told_each_second(fleet, up)
    assert (max(told), sum(told)) == (1, UNITS)
