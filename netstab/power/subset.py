"""Which of a few whole miners run: of all choices the one that is worth its starts.

Who takes another's place is started first: the other runs on until then (`bridging`).
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from netstab.power.unit import OperatingPoint, Unit
from netstab.units import MinerId, Watts

__all__ = ["FEW", "StartCost", "better_subset"]

FEW = range(3, 11)
"""Of one or two the specification's example says who runs; of more than ten their number is near enough."""

_WORTH = 0.005  # of the target: for less nobody is exchanged


class StartCost(NamedTuple):
    """What starts cost: for a `share` of the time that a target stands only those that hash run.

    Beside that so many W are held to be off as `wear` says of each that is started.
    """

    share: float
    wear: float


class _Choice(NamedTuple):
    """Who runs: what that comes to, what of it is drawn now, and what has to be started, in W."""

    ids: frozenset[MinerId]
    power: float
    hashing: float
    started: float


def better_subset(
    target: Watts,
    units: Sequence[Unit],
    points: Sequence[OperatingPoint | None],
    kept: Collection[MinerId],
    cost: StartCost,
) -> set[MinerId] | None:
    """Return which units are to run for `target` W in all, None if those that are `kept` may as well.

    `points` is where each would run. What is off counts, before and after those that start have come, and
    what starts cost. One that was woken runs, one that has to stay as it is stays, and one that is hardly
    counted on is not started: where it is needed all the same, whoever was `kept` is.
    """
    if any(_is_a_try(unit) and unit.unit_id in kept for unit in units):
        return None
    choices = [_Choice(frozenset(), 0.0, 0.0, 0.0)]
    for unit, point in zip(units, points, strict=True):
        runs = unit.running_at is not None
        if (unit.stays and not runs) or _is_a_try(unit):
            continue
        gain = _likely_gain(unit, unit.running_at if unit.stays else point)
        hashing, started = (gain if runs and not unit.waking else 0.0), (0.0 if runs else gain)
        used = [
            _Choice(
                each.ids | {unit.unit_id}, each.power + gain, each.hashing + hashing, each.started + started
            )
            for each in choices
        ]
        choices = used if unit.stays or unit.waking else [*choices, *used]
    missing = target - sum(unit.idle_power for unit in units)
    meanwhile = min(abs(each.hashing - missing) for each in choices)

    def off(choice: _Choice) -> float:
        later = abs(choice.power - missing)
        if not choice.started:
            return later
        return cost.share * meanwhile + (1 - cost.share) * later + cost.wear * choice.started

    worth = {choice.ids: off(choice) for choice in choices}
    best = min(worth, key=lambda ids: (worth[ids], len(ids), sorted(ids)))
    now = worth.get(frozenset(kept))
    return None if now is not None and now - worth[best] <= _WORTH * target else set(best)


def _is_a_try(unit: Unit) -> bool:
    return unit.running_at is None and not unit.counted_on


def _likely_gain(unit: Unit, point: OperatingPoint | None) -> float:
    """Return what a unit most likely adds: all, if it is more likely than not to run."""
    return max(0.0, unit.power_at(point) - unit.idle_power) * (1.0 if unit.counted_on else unit.certainty)
