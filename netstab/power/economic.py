"""Economic dispatch: what each running unit that is tuned without a restart draws of what is left to them.

Each stays at its point where the finer ones can take up the rest, so that a target that moves by little moves
one unit, and the finest decides how near the sum comes. One that does not hash yet stays at what it was told.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from netstab.power.unit import OperatingPoint, Unit
from netstab.units import MinerId

__all__ = ["Choice", "tuned_points"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The points that a unit may be tuned to, and what it gains in W at the lowest and the highest.

    `step` is the smallest difference between neighbours, in W.
    """

    unit: Unit
    points: Sequence[OperatingPoint]
    least: float
    most: float
    step: float

    @classmethod
    def of(cls, unit: Unit, minimum_percent: float) -> Self:
        """Leave out points below a share of the unit's rating; the highest stays in any case."""
        can, full = unit.capabilities, unit.full_point
        points, least = can.points, unit.lowest_gain
        if (floor := unit.rated_power * minimum_percent / 100) > 0:
            first = bisect_left(points, floor, key=unit.power_at)
            points = points[min(first, len(points) - 1) :]
            least = unit.gain_at(points[0])
        nominal = full.power if full is not None else 0.0
        step = can.finest_step * unit.power_at(full) / (nominal or 1.0) * unit.certainty
        return cls(unit, points, least, unit.gain_at(full), step)

    @property
    def present(self) -> float:
        """What it gains where it runs, or would stand in its middle."""
        running = self.unit.running_at
        return (self.least + self.most) / 2 if running is None else self.unit.gain_at(running)

    @property
    def runs_at_one(self) -> bool:
        """Whether it runs at one of the points."""
        running, powers = self.unit.running_at, self.unit.capabilities.range
        if running is None or running.power < self.points[0].power:
            return False
        return running == powers.point(running.power) if powers is not None else running in self.points

    def nearest(self, gain: float, low: float, high: float) -> OperatingPoint:
        """Return the point nearest to a gain among those from `low` to `high`, or nearest to these."""
        gain_at, running = self.unit.gain_at, self.unit.running_at
        if running is not None and low <= gain <= high and gain_at(running) == gain and self.runs_at_one:
            return running
        if low <= self.least and self.most <= high:
            inside = self.points
        else:
            first = bisect_left(self.points, low, key=gain_at)
            last = bisect_right(self.points, high, key=gain_at)
            inside = self.points[first:last] or self.points[max(0, first - 1) : first + 1]
        place = bisect_left(inside, gain, key=gain_at)
        return min(inside[max(0, place - 1) : place + 1], key=lambda point: abs(gain_at(point) - gain))


def tuned_points(target: float, choices: Sequence[Choice]) -> Mapping[MinerId, OperatingPoint]:
    """Return the point of each unit, so that together they gain `target` W as nearly as they can."""
    by_step = sorted(choices, key=lambda choice: (not choice.unit.waking, -choice.step))
    least = list(accumulate((choice.least for choice in reversed(by_step)), initial=0.0))[::-1]
    most = list(accumulate((choice.most for choice in reversed(by_step)), initial=0.0))[::-1]
    points, rest = {}, target
    for place, choice in enumerate(by_step, 1):
        low, high = rest - most[place], rest - least[place]  # so much is left to it by the finer ones
        gain = min(max(choice.present, low), high)
        point = choice.nearest(gain, low, high)
        points[choice.unit.unit_id] = point
        rest -= choice.unit.gain_at(point)
    return points
