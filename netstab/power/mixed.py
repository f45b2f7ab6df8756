"""A target over units of all kinds, where some are tuned without a restart: commitment, then dispatch.

Units that a change of point restarts are never changed here: they run as they do, or whole.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from netstab.power.commitment import Span, commitments
from netstab.power.economic import Choice, tuned_points
from netstab.power.exact import Stretch, nearest_choice
from netstab.power.unit import OperatingPoint, Unit
from netstab.units import MinerId, Watts

__all__ = ["mixed_points"]

_AS_FINE = 1.5  # times the finest step
_FEW = 12  # units of which all choices are looked at


def mixed_points(
    missing: Watts,
    ordered: Sequence[Unit],
    whole: Mapping[MinerId, OperatingPoint | None],
    minimum_percent: float,
) -> Mapping[MinerId, OperatingPoint]:
    """Return the point of each unit that is to run, so that together they gain `missing` W.

    What runs stays if it is within half a step of the finest units (`_near_enough`), so that a target which
    jitters rewrites nobody, or if nothing comes nearer. What is found is looked for again from there: what
    was once answered stays, but where it stops one that a change restarts and that ran off its whole point:
    that may start whole next.
    """
    answer = {unit.unit_id: unit.running_at for unit in ordered if unit.running_at is not None}
    tuned = [Choice.of(unit, minimum_percent) for unit in ordered if unit.tunes_freely]
    allowed = all(choice.unit.running_at is None or choice.runs_at_one for choice in tuned)
    least = abs(missing - _gained(ordered, answer)) if allowed else math.inf
    near = _near_enough(tuned)
    whole_points = {
        unit.unit_id: unit.running_at or whole[unit.unit_id] for unit in ordered if not unit.tunes_freely
    }
    while least > near:
        found = _points(missing, ordered, whole_points, tuned)
        error = _missed(missing, ordered, found)
        if error >= least:
            return answer
        least, answer = error, found
        ordered = [_moved(unit, found.get(unit.unit_id)) for unit in ordered]
        now = {unit.unit_id: unit for unit in ordered}
        tuned = [replace(choice, unit=now[choice.unit.unit_id]) for choice in tuned]
    return answer


def _moved(unit: Unit, point: OperatingPoint | None) -> Unit:
    """Return the unit as it would be running at a point."""
    return unit if unit.running_at is point else replace(unit, running_at=point)


def _near_enough(choices: Sequence[Choice]) -> float:
    """Return half the finest step: a nearer sum is not worth that another unit runs.

    Units of one kind differ a little in what they draw: theirs count as one step, in whole watts.
    """
    finest = min((choice.step for choice in choices), default=0.0)
    return (max((choice.step for choice in choices if choice.step <= _AS_FINE * finest), default=0.0) + 1) / 2


def _missed(missing: Watts, units: Sequence[Unit], points: Mapping[MinerId, OperatingPoint]) -> float:
    """Return what is drawn too little once all have started, or too much by those that hash."""
    error = missing - _gained(units, points)
    if error >= 0:
        return error
    coming = sum(
        unit.gain_at(points[unit.unit_id]) for unit in units if _starts(unit) and unit.unit_id in points
    )
    return max(0.0, -error - coming)


def _gained(units: Iterable[Unit], points: Mapping[MinerId, OperatingPoint]) -> float:
    running = ((unit, points[unit.unit_id]) for unit in units if unit.unit_id in points)
    return sum(unit.gain_at(point) for unit, point in running)


def _points(
    missing: Watts,
    ordered: Sequence[Unit],
    whole_points: Mapping[MinerId, OperatingPoint | None],
    tuned: Sequence[Choice],
) -> dict[MinerId, OperatingPoint]:
    choices = sorted(tuned, key=lambda choice: _changes_if_used(choice.unit))
    others = (unit for unit in ordered if unit.unit_id in whole_points)
    whole = [(unit, whole_points[unit.unit_id]) for unit in sorted(others, key=_changes_if_used)]
    gains = [unit.gain_at(point) for unit, point in whole]
    fixed = [_span(unit, gain, gain) for (unit, _), gain in zip(whole, gains, strict=True)]
    spans = [_span(choice.unit, choice.least, choice.most) for choice in choices]
    near = _near_enough(choices)
    best, least = dict[MinerId, OperatingPoint](), math.inf
    out_of_reach = missing >= sum(span.most for span in (*spans, *fixed))
    all_run = [range(len(spans) + len(fixed))]
    for places in all_run if out_of_reach else commitments(missing, spans, fixed):
        run_tuned = [choices[place] for place in places if place < len(choices)]
        run_whole = [place - len(choices) for place in places if place >= len(choices)]
        points = {
            unit.unit_id: point for unit, point in map(whole.__getitem__, run_whole) if point is not None
        }
        left = missing - sum(gains[place] for place in run_whole)
        points |= tuned_points(left, run_tuned)
        error = _missed(missing, ordered, points)
        if error < least:
            best, least = points, error
        if error <= near:
            return best
    if out_of_reach:
        return best
    found = _exact(missing, choices, whole)
    return found if _missed(missing, ordered, found) < least else best


def _span(unit: Unit, least: float, most: float) -> Span:
    return Span(least, most, unit.running_at is not None, _starts(unit), unit.start_seconds)


def _starts(unit: Unit) -> bool:
    """Whether it is on its way and draws nothing yet; one that loses its setting climbs to full power."""
    return unit.waking and not unit.capabilities.volatile


def _exact(
    missing: Watts, choices: Sequence[Choice], whole: Sequence[tuple[Unit, OperatingPoint | None]]
) -> dict[MinerId, OperatingPoint]:
    """Look at all that the first few units may do, one that runs first; the others go on as they do."""
    tuned, others = choices[:_FEW], whole[: max(0, _FEW - len(choices))]
    others_go_on = (*(choice.unit for choice in choices[_FEW:]), *(unit for unit, _ in whole[len(others) :]))
    points = {one.unit_id: one.running_at for one in others_go_on if one.running_at is not None}
    rest = [*(choice.unit for choice in choices), *(unit for unit, _ in whole)]
    left = missing - _gained(rest, points)
    options = [
        *(_options(choice.unit, choice.points) for choice in tuned),
        *(_options(unit, () if point is None else (point,)) for unit, point in others),
    ]
    taken = nearest_choice(left, [[stretch for stretch, _ in each] for each in options])
    units = [*(choice.unit for choice in tuned), *(unit for unit, _ in others)]
    for unit, each, place in zip(units, options, taken, strict=True):
        if (point := each[place][1]) is not None:
            points[unit.unit_id] = point
    in_range = [
        choice for choice in tuned if choice.unit.capabilities.range and choice.unit.unit_id in points
    ]
    for choice in in_range:
        del points[choice.unit.unit_id]
    return {**points, **tuned_points(missing - _gained(rest, points), in_range)}


def _options(unit: Unit, points: Sequence[OperatingPoint]) -> list[tuple[Stretch, OperatingPoint | None]]:
    """Return what a unit may add, and a point of each; what it does now comes first."""
    if unit.tunes_freely and unit.capabilities.range is not None:
        stretch = Stretch(unit.gain_at(points[0]), unit.gain_at(points[-1]))
        found = [(stretch, points[0])]
    else:
        found = [(Stretch(gain, gain), point) for point in points for gain in [unit.gain_at(point)]]
    idle = (Stretch(0.0, 0.0), None)
    if unit.running_at is None:
        return [idle, *found]
    return [*sorted(found, key=lambda option: option[1] != unit.running_at), idle]


def _changes_if_used(unit: Unit) -> int:
    """Rank units that start before those that hash, idle ones last; each in the order of the strategy.

    What starts draws nothing yet: to cut it gives nothing now, and a start is lost.
    """
    if unit.running_at is None:
        return 2
    return int(not _starts(unit))
