"""Orders that try what regulation does not: jitter, storms, a collapse, a first order, small fleets, silence.

Powers are shares of the fleet's capability, as in `scenarios`.
"""

from random import Random

from benchmarks.dispatch.run import Ordered, Scenario
from benchmarks.dispatch.scenarios import BASELINE, BEGINS, TESTED, in_use, repeated, usual_rules
from netstab.simulation.virtual.site import Site, capability

__all__ = [
    "COLD_HOLD",
    "COLLAPSES",
    "JITTER_HOLD",
    "LEVEL_HOLD",
    "SILENT_FROM",
    "STORM",
    "STORM_BEGINS",
    "cold_start",
    "collapse",
    "half_silent",
    "jitter",
    "levels",
    "storm",
    "wake_time",
]


def wake_time(site: Site) -> float:
    """Return the longest that a wake of an S9 takes from its command to full power, in s."""
    return site.profile.wake.hashing[1] + site.profile.ramp


JITTER_HOLD = 1200


def jitter(site: Site, percent: str) -> Scenario:
    """Hold 60 and then 80 %, told anew every 4 s and each time up to so many percent off."""
    full, chance, share = capability(site), Random(site.seed), float(percent) / 100
    orders = [
        Ordered(BEGINS + place * JITTER_HOLD + after, full * level * (1 + chance.uniform(-share, share)))
        for place, level in enumerate((0.6, 0.8))
        for after in range(0, JITTER_HOLD, 4)
    ]
    return Scenario(tuple(orders), BEGINS + 2 * JITTER_HOLD, usual_rules(site))


STORM = 120
STORM_BEGINS = TESTED + 600


def storm(site: Site, every: str) -> Scenario:
    """Hold 60 %, then order at random for two minutes, every so many seconds, and hold 60 % again."""
    full, chance = capability(site), Random(site.seed)
    wild = [
        Ordered(STORM_BEGINS + after, full * chance.uniform(0.25, 0.95))
        for after in range(0, STORM, int(every))
    ]
    calm = full * BASELINE
    orders = (*in_use(full), Ordered(TESTED, calm), *wild, Ordered(STORM_BEGINS + STORM, calm))
    return Scenario(orders, STORM_BEGINS + STORM + 600, usual_rules(site))


COLD_HOLD = 1800


def cold_start(site: Site, _signal: str) -> Scenario:
    """Order 60 % of a fleet that nothing was learned of yet, once."""
    return repeated(site, 0)


LEVEL_HOLD = 600
_LEVELS = 12


def levels(site: Site, _signal: str) -> Scenario:
    """Hold twelve powers at random, ten minutes each."""
    full, chance = capability(site), Random(site.seed)
    orders = [
        Ordered(BEGINS + place * LEVEL_HOLD, full * chance.uniform(0.25, 0.95)) for place in range(_LEVELS)
    ]
    return Scenario(tuple(orders), BEGINS + _LEVELS * LEVEL_HOLD, usual_rules(site))


SILENT_FROM = TESTED - 9.0
"""When half the fleet falls silent: as the order comes, each of them has missed a poll."""


def half_silent(site: Site, _signal: str) -> Scenario:
    """Order 40 % from standby: the half that answers could carry it."""
    full = capability(site)
    return Scenario((*in_use(full), Ordered(TESTED, full * 0.4)), TESTED + 600, usual_rules(site))


COLLAPSES = ("steady", "climbing")


def collapse(site: Site, which: str) -> Scenario:
    """Order 95 % and then 25 %: when all has long come, or in the middle of the wakes."""
    full = capability(site)
    after = 900 if which == "steady" else round(0.75 * wake_time(site))
    orders = (*in_use(full), Ordered(TESTED, full * 0.95), Ordered(TESTED + after, full * 0.25))
    return Scenario(orders, TESTED + after + 600, usual_rules(site))
