"""Which of a few miners run whole: of all choices the one that is worth its starts."""

from collections.abc import Collection, Sequence

from netstab.power.unit import OperatingPoint, Unit
from netstab.units import MinerId, Watts

__all__ = ["FEW", "better_subset"]

FEW = range(3, 11)
"""Of one or two the specification's example says who runs; of more than ten their number is near enough."""

_WORTH = 0.005  # of the target: for less nobody is exchanged


def better_subset(
    target: Watts,
    units: Sequence[Unit],
    points: Sequence[OperatingPoint | None],
    kept: Collection[MinerId],
    start_price: float,
) -> set[MinerId] | None:
    """Return which units are to run for `target` W in all, None if those that are `kept` may as well.

    `points` is where each would run. What is off counts, and for each start `start_price` times its power.
    One that was woken runs, one that has to stay as it is stays, and one that is hardly counted on is not
    started: where it is needed all the same, whoever was `kept` is.
    """
    if any(_is_a_try(unit) and unit.unit_id in kept for unit in units):
        return None
    choices: list[tuple[float, float, frozenset[MinerId]]] = [(0.0, 0.0, frozenset())]
    for unit, point in zip(units, points, strict=True):
        runs = unit.running_at is not None
        gain = _likely_gain(unit, unit.running_at if unit.stays else point)
        price = 0.0 if runs else start_price * gain
        used = [(power + gain, cost + price, ids | {unit.unit_id}) for power, cost, ids in choices]
        if (unit.stays and not runs) or _is_a_try(unit):
            continue
        choices = used if unit.stays or unit.waking else [*choices, *used]
    missing = target - sum(unit.idle_power for unit in units)
    worth = {ids: abs(power - missing) + cost for power, cost, ids in choices}
    best = min(worth, key=lambda ids: (worth[ids], len(ids), sorted(ids)))
    now = worth.get(frozenset(kept))
    return None if now is not None and now - worth[best] <= _WORTH * target else set(best)


def _is_a_try(unit: Unit) -> bool:
    return unit.running_at is None and not unit.counted_on


def _likely_gain(unit: Unit, point: OperatingPoint | None) -> float:
    """Return what a unit most likely adds: all, if it is more likely than not to run."""
    return max(0.0, unit.power_at(point) - unit.idle_power) * (1.0 if unit.counted_on else unit.certainty)
