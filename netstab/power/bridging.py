"""What units that hash draw while others start: until these have come, which takes minutes, it is more.

Commitment says who runs and what each draws once all have started. Until then those that hash and are tuned
without a restart draw as much more as the starting ones do not draw yet. Of a few whole miners those whose
place others take run on.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from netstab.power.economic import Choice, tuned_points
from netstab.power.subset import FEW
from netstab.power.unit import OperatingPoint, Unit
from netstab.units import MinerId, Watts

__all__ = ["Points", "awaited", "bridged", "lent"]

Points = Mapping[MinerId, OperatingPoint]
"""The point of each unit that is to run."""


def lent(more: Watts, most: Watts, units: Sequence[Unit], points: Points, minimum_percent: float) -> Watts:
    """Return what units that hash are to draw beyond their `points` until all have started, below 0 for less.

    That is what those that start are to gain yet and `more`, which is wanted beyond the points now. It is
    as much as the tuned units have room for, and no more than `most`: a limit holds when one starts, too.
    """
    choices = _choices(units, points, minimum_percent)
    climbed = sum(unit.climbed for unit in _awaited(units, points))
    wanted = min(awaited(units, points) - climbed + more, most)
    if not choices:
        return _drawn_by(_running_on(wanted, units, points, most))
    present = _gained(choices, points)
    room_down = sum(choice.least for choice in choices) - present
    room_up = sum(choice.most for choice in choices) - present
    return Watts(min(max(wanted, room_down), room_up))


def awaited(units: Sequence[Unit], points: Points) -> Watts:
    """Return what those that are to run are to gain yet: they do not hash, or their boards come up."""
    coming = sum(unit.gain_at(points[unit.unit_id]) for unit in _awaited(units, points))
    return Watts(coming + sum(unit.rising for unit in units if unit.unit_id in points))


def bridged(shift: Watts, units: Sequence[Unit], points: Points, minimum_percent: float) -> Points:
    """Return the points with `shift` W more drawn by units that hash."""
    if not shift:
        return points
    choices = _choices(units, points, minimum_percent)
    if not choices:
        on = _running_on(shift, units, points, shift)
        return {**points, **{unit.unit_id: unit.running_at for unit in on if unit.running_at is not None}}
    return {**points, **tuned_points(_gained(choices, points) + shift, choices)}


def _running_on(wanted: float, units: Sequence[Unit], points: Points, most: float) -> Sequence[Unit]:
    """Return who of a few that are to stop come nearest to what is `wanted` until others have come."""
    few = len(units) in FEW and not any(unit.tunes_freely for unit in units)
    if wanted <= 0 or not few or not any(_awaited(units, points)):
        return ()
    stopping = [
        unit
        for unit in units
        if unit.unit_id not in points and unit.running_at is not None and not (unit.waking or unit.stays)
    ]
    sets = (each for count in range(len(stopping) + 1) for each in combinations(stopping, count))
    return min(
        (each for each in sets if _drawn_by(each) <= most), key=lambda each: abs(_drawn_by(each) - wanted)
    )


def _drawn_by(units: Iterable[Unit]) -> Watts:
    return Watts(float(sum(unit.gain_at(unit.running_at) for unit in units)))


def _choices(units: Iterable[Unit], points: Points, minimum_percent: float) -> list[Choice]:
    hashing = (unit for unit in units if unit.unit_id in points and not _is_awaited(unit))
    return [Choice.of(unit, minimum_percent) for unit in hashing if unit.tunes_freely and not unit.stays]


def _gained(choices: Iterable[Choice], points: Points) -> float:
    return sum(choice.unit.gain_at(points[choice.unit.unit_id]) for choice in choices)


def _awaited(units: Iterable[Unit], points: Points) -> Iterable[Unit]:
    return (unit for unit in units if unit.unit_id in points and _is_awaited(unit))


def _is_awaited(unit: Unit) -> bool:
    return unit.running_at is None or unit.waking
