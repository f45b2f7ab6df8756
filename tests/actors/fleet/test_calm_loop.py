"""The control loop makes no oscillation of its own: none of a noisy or late meter, none of jitter."""

from collections import deque
from random import Random

import pytest

from actors.fence import WakeFence
from actors.messages import ReleaseControl
from events.commands import Activate
from netstab.dispatch.constraints import Constraints
from netstab.power.unit import PowerMode
from netstab.qualification.calm import Calm, Declared, calm
from netstab.qualification.spectrum import Band
from netstab.simulation.profiles import FIELD
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Composition, Site, capability
from netstab.units import MinerId, Timestamp, Watts

RATE = 4  # samples and ticks in a second: the band goes up to 2 Hz
SETTLED, SECONDS = 300, 900
MOST_PERCENT = 1.0


def judged(composition: Composition, *, late: int, noise: float, jitter: float) -> Calm:
    """Judge ten minutes of a fleet whose meter is `late` by seconds and off by `noise`, both as shares of it.

    Its setpoint differs by up to `jitter` of it every four seconds.
    """
    site, random = Site(FIELD, 12, PowerMode.ON_OFF, composition=composition), Random(7)
    plant, full = Plant(site, asleep=False), capability(site)
    shown = deque[float](maxlen=late + 1)

    def tell(miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        plant.tell(miner_id, setpoint, message.version)

    loop = ClosedLoop(plant, Constraints(), 50.0, WakeFence(), tell)
    power, orders = list[tuple[float, float]](), list[tuple[float, float]]()
    for tick in range(RATE * SECONDS):
        now = tick / RATE
        plant.run_until(now)
        power.append((now, plant.measure()[0]))
        metered = None
        if tick % RATE == 0:
            shown.append(power[-1][1])
            metered = Watts(shown[0] * (1 + random.gauss(0.0, noise)))
        loop.look(Timestamp(now), metered)
        if now >= 10 and now % 4 == 2 and (jitter or not orders):
            asked = Watts(float(round(0.7 * full * (1 + random.uniform(-jitter, jitter)))))
            loop.controller.take(Activate(asked))
            orders.append((now, asked))
        loop.controller.tick(Timestamp(now))
    declared = Declared(full, ramp_up=5e4, ramp_down=5e4, unit=3400.0, responds_within=10.0)
    return calm(power[RATE * SETTLED :], RATE, orders, declared, Band())


@pytest.mark.parametrize("composition", [Composition.RANGE, Composition.MIXED])
@pytest.mark.parametrize(("late", "noise", "jitter"), [(8, 0.01, 0.0), (15, 0.02, 0.02)])
def test_no_line_of_the_loops_own_is_in_the_power(
    composition: Composition, late: int, noise: float, jitter: float
) -> None:
    found = judged(composition, late=late, noise=noise, jitter=jitter)
    assert found.seen_up_to > 1.9
    assert found.line_percent < MOST_PERCENT
    assert found.ramp_violations == 0
