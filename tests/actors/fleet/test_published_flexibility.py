"""What is published to be had within seconds or minutes comes when it is ordered, in virtual time."""

from dataclasses import replace

import pytest

from actors.ems import fleet_capacity
from actors.messages import ReleaseControl
from events.commands import Activate
from netstab.dispatch.capacity import Capacity
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.flexibility import HORIZONS
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT, FIELD, Profile
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Composition, Site, capability
from netstab.units import MinerId, Timestamp, Watts

UNITS = 12
WAKES = 300  # s: nearly all have come that were woken, and what they draw is known
HALF_AN_S9 = 700.0  # W: whole units come no nearer
TOLERANCE = 0.05  # of the order: within it nothing is corrected
DEATH_IS_SEEN = 8  # s: a poll is due, and a second late


class Published:
    """A fleet under the control loop, and what is published of it."""

    def __init__(self, profile: Profile, composition: Composition) -> None:
        site = Site(profile, UNITS, PowerMode.ON_OFF, composition=composition)
        self.plant, self.full = Plant(site, asleep=True), capability(site)
        self.constraints = Constraints()
        self.loop = ClosedLoop(self.plant, self.constraints, 50.0, self.plant.fence, self._tell)
        self.run(12)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self.plant.tell(miner_id, setpoint, message.version)

    def order(self, target: float) -> None:
        self.loop.controller.take(Activate(Watts(float(round(target)))))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            now = Timestamp(self.plant.now + 1.0)
            self.plant.run_until(now)
            self.loop.look(now, Watts(self.power))
            self.loop.controller.tick(now)

    @property
    def power(self) -> float:
        return self.plant.measure()[0]

    @property
    def capacity(self) -> Capacity:
        return fleet_capacity(self.loop.controller.loop.snapshot(), self.constraints)


@pytest.mark.parametrize("composition", [Composition.S9, Composition.RANGE, Composition.HALF])
@pytest.mark.parametrize("profile", [DOCUMENT, FIELD], ids=["document", "field"])
def test_what_is_published_comes_within_its_time_both_ways(
    profile: Profile, composition: Composition
) -> None:
    fleet, delivered, coarse = Published(profile, composition), 0, composition is Composition.S9
    for place, horizon in enumerate(HORIZONS):
        for way in (1, -1):
            fleet.order(0.6 * fleet.full)
            fleet.run(WAKES)
            found, before = fleet.capacity.flexibility[place], fleet.power
            assert found.within == horizon
            promised = found.up if way > 0 else found.down
            ordered = max(before + way * promised, fleet.capacity.minimum)
            fleet.order(ordered if promised else before)
            fleet.run(horizon)
            came = way * (fleet.power - before)
            off = max(TOLERANCE * max(ordered, before), coarse * HALF_AN_S9)
            assert not promised or came >= promised - off, (horizon, way)
            delivered += promised > 0
    assert delivered >= 3


@pytest.mark.parametrize("composition", [Composition.S9, Composition.RANGE])
def test_the_dead_are_counted_on_no_longer_than_their_next_answer_is_due(composition: Composition) -> None:
    fleet = Published(DOCUMENT, composition)
    fleet.order(0.9 * fleet.full)
    fleet.run(WAKES)
    reachable, down = fleet.capacity.reachable, fleet.capacity.flexibility[-1].down
    for miner in list(fleet.plant.miners.values())[: UNITS // 2]:
        miner.device.cut_power()
        fleet.plant.disturb(miner)
    fleet.run(DEATH_IS_SEEN)
    assert fleet.capacity.reachable <= 0.55 * reachable
    assert fleet.capacity.flexibility[-1].down <= 0.6 * down


def test_a_ramp_that_is_declared_bounds_what_is_published() -> None:
    fleet = Published(DOCUMENT, Composition.S9)
    fleet.order(0.9 * fleet.full)
    fleet.run(WAKES)
    fleet.constraints = replace(fleet.constraints, ramp_down=Watts(100.0))
    assert [each.down for each in fleet.capacity.flexibility[:2]] == [0.0, 850.0]
