"""A ramp that is declared is kept by what the plant draws, not only by what is told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from actors.fence import WakeFence
from actors.fleet.coming import first_told, is_large
from actors.messages import ReleaseControl
from events.commands import Activate
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import Setpoint
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import DOCUMENT, PROFILES
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Composition, Site, capability
from netstab.units import MinerId, Timestamp, Watts

LARGEST = 3400.0  # W of one unit: over a few seconds one start more or less is chance
OVER = 10  # s
ORDERS = {10: 0.9, 500: 0.3, 760: 1.0}  # shares of the capability from a second on
SECONDS = 1100
TUNED = Site(DOCUMENT, 1, PowerMode.ON_OFF, composition=Composition.RANGE)
FULL = Setpoint(running=True, point=None)


def drawn(site: Site, ramp: float) -> Sequence[float]:
    """Return what a fleet draws each second that follows orders up, down and up along a ramp in W per s."""
    plant, full = Plant(site, asleep=True), capability(site)
    constraints = Constraints(ramp_up=Watts(ramp), ramp_down=Watts(ramp))

    def tell(miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        plant.tell(miner_id, setpoint, message.version)

    loop, power = ClosedLoop(plant, constraints, 50.0, WakeFence(), tell), list[float]()
    for second in range(SECONDS):
        plant.run_until(second)
        power.append(plant.measure()[0])
        now = Timestamp(float(second))
        loop.look(now, Watts(power[-1]))
        if second in ORDERS:
            loop.controller.take(Activate(Watts(float(round(ORDERS[second] * full)))))
        loop.controller.tick(now)
    return power


@pytest.mark.parametrize(
    ("profile", "ramp", "composition", "mode"),
    [
        ("document", 1000.0, Composition.RANGE, PowerMode.ON_OFF),
        ("document", 3000.0, Composition.RANGE, PowerMode.FREQUENCY),
        ("document", 3000.0, Composition.MIXED, PowerMode.ON_OFF),
        ("document", 1000.0, Composition.MIXED, PowerMode.FREQUENCY),
        ("document", 1000.0, Composition.S9, PowerMode.FREQUENCY),
        ("field", 1000.0, Composition.MIXED, PowerMode.ON_OFF),
    ],
)
def test_power_moves_no_faster_than_the_ramp_and_one_unit_over_ten_seconds(
    profile: str, ramp: float, composition: Composition, mode: PowerMode
) -> None:
    site = Site(PROFILES[profile], 50, mode, composition=composition)
    power = drawn(site, ramp)
    moved = [later - before for before, later in zip(power, power[OVER:], strict=False)]
    allowed = OVER * ramp + LARGEST
    assert max(moved) < allowed
    assert min(moved) > -allowed
    reached = [power[end] / capability(site) for end in (499, 759, -1)]
    assert reached == pytest.approx(list(ORDERS.values()), abs=0.05)


def test_what_is_large_for_a_ramp_is_no_site_and_no_miner_at_the_usual_one() -> None:
    unit = next(iter(Plant(TUNED, asleep=True).registered.values()))
    assert is_large(unit, Watts(1000.0))
    assert not is_large(unit, Watts(50_000.0))
    site = replace(unit, capabilities=replace(unit.points, starts_when_set=True))
    assert not is_large(site, Watts(1000.0))


def test_a_large_unit_starts_at_its_lowest_power_but_not_one_that_forgets_its_setting_with_a_start() -> None:
    unit = next(iter(Plant(TUNED, asleep=True).registered.values()))
    assert first_told(unit, FULL).setting == 1020
    forgets = replace(unit, capabilities=replace(unit.points, volatile=True))
    assert first_told(forgets, FULL) == FULL
