"""Which units are worth running at a price: the least efficient is the first that is not.

A unit that earns `hash_price` a day for each PH/s and takes e J/TH pays up to hash_price / (24 e) for a kWh.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netstab.power.efficiency import efficiency
from netstab.power.unit import Unit
from netstab.units import Watts

__all__ = ["Step", "allowed", "break_even", "steps"]

MOST_STEPS = 24
_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Step:
    """Units that go together: `efficiency` in J/TH, what they draw running, in W, and asleep."""

    efficiency: float
    power: Watts
    idle: Watts


def break_even(hash_price: float, joules_per_terahash: float) -> float:
    """Return the price of a kWh above which a unit costs more than it earns."""
    return hash_price / (_HOURS * joules_per_terahash)


def steps(units: Iterable[Unit]) -> tuple[Step, ...]:
    """Return units in groups of like efficiency, the best first; before them those of which it is unknown.

    There are at most `MOST_STEPS`: the range of each is doubled until there are.
    """
    found: dict[float, tuple[float, float]] = {}
    for unit in units:
        cost = efficiency(unit) or 0.0
        power, idle = found.get(cost, (0.0, 0.0))
        found[cost] = power + unit.power_at(unit.full_point), idle + unit.idle_power
    width = 1.0
    while len(grouped := _grouped(found, width)) > MOST_STEPS:
        width *= 2
    return grouped


def _grouped(found: Mapping[float, tuple[float, float]], width: float) -> tuple[Step, ...]:
    """Put together what lies within a width; a group is as efficient as its worst."""
    groups: dict[float, tuple[float, float, float]] = {}
    for cost in sorted(found):
        worst, power, idle = groups.get(cost // width if cost else -1.0, (0.0, 0.0, 0.0))
        more, more_idle = found[cost]
        groups[cost // width if cost else -1.0] = max(worst, cost), power + more, idle + more_idle
    return tuple(Step(worst, Watts(power), Watts(idle)) for worst, power, idle in groups.values())


def allowed(groups: Sequence[Step], worth: float) -> Watts:
    """Return what a fleet draws of which no unit above `worth` J/TH runs; 0 W where none does."""
    on = [each for each in groups if each.efficiency <= worth]
    if not on or worth <= 0:
        return Watts(0.0)
    off = sum(each.idle for each in groups if each.efficiency > worth)
    return Watts(float(round(sum(each.power for each in on) + off)))
