"""What the EMS orders: regulation, steps, the site's acceptance test, steady stretches, and orders at random.

Powers are shares of the fleet's capability: what it draws with everything running that can be controlled.
"""

from dataclasses import replace
from random import Random

from benchmarks.dispatch.controllers.protocol import OPEN, Rules
from benchmarks.dispatch.run import Ordered, Scenario
from events.state import Hold, HoldKind
from netstab.dispatch.constraints import PRESETS, Constraints, Preset
from netstab.simulation.build import loopback_addresses
from netstab.simulation.profiles import FIELD
from netstab.simulation.virtual.site import FIRST_ADDRESS, Site, capability, full_setting
from netstab.units import MinerId, Seconds, Setting, WallTime

__all__ = [
    "BASELINE",
    "BEGINS",
    "LEAD",
    "REPEATED",
    "REPEATED_HOLD",
    "SWING",
    "TESTED",
    "acceptance",
    "in_use",
    "limited",
    "regulation",
    "repeated",
    "steady",
    "steps",
    "usual_rules",
]

BASELINE, SWING = 0.60, 0.35
"""Regulation is offered as 35 % of the capability, around 60 % of it."""

BEGINS = 12
"""The second of the first order: every miner was looked at twice."""
LEAD = 600
"""Seconds at the signal's first value before it is scored: the fleet comes from standby."""


def usual_rules(site: Site) -> Rules:
    """Return what the product keeps to by default with miners of such a profile."""
    return Rules(constraints=PRESETS[Preset.S9 if site.profile == FIELD else Preset.DOCUMENT])


def regulation(site: Site, signal: list[float], every: int, rules: Rules | None = None) -> Scenario:
    """Follow a signal that has a value every so many seconds, after a lead at its first one."""
    full = capability(site)

    def power(value: float) -> float:
        return full * (BASELINE + SWING * min(1.0, max(-1.0, value)))

    orders = [Ordered(BEGINS, power(signal[0]))]
    before = signal[0]
    for place, value in enumerate(signal):
        if value != before:
            orders.append(Ordered(LEAD + place * every, power(value)))
        before = value
    return Scenario(tuple(orders), LEAD + len(signal) * every, rules or usual_rules(site))


USED = 900
"""Seconds at full power, and a rest in standby, before tests: no site is tested on its first day."""
REST = 180
TESTED = BEGINS + USED + REST
"""The second at which a test begins on a fleet that has been in use."""


def in_use(full: float) -> list[Ordered]:
    """Have a fleet run for a quarter of an hour and rest."""
    return [Ordered(BEGINS, full), Ordered(BEGINS + USED)]


STEP_HOLD = 600
STEPS = ((0.6, 0.7), (0.7, 0.6), (0.6, 0.3), (0.3, 0.8), (0.8, 0.3), (0.3, None), (None, 1.0), (1.0, None))


def steps(site: Site) -> Scenario:
    """Step by 10, 50 and 100 % both ways, ten minutes each, with no ramp limit."""
    full = capability(site)
    orders = [Ordered(BEGINS, full * 0.6)]
    for place, (_, after) in enumerate(STEPS, 1):
        orders.append(Ordered(BEGINS + place * STEP_HOLD, None if after is None else full * after))
    return Scenario(
        tuple(orders),
        BEGINS + (len(STEPS) + 1) * STEP_HOLD,
        replace(usual_rules(site), ramp_kw_per_second=OPEN),
    )


ACCEPTANCE = ((0.6, 300), (0.9, 300), (None, 1800))
"""The shares of the capability that are tested, None for what is declared, and for how many seconds."""


def acceptance(site: Site) -> Scenario:
    """From standby to 60 %, to 90 % and to the declared capacity, which is then held for half an hour."""
    full, now = capability(site), float(TESTED)
    orders = in_use(full)
    for share, seconds in ACCEPTANCE:
        orders.append(Ordered(now, declared=True) if share is None else Ordered(now, full * share))
        orders.append(Ordered(now + seconds))
        now += seconds + REST
    return Scenario(tuple(orders), int(now), usual_rules(site))


STEADY = (0.5, 0.75, 0.35)
STEADY_HOLD = 1800


def steady(site: Site) -> Scenario:
    """Hold three powers for half an hour each."""
    full = capability(site)
    held = [Ordered(TESTED + place * STEADY_HOLD, full * share) for place, share in enumerate(STEADY)]
    return Scenario((*in_use(full), *held), TESTED + len(STEADY) * STEADY_HOLD, usual_rules(site))


REPEATED = (0, 4)
"""Seconds after which an EMS repeats its setpoint; 0: it does not."""
REPEATED_HOLD = 1800


def repeated(site: Site, every: int) -> Scenario:
    """Hold 60 % with a fleet that nothing was learned of yet, by an EMS that repeats itself or not."""
    power, ends = capability(site) * BASELINE, BEGINS + REPEATED_HOLD
    moments = range(BEGINS, ends, every) if every else (BEGINS,)
    return Scenario(tuple(Ordered(moment, power) for moment in moments), ends, usual_rules(site))


def limited(site: Site) -> Scenario:
    """Order at random for an hour, every fifth time standby, narrow constraints, two miners held."""
    full, chance = capability(site), Random(site.seed)
    miners = loopback_addresses(FIRST_ADDRESS, site.count)
    held = [_hold(miners[0], HoldKind.STOPPED), _hold(miners[1], HoldKind.FREQUENCY, full_setting())]
    rules = Rules(
        ramp_kw_per_second=full / 1000 * 0.05,
        constraints=Constraints(
            min_on=Seconds(60), min_off=Seconds(60), wake_batch_size=max(2, site.count // 5)
        ),
        holds={hold.miner_id: hold for hold in held},
    )
    orders = [
        Ordered(moment, None if place % 5 == 4 else full * chance.uniform(0.2, 0.95))
        for place, moment in enumerate(range(BEGINS, 3600, 75))
    ]
    return Scenario(tuple(orders), 3600, rules)


def _hold(miner_id: MinerId, kind: HoldKind, setting: Setting | None = None) -> Hold:
    return Hold(miner_id, kind, setting, "", WallTime(0.0))
