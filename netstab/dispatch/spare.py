"""How many more are started than a target needs: some come soon, some late, some never. Pure.

What is too much is stopped within seconds of its coming, what is missing takes another start.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import NormalDist, fmean

from netstab.dispatch.statistics import FOUND_AFTER, StartStatistics
from netstab.power.allocation import Allocation
from netstab.power.unit import Unit
from netstab.units import Seconds, Watts

__all__ = ["spare"]

_WIDTH = math.sqrt(12)  # of a uniform distribution, over its standard deviation
_WEAR = Seconds(10.0)
"""For so long one more has to be expected to serve. That is less than what a start is held to cost where a
target moves and it is one of many: one that stands has a few in an hour, and is to be met soon."""
_HALF_A_UNIT = 0.5
_SURELY = 1e-6  # miners, in place of a deviation of 0


def spare(
    found: Allocation, units: Sequence[Unit], start: StartStatistics, stands: Seconds, min_on: Seconds
) -> Watts:
    """Return what is to be started beyond what was `found` for a target, in W that may be expected of it.

    `start` says how the fleet wakes, and for how long the target is expected to stand `stands`. One that is
    too much stays so for `min_on`: for as long it has to serve in return.
    """
    runs = [(unit, found.points[unit.unit_id]) for unit in units if unit.unit_id in found.points]
    starts = [(unit, point) for unit, point in runs if unit.running_at is None or unit.waking]
    others = sum(1 for unit in units if unit.running_at is None and _may_be_spare(unit))
    others -= sum(1 for unit, _ in starts if unit.running_at is None and _may_be_spare(unit))
    if not starts or others <= 0:
        return Watts(0.0)
    started = sum(unit.gain_at(point) for unit, point in starts)
    hashing = sum(unit.gain_at(point) for unit, point in runs) - started
    missing = found.target - sum(unit.idle_power for unit in units) - hashing
    gain = started / len(starts)
    sure = fmean(unit.certainty for unit, _ in starts)
    needed = missing * sure / gain
    more = bisect_left(
        range(others),
        -(_WEAR + min_on),
        key=lambda more: -_serves(needed, sure * (len(starts) + more), sure, start, stands),
    )
    return Watts(float(round(more * gain)))


def _may_be_spare(unit: Unit) -> bool:
    return unit.counted_on and not unit.overdue and not unit.stays


def _serves(needed: float, come: float, sure: float, start: StartStatistics, stands: Seconds) -> float:
    """Return for how long one more is expected to serve, in s, where `needed` miners are and so many `come`.

    It does if it is sooner than others, and if more than is expected of these never come.
    """
    spread = min(_WIDTH * start.spread, start.seconds)
    first = start.seconds - spread / 2
    until = min(spread * needed / come, spread, max(0.0, stands - first))
    sooner = until**2 / (2 * spread) if spread else 0.0
    short = NormalDist(come, math.sqrt(come * (1 - sure)) or _SURELY).cdf(needed - _HALF_A_UNIT)
    return sure * (sooner + short * max(0.0, min(FOUND_AFTER, stands - first - spread)))
