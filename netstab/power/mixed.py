"""A target over units of all kinds, where some are tuned without a restart: commitment, then dispatch.

Units that a change of point restarts are never changed here: they run as they do, or whole.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from netstab.power.commitment import Span, commitments
from netstab.power.economic import Choice, tuned_points
from netstab.power.unit import OperatingPoint, PowerMode, Unit
from netstab.units import MinerId, Watts

__all__ = ["mixed_points"]


def mixed_points(
    missing: Watts, ordered: Sequence[Unit], mode: PowerMode, minimum_percent: float
) -> Mapping[MinerId, OperatingPoint]:
    """Return the point of each unit that is to run, so that together they gain `missing` W.

    What runs stays if nothing comes nearer, and what is found is looked for again from there: what was once
    answered stays.
    """
    answer = {unit.unit_id: unit.running_at for unit in ordered if unit.running_at is not None}
    allowed = all(_may_stay(unit, minimum_percent) for unit in ordered)
    least = abs(missing - _gained(ordered, answer)) if allowed else math.inf
    while True:
        found = _points(missing, ordered, mode, minimum_percent)
        error = abs(missing - _gained(ordered, found))
        if error >= least:
            return answer
        least, answer = error, found
        ordered = [replace(unit, running_at=found.get(unit.unit_id)) for unit in ordered]


def _may_stay(unit: Unit, minimum_percent: float) -> bool:
    """Whether a unit that is tuned runs at a point that it might be given."""
    return unit.running_at is None or not unit.tunes_freely or Choice.of(unit, minimum_percent).runs_at_one


def _gained(units: Iterable[Unit], points: Mapping[MinerId, OperatingPoint]) -> float:
    running = ((unit, points[unit.unit_id]) for unit in units if unit.unit_id in points)
    return sum(unit.gain_at(point) for unit, point in running)


def _points(
    missing: Watts, ordered: Sequence[Unit], mode: PowerMode, minimum_percent: float
) -> dict[MinerId, OperatingPoint]:
    in_use = sorted(ordered, key=_changes_if_used)
    choices = [Choice.of(unit, minimum_percent) for unit in in_use if unit.tunes_freely]
    whole = [replace(unit, point_fixed=True) for unit in in_use if not unit.tunes_freely]
    spans = [Span(choice.least, choice.most, choice.unit.running_at is not None) for choice in choices]
    near = min(choice.step for choice in choices) / 2
    best, least = dict[MinerId, OperatingPoint](), math.inf
    for places in commitments(missing, spans, [_span(unit, mode) for unit in whole]):
        tuned = [choices[place] for place in places if place < len(choices)]
        run_whole = [whole[place - len(choices)] for place in places if place >= len(choices)]
        points = {unit.unit_id: point for unit in run_whole if (point := unit.whole_point(mode)) is not None}
        left = missing - sum(unit.whole_gain(mode) for unit in run_whole)
        points |= tuned_points(left, tuned)
        error = abs(left - sum(choice.unit.gain_at(points[choice.unit.unit_id]) for choice in tuned))
        if error < least:
            best, least = points, error
        if error <= near:
            break
    return best


def _span(unit: Unit, mode: PowerMode) -> Span:
    gain = unit.whole_gain(mode)
    return Span(gain, gain, unit.running_at is not None)


def _changes_if_used(unit: Unit) -> int:
    """Rank units that run before those that start, idle ones last; each in the order of the strategy."""
    if unit.running_at is None:
        return 2
    return int(unit.starting)
