"""Frequency mode over units that a change of point restarts, worked out plainly: all is gone through.

The product does the same in few passes over a large fleet; its tests hold it to this.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from math import inf

from netstab.power.allocation import PowerMode, Strategy
from netstab.power.unit import COUNTED_ON, OperatingPoint, Unit
from netstab.units import MinerId

__all__ = ["plain_gain", "plain_points", "plain_power"]

Told = tuple[Unit, OperatingPoint]
Points = dict[MinerId, OperatingPoint]


def plain_power(unit: Unit, point: OperatingPoint | None) -> float:
    """Return what a unit draws at a point by its rating and what was learned of it."""
    full, rated = unit.capabilities.full_point, unit.rated_power * unit.power_factor
    if point is None or full is None or not full.power:
        return float(round(rated))
    powers = unit.capabilities.range
    drawn = point.power if powers is None else min(point.power, full.power)
    return float(round(rated * drawn / full.power))


def plain_gain(unit: Unit, point: OperatingPoint | None) -> float:
    return float(round(max(0.0, plain_power(unit, point) - unit.idle_power) * unit.certainty))


def plain_points(
    target: float,
    units: Sequence[Unit],
    *,
    strategy: Strategy,
    minimum_percent: float,
    tolerance_percent: float,
    points_kept: bool,
) -> Points:
    """Return the point of each unit that is to run; none of them may be tuned without a restart."""
    staying = {unit.unit_id: unit.running_at for unit in units if unit.stays and unit.running_at is not None}
    anyway = float(sum(unit.idle_power for unit in units))
    anyway += sum(plain_gain(unit, staying[unit.unit_id]) for unit in units if unit.unit_id in staying)
    if target <= 0 or target <= anyway:
        return staying
    found = {
        unit.unit_id: unit.whole_point(PowerMode.FREQUENCY, points_kept=points_kept)
        for unit in units
        if not unit.stays
    }
    whole = {unit_id: point for unit_id, point in found.items() if point is not None}
    free = [unit for unit in units if plain_gain(unit, whole.get(unit.unit_id)) > 0 and not unit.stays]

    def turn(unit: Unit) -> tuple[bool, float, float, MinerId]:
        point = whole[unit.unit_id]
        per_hash = point.power / point.hashrate if strategy is Strategy.EFFICIENCY else 0.0
        late = unit.certainty < COUNTED_ON or unit.overdue
        return late, per_hash, unit.running_hours, unit.unit_id

    floor = inf if points_kept else minimum_percent
    tolerance = target * tolerance_percent / 100
    return staying | _repeated(target - anyway, sorted(free, key=turn), whole, floor, tolerance)


def _repeated(
    target: float, ordered: Sequence[Unit], whole: Points, minimum_percent: float, tolerance: float
) -> Points:
    """Repeat the search from its own answer until that gains nothing."""
    running = {unit.unit_id: unit.running_at for unit in ordered if unit.running_at is not None}
    least = inf
    while True:
        answer = _searched(target, ordered, running, whole, minimum_percent, tolerance)
        error = abs(_gained(answer) - target)
        if error >= least:
            return running
        running, least = {unit.unit_id: point for unit, point in answer}, error


def _searched(
    target: float,
    ordered: Sequence[Unit],
    running: Points,
    whole: Points,
    minimum_percent: float,
    tolerance: float,
) -> list[Told]:
    def rank(unit: Unit) -> int:
        return 2 if unit.unit_id not in running else int(running[unit.unit_id] != _at_full(unit, whole))

    def full(unit: Unit) -> Told:
        return unit, whole[unit.unit_id]

    def beside(told: Sequence[Told]) -> list[list[Told]]:
        """Put as many full units beside these as the target holds, and one more."""
        free = [full(unit) for unit in ranked if unit not in [each for each, _ in told]]
        below = max((n for n in range(len(free) + 1) if _gained([*told, *free[:n]]) <= target), default=0)
        return [[*free[:n], *told] for n in (below, below + 1) if n <= len(free)]

    def nearest(answers: Sequence[list[Told]]) -> list[Told]:
        error = min(abs(_gained(answer) - target) for answer in answers)
        equals = [each for each in answers if abs(_gained(each) - target) == error]
        return min(equals, key=lambda answer: _cost(answer, running, whole))

    def swings(unit: Unit) -> list[Told]:
        return _swings(unit, minimum_percent)

    def pairs(count: int) -> Iterator[list[Told]]:
        for start in (count - 1, count):
            if 0 <= start < len(ranked) - 1:
                for pair in product(swings(ranked[start]), swings(ranked[start + 1])):
                    yield [*map(full, ranked[:start]), *pair]

    ranked = sorted(ordered, key=rank)
    below, *above = beside(())
    swinging = [unit for unit in ranked if rank(unit) == 1]
    kept = [each for unit in swinging for each in swings(unit) if each[1] == running[unit.unit_id]]
    kept = kept if len(swinging) <= 2 else []
    stay = [each for n in (1, 2) for told in combinations(kept, n) for each in beside(told)]
    count = len(below)
    one = [[*below, each] for unit in ranked[count : count + 1] for each in swings(unit)]
    answer = nearest([below, *above, *stay, *one])
    return answer if abs(_gained(answer) - target) <= tolerance else nearest([answer, *pairs(count)])


def _at_full(unit: Unit, whole: Points) -> OperatingPoint | None:
    """Return where a unit ranks as full: one that keeps another point is off it all the same."""
    return unit.full_point if unit.point_fixed else whole[unit.unit_id]


def _swings(unit: Unit, minimum_percent: float) -> list[Told]:
    """Return a unit at each point below its full one that it may be tuned to."""
    floor = unit.rated_power * minimum_percent / 100
    steps = () if unit.point_fixed else unit.capabilities.steps[:-1]
    return [(unit, point) for point in steps if plain_power(unit, point) >= floor]


def _cost(answer: Sequence[Told], running: Points, whole: Points) -> tuple[int, float]:
    """Count the units that are changed; of equals the one whose tuned units draw least."""
    points = {unit.unit_id: point for unit, point in answer}
    changed = sum(running.get(unit_id) != point for unit_id, point in points.items())
    stopped = sum(unit_id not in points for unit_id in running)
    tuned = [point.power for unit_id, point in points.items() if point != whole[unit_id]]
    return changed + stopped, max(tuned, default=0.0)


def _gained(answer: Sequence[Told]) -> float:
    return sum(plain_gain(unit, point) for unit, point in answer)
