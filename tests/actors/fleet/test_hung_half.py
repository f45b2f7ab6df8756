"""Half of a fleet hangs when an order comes: the other half carries all that it can, soon."""

import pytest

from actors.fence import WakeFence
from actors.messages import ReleaseControl
from events.commands import Activate
from netstab.dispatch.constraints import Constraints
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.miner import VirtualMiner
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.s9 import s9
from netstab.simulation.virtual.site import Site
from netstab.units import MinerId, Timestamp, Watts

WAKE = 13.0  # s: a boot of the profile, up to its full power
KNOWN = 12  # s: every miner was looked at twice


class Fleet:
    """Forty miners asleep, under the product's control loop."""

    def __init__(self) -> None:
        self.plant = Plant(Site(DOCUMENT, 40, PowerMode.ON_OFF), asleep=True)
        self.woken: set[MinerId] = set()
        self._loop = ClosedLoop(self.plant, Constraints(), 1e6, WakeFence(), self._tell)
        self.run(KNOWN)

    def _tell(self, miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self.woken |= {miner_id} if setpoint is not None and setpoint.running else set()
        self.plant.tell(miner_id, setpoint, int(message.version))

    def hang(self, miner: VirtualMiner, *, api: bool = True) -> None:
        s9(miner.device).fall_silent(api=api)
        self.plant.disturb(miner)

    def order(self, kilowatts: float) -> None:
        self._loop.controller.take(Activate(Watts(1000 * kilowatts)))

    def run(self, seconds: float) -> None:
        for _ in range(round(4 * seconds)):
            now = Timestamp(self.plant.now + 0.25)
            self.plant.run_until(now)
            self._loop.look(now, Watts(self.plant.measure()[0]) if now % 1 == 0 else None)
            self._loop.controller.tick(now)

    @property
    def kilowatts(self) -> float:
        return self.plant.measure()[0] / 1000


@pytest.mark.parametrize("refuses", [True, False], ids=["only the web server", "both ports"])
@pytest.mark.parametrize("hung_for", [0.0, 9.0])
def test_the_other_half_carries_an_order_within_two_wake_times(hung_for: float, refuses: bool) -> None:
    fleet = Fleet()
    for miner in list(fleet.plant.miners.values())[::2]:
        fleet.hang(miner, api=not refuses)
    fleet.run(hung_for)
    fleet.order(24.0)
    fleet.run(2 * WAKE)
    assert fleet.kilowatts > 0.95 * 24.0


def test_who_was_silent_for_nine_seconds_is_not_woken_at_all() -> None:
    fleet = Fleet()
    hung = list(fleet.plant.miners.values())[::2]
    for miner in hung:
        fleet.hang(miner)
    fleet.run(9.0)
    fleet.order(24.0)
    fleet.run(2 * WAKE)
    assert not fleet.woken & {miner.miner_id for miner in hung}


def test_a_healthy_fleet_wakes_nobody_more_for_it() -> None:
    fleet = Fleet()
    fleet.order(24.0)
    fleet.run(2 * WAKE)
    assert len(fleet.woken) == 16
