"""What the grid sees of a restart of the server under load, over real sockets."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import requests

from benchmarks.dispatch.over_sockets import Ems, Watched, serving, simulated
from netstab.power.unit import PowerMode
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.site import Site, capability

__all__ = ["Restart", "outside", "restart"]

SITE = Site(DOCUMENT, 20, PowerMode.ON_OFF, metered=False)
_LOAD = 0.6
_BEFORE, _AFTER = 30.0, 30.0
"""Seconds from the order to the restart, and from the start of the second server on."""
_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Restart:
    """Seconds `without` a server and `outside` ±5 % from then on; the second server's `commands`.

    `furthest` is the largest error in that time as a share of the target.
    """

    without: float
    outside: float
    furthest: float
    commands: int


def restart() -> Restart:
    """Stop the server under load and start it again on its log; takes about a minute and a half."""
    target, seen = capability(SITE) * _LOAD, Watched()
    with simulated(SITE) as (fleet, folder):
        with serving(SITE, fleet, folder) as system, requests.Session() as session:
            ems = Ems(session, system)
            ems.wait_for_miners(SITE.count)
            ems.order(target)
            Watched().watch(fleet, _BEFORE)
            seen.look(fleet)
        told = _commands(fleet)
        seen.look(fleet)
        with serving(SITE, fleet, folder) as system, requests.Session() as session:
            Ems(session, system).wait_for_miners(SITE.count)
            again = fleet.now()
            seen.watch(fleet, _AFTER)
        commands = sum((_commands(fleet) - told).values())
    seconds, furthest = outside(seen.times, seen.power, target, _TOLERANCE)
    return Restart(again - seen.times[0], seconds, furthest, commands)


def _commands(fleet: SimulatedFleet) -> Counter[str]:
    return Counter({str(miner_id): len(fleet.commands(miner_id)) for miner_id in fleet.miners})


def outside(
    times: Sequence[float], power: Sequence[float], target: float, tolerance: float
) -> tuple[float, float]:
    """Return for how long power is outside the band, in s, and the largest error as a share of the target.

    A sample stands for the time until the next one.
    """
    errors = [abs(watts / target - 1) for watts in power]
    spans = [after - before for before, after in pairwise(times)]
    beyond = (span for span, error in zip(spans, errors, strict=False) if error > tolerance)
    return sum(beyond), max(errors)
