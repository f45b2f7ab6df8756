"""Frequency mode: full miners, and a swing miner, at most two, that makes up the rest.

Every change of frequency costs a start, so a swing miner that can stay as it is stays, and another one is set
only where what that mends is more than what the start costs (`Price`).
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, combinations, product
from math import inf
from typing import NamedTuple

from netstab.power.unit import OperatingPoint, Unit
from netstab.units import MinerId, Watts

__all__ = ["FREE", "Price", "Whole", "running_points"]

Whole = Mapping[MinerId, OperatingPoint | None]
"""The point at which each miner runs whole, None where no point is known."""


class Price(NamedTuple):
    """What a start costs, as a share of what the miner gains: so much error for as long as the target stands.

    A change `now` of the point of one that runs, and `later` for one that is to start below its full point.
    """

    now: float = 0.0
    later: float = 0.0


FREE = Price()


class _Swing(NamedTuple):
    unit: Unit
    point: OperatingPoint
    gain: Watts


class _Answer(NamedTuple):
    power: float
    full: Sequence[Unit]
    swings: tuple[_Swing, ...]

    def points(self, whole: Whole) -> dict[MinerId, OperatingPoint]:
        full = ((unit.unit_id, whole[unit.unit_id]) for unit in self.full)
        swings = {swing.unit.unit_id: swing.point for swing in self.swings}
        return {unit_id: point for unit_id, point in full if point is not None} | swings


def running_points(
    target: Watts,
    ordered: Sequence[Unit],
    whole: Whole,
    full_gain: Mapping[MinerId, Watts],
    minimum_percent: float,
    tolerance: Watts,
    price: Price = FREE,
) -> Mapping[MinerId, OperatingPoint]:
    """Return the point of each miner that is to run, so that together they gain `target` at the least price.

    `whole` has the full point of each, `full_gain` what it gains there. No swing miner draws less than
    `minimum_percent` of its rating.
    The search is repeated from its own answer until that gains nothing: what was once answered stays.
    Among miners of one rating the first search already finds the best.
    """
    running = {unit.unit_id: unit.running_at for unit in ordered if unit.running_at is not None}
    bill = _Bill.at(price, ordered, whole)
    least = inf
    while True:
        changes = [_changes_if_full(unit, running, whole) for unit in ordered]
        by_change = [
            [unit for unit, each in zip(ordered, changes, strict=True) if each == n] for n in range(3)
        ]
        search = _Search(
            target, list(chain(*by_change)), by_change[1], running, whole, full_gain, minimum_percent, bill
        )
        answer = search.answer(tolerance)
        if (value := search.value(answer)) >= least:
            return running
        running, least = answer.points(whole), value


class _Bill(NamedTuple):
    """What answers cost by what the miners really `run` at, in W: who starts whole, or stops, costs nothing.

    `raised` has what it costs to bring each that runs below its full point to that.
    """

    price: Price
    run: Mapping[MinerId, OperatingPoint]
    raised: Mapping[MinerId, float]

    @classmethod
    def at(cls, price: Price, ordered: Sequence[Unit], whole: Whole) -> "_Bill":
        running = {unit.unit_id: unit.running_at for unit in ordered if unit.running_at is not None}
        off = (unit for unit in ordered if unit.running_at not in (None, whole[unit.unit_id]))
        return cls(price, running, {unit.unit_id: price.now * unit.gain_at(unit.running_at) for unit in off})

    def of(self, answer: _Answer) -> float:
        if self.price == FREE:
            return 0.0
        raised = sum(self.raised.get(unit.unit_id, 0.0) for unit in answer.full) if self.raised else 0.0
        return raised + sum(map(self._swung, answer.swings))

    def _swung(self, swing: _Swing) -> float:
        before = self.run.get(swing.unit.unit_id)
        if before is None:
            return self.price.later * swing.unit.gain_at(swing.unit.full_point)
        return 0.0 if before == swing.point else self.price.now * swing.unit.gain_at(before)


@dataclass(frozen=True, slots=True)
class _Search:
    """The answers within reach of what is running; `ranked` has those first that change least.

    The `swinging` run at another point than their full one.
    """

    target: Watts
    ranked: Sequence[Unit]
    swinging: Sequence[Unit]
    running: Mapping[MinerId, OperatingPoint]
    whole: Whole
    full_gain: Mapping[MinerId, Watts]
    minimum_percent: float
    bill: _Bill

    def value(self, answer: _Answer) -> float:
        """Return by how much an answer is off, and what it costs, in W."""
        return abs(answer.power - self.target) + self.bill.of(answer)

    def answer(self, tolerance: Watts) -> _Answer:
        below, *above = self._full_beside(())
        kept = [answer for swings in self._unchanged() for answer in self._full_beside(swings)]
        found = [below, *above, *kept, *self._one_swing(below)]
        if min(abs(answer.power - self.target) for answer in found) > tolerance:
            found += self._two_swings(len(below.full))
        return self._nearest(found)

    def _nearest(self, answers: Sequence[_Answer]) -> _Answer:
        values = [self.value(answer) for answer in answers]
        least = min(values)
        equals = [answer for answer, value in zip(answers, values, strict=True) if value == least]
        return min(equals, key=self._cost) if len(equals) > 1 else equals[0]

    def _cost(self, answer: _Answer) -> tuple[int, float]:
        """Count the miners that an answer changes; then prefer low swings, where a watt yields the most."""
        points = answer.points(self.whole)
        changed = sum(1 for unit_id, point in points.items() if self.running.get(unit_id) != point)
        stopped = sum(1 for unit_id in self.running if unit_id not in points)
        highest = max((swing.point.power for swing in answer.swings), default=0.0)
        return changed + stopped, highest

    def _full_beside(self, swings: tuple[_Swing, ...]) -> list[_Answer]:
        """Put full miners beside `swings`: as many as the target holds, and one more."""
        free = self.ranked
        if swings:
            taken = {swing.unit.unit_id for swing in swings}
            free = [unit for unit in self.ranked if unit.unit_id not in taken]
        powers = [self.full_gain[unit.unit_id] for unit in free]
        sums = list(accumulate(powers, initial=sum(swing.gain for swing in swings)))
        below = max(bisect_right(sums, self.target) - 1, 0)
        return [_Answer(power, free[:n], swings) for n, power in enumerate(sums[below : below + 2], below)]

    def _one_swing(self, below: _Answer) -> Iterator[_Answer]:
        """Let the next miner after the full ones swing."""
        count = len(below.full)
        for unit in self.ranked[count : count + 1]:
            for swing in self._swings(unit):
                yield _Answer(below.power + swing.gain, below.full, (swing,))

    def _two_swings(self, count: int) -> Iterator[_Answer]:
        """Let the last of `count` full miners and the next one swing, or the next two."""
        for start in range(max(count - 1, 0), min(count + 1, len(self.ranked) - 1)):
            full = self.ranked[:start]
            base = sum(self.full_gain[unit.unit_id] for unit in full)
            for pair in product(*map(self._swings, self.ranked[start : start + 2])):
                yield _Answer(base + sum(swing.gain for swing in pair), full, pair)

    def _unchanged(self) -> Iterator[tuple[_Swing, ...]]:
        """Return the swing miners that may stay as they are, each alone and both together.

        More than two miners off their full frequency come from on/off mode, and must change in any case.
        """
        if len(self.swinging) > 2:
            return
        swings = [swing for unit in self.swinging for swing in self._swings(unit) if self._runs(swing)]
        yield from combinations(swings, 1)
        yield from combinations(swings, 2)

    def _swings(self, unit: Unit) -> list[_Swing]:
        if unit.point_fixed:
            return []
        least = unit.rated_power * self.minimum_percent / 100
        allowed = (point for point in unit.capabilities.steps[:-1] if unit.power_at(point) >= least)
        return [_Swing(unit, point, unit.gain_at(point)) for point in allowed]

    def _runs(self, swing: _Swing) -> bool:
        return self.running.get(swing.unit.unit_id) == swing.point


def _changes_if_full(unit: Unit, running: Mapping[MinerId, OperatingPoint], whole: Whole) -> int:
    """Rank a miner that is full already before one at another point, and idle ones last."""
    point = running.get(unit.unit_id)
    if point is None:
        return 2
    full = unit.full_point if unit.point_fixed else whole[unit.unit_id]
    return int(point is not full and point != full)
