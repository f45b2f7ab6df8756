"""The choice that comes nearest to a target, of all that a few units have: where no order of them reaches it.

What a unit may add are stretches of power: from the least to the most of a range, or one for each step.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Stretch", "nearest_choice"]

_MOST_STRETCHES = 1024
_ROUNDING = 1e-6  # W: a sum and the way back from it may differ in their last digits


class Stretch(NamedTuple):
    low: float
    high: float


def nearest_choice(target: float, options: Sequence[Sequence[Stretch]]) -> list[int]:
    """Return which of its options each unit takes so that a sum of powers in each is nearest to `target`.

    Of equals the first option is taken, of the last unit first. Each unit has one option at least. Of more
    than a thousand stretches some are left out, evenly, and another choice might come a little nearer.
    """
    reach = [[Stretch(0.0, 0.0)]]
    for choices in options:
        sums = (Stretch(low + one.low, high + one.high) for low, high in reach[-1] for one in choices)
        reach.append(_merged(sorted(sums), target))
    goal = _nearest(target, reach[-1])
    low = high = goal
    taken = []
    for choices, before in zip(reversed(options), reversed(reach[:-1]), strict=True):
        place = next(n for n, one in enumerate(choices) if _meets(low - one.high, high - one.low, before))
        low, high = low - choices[place].high, high - choices[place].low
        taken.append(place)
    return taken[::-1]


def _nearest(target: float, stretches: Sequence[Stretch]) -> float:
    clipped = (min(max(target, low), high) for low, high in stretches)
    return min(clipped, key=lambda power: abs(power - target))


def _meets(low: float, high: float, stretches: Sequence[Stretch]) -> bool:
    return any(one.low <= high + _ROUNDING and low - _ROUNDING <= one.high for one in stretches)


def _merged(stretches: Sequence[Stretch], target: float) -> list[Stretch]:
    united: list[Stretch] = []
    for one in stretches:
        if united and one.low <= united[-1].high:
            united[-1] = Stretch(united[-1].low, max(one.high, united[-1].high))
        else:
            united.append(one)
    above = bisect_right(united, target, key=lambda one: one.low)
    few = united[: above + 1]
    return few[:: -(-len(few) // _MOST_STRETCHES)]
