"""One run: a controller on a plant, second by second, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.dispatch.controllers.protocol import Controller, Rules
from events.state import Order, Source
from netstab.dispatch.setpoint import Setpoint
from netstab.simulation.virtual.miner import Sent
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Site
from netstab.units import MinerId, Timestamp, WallTime, Watts

__all__ = ["Build", "Floats", "Ordered", "Scenario", "Telling", "Trace", "run"]

Floats = NDArray[np.float64]
Build = Callable[[Plant, Rules], Controller]

_TICKS = 4
"""Steps of control in a second, as the product's ticker has them."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order of the EMS: when, and how much in W, None for standby; `declared` for all that is declared."""

    at: float
    target: float | None = None
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the EMS orders over so many seconds, from a fleet that sleeps."""

    orders: tuple[Ordered, ...]
    seconds: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class Telling:
    """A setpoint that a miner was told, by the order of which version."""

    at: float
    miner_id: MinerId
    setpoint: Setpoint | None
    order: int


@dataclass(frozen=True, slots=True)
class Trace:
    """What came of a run: figures of each second in W and TH/s, and all that was told and sent.

    `target` is 0 before the first order and in standby; `declared` is what the controller held for possible.
    """

    power: Floats
    hashrate: Floats
    target: Floats
    declared: Floats
    tellings: tuple[Telling, ...]
    sent: tuple[Sent, ...]
    orders: tuple[tuple[float, float | None], ...]


class _Ems:
    """Gives orders when their time has come, and raises the fence as the FleetActor does."""

    def __init__(self, orders: Sequence[Ordered], plant: Plant, controller: Controller) -> None:
        self._orders, self._plant, self._controller = list(reversed(orders)), plant, controller
        self.order: Order | None = None
        self.version = 1
        self.given: list[tuple[float, float | None]] = []

    def step(self, now: float) -> None:
        while self._orders and self._orders[-1].at <= now:
            ordered = self._orders.pop()
            self.version += 1
            target = None if ordered.target is None else Watts(float(round(ordered.target)))
            if ordered.declared:
                target = self._controller.declared(self._plant.reports)
            self.order = Order(target, str(self.version), Source.EMS, self.version, WallTime(now))
            self.given.append((now, target))
            if not target:
                self._plant.fence.standby_version = self.version


def run(
    site: Site,
    scenario: Scenario,
    build: Build,
    disturb: Callable[[Plant, Scenario], None] = lambda _plant, _scenario: None,
) -> Trace:
    """Run a controller over a scenario; the meter shows the power of a second ago."""
    plant = Plant(site, asleep=True)
    disturb(plant, scenario)
    controller = build(plant, scenario.rules)
    ems = _Ems(scenario.orders, plant, controller)
    figures = np.zeros((4, scenario.seconds))
    tellings: list[Telling] = []
    metered: Watts | None = None
    for tick in range(scenario.seconds * _TICKS):
        now, second = Timestamp(tick / _TICKS), tick // _TICKS
        plant.run_until(now)
        ems.step(now)
        if tick % _TICKS == 0:
            metered = Watts(float(figures[0, second - 1])) if second and site.metered else None
            asked = ems.order.target if ems.order is not None else None
            figures[:3, second] = (*plant.measure(), asked or 0.0)
            figures[3, second] = (
                controller.declared(plant.reports) if second % 10 == 0 else figures[3, second - 1]
            )
        for miner_id, setpoint in controller.decide(now, ems.order, plant.reports, metered):
            tellings.append(Telling(now, miner_id, setpoint, ems.version))
            plant.tell(miner_id, setpoint, ems.version)
    power, hashrate, target, declared = figures
    return Trace(power, hashrate, target, declared, tuple(tellings), tuple(plant.sent), tuple(ems.given))
