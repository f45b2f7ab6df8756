"""The same fleet once more over real sockets, to see whether virtual time tells the truth.

The real server steers a simulated fleet for a minute and a half; then the virtual run is given the same
orders at the same moments of physics. What each told the miners, and the power that came of it, are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import requests

from benchmarks.dispatch import scenarios, signals
from benchmarks.dispatch.controllers.ours import Ours
from benchmarks.dispatch.controllers.protocol import Rules
from benchmarks.dispatch.over_sockets import Ems, Watched, serving, simulated
from benchmarks.dispatch.run import Ordered, Scenario, Trace, run
from netstab.power.unit import PowerMode
from netstab.server.wiring import System
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.site import Site, capability
from netstab.units import MinerId

__all__ = ["Agreement", "agreement"]

SITE = Site(DOCUMENT, 20, PowerMode.ON_OFF, metered=False, page=(0.01, 0.03))
_STEPS = ((0.5, 25.0), (0.8, 25.0), (0.3, 20.0))
_FOLLOWED = 8
"""Values of a signal that are followed after the steps, each for 4 s."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`same` of `orders` had the same miners run; `alike` is the mean share of miners that were told alike.

    `rmse_percent` is the difference between the two powers, in % of the capability.
    """

    orders: int
    same: int
    alike: float
    rmse_percent: float
    times: tuple[float, ...]
    real_kw: tuple[float, ...]
    virtual_kw: tuple[float, ...]


@dataclass(slots=True)
class _Observed:
    """What the real run showed, in physics time."""

    orders: list[Ordered]
    running: list[frozenset[MinerId]]
    seen: Watched


def agreement() -> Agreement:
    """Run both and compare; takes about two minutes."""
    real = _real()
    end = int(real.seen.times[-1]) + 2
    virtual = run(SITE, Scenario(tuple(real.orders), end, Rules()), Ours)
    told = _running(virtual, [order.at for order in real.orders], end)
    # The order in force is seen just before the next one; a miner more or less is a difference.
    pairs = list(zip(real.running, told, strict=True))
    power = np.interp(real.seen.times, np.arange(end), virtual.power)
    off = np.array(real.seen.power) - power
    return Agreement(
        orders=len(pairs),
        same=sum(1 for mine, other in pairs if mine == other),
        alike=float(np.mean([1 - len(mine ^ other) / SITE.count for mine, other in pairs])),
        rmse_percent=100 * float(np.sqrt((off**2).mean())) / capability(SITE),
        times=tuple(round(moment, 1) for moment in real.seen.times),
        real_kw=tuple(round(watts / 1000, 2) for watts in real.seen.power),
        virtual_kw=tuple(round(float(watts) / 1000, 2) for watts in power),
    )


def _running(trace: Trace, begins: Sequence[float], end: float) -> list[frozenset[MinerId]]:
    """Return for each order the miners that were told to run when the next one came."""
    found = []
    for until in [*begins[1:], end]:
        last = {told.miner_id: told.setpoint for told in trace.tellings if told.at < until}
        found.append(frozenset(id_ for id_, setpoint in last.items() if setpoint and setpoint.running))
    return found


def _real() -> _Observed:
    with (
        simulated(SITE) as (fleet, folder),
        serving(SITE, fleet, folder) as system,
        requests.Session() as session,
    ):
        ems = Ems(session, system)
        ems.wait_for_miners(SITE.count)
        observed = _Observed([], [], Watched())
        full = capability(SITE)
        for share, seconds in _plan():
            ems.order(share * full)
            observed.orders.append(Ordered(fleet.now(), None if not share else round(share * full)))
            observed.seen.watch(fleet, seconds)
            observed.running.append(_told(system))
        return observed


def _plan() -> list[tuple[float, float]]:
    signal = signals.caiso_day(signals.typical_day())[:_FOLLOWED]
    followed = [(scenarios.BASELINE + scenarios.SWING * value, 4.0) for value in signal]
    return [*_STEPS, *followed, (0.0, 6.0)]


def _told(system: System) -> frozenset[MinerId]:
    plan = system.fleet.snapshot.plan
    setpoints = plan.setpoints if plan is not None else {}
    return frozenset(miner_id for miner_id, setpoint in setpoints.items() if setpoint.running)
