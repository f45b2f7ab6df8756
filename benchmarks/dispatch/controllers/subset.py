"""Multiple-choice subset sum on a grid of 1 W, exact. Pure.

A set of reachable sums is the bits of one whole number, so adding a choice is a shift and an or.
"""

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Answer", "nearest_sum"]


class Answer(NamedTuple):
    """For each group the place of its chosen option, and the sum of all."""

    chosen: tuple[int, ...]
    total: int


def nearest_sum(groups: Sequence[Sequence[int]], target: int) -> Answer:
    """Choose one option of each group, in whole watts, so that the sum is as near the target as can be.

    Of equally good answers the one is given that has early options in the last groups: put first in each
    group what changes nothing, and last the groups that are to change least.
    """
    least = sum(min(options) for options in groups)
    offsets = [[option - min(options) for option in options] for options in groups]
    wanted = max(0, target - least)
    reach = wanted + max((max(options) for options in offsets), default=0)
    mask = (1 << (reach + 1)) - 1
    sums = [1]
    for options in offsets:
        before, after = sums[-1], 0
        for option in set(options):
            after |= before << option
        sums.append(after & mask)
    total = _nearest_bit(sums[-1], wanted)
    return Answer(_walk_back(offsets, sums, total), total + least)


def _nearest_bit(bits: int, wanted: int) -> int:
    below = (bits & ((1 << (wanted + 1)) - 1)).bit_length() - 1
    rest = bits >> (wanted + 1)
    if not rest:
        return below
    above = wanted + 1 + ((rest & -rest).bit_length() - 1)
    return below if below >= 0 and wanted - below <= above - wanted else above


def _walk_back(offsets: Sequence[Sequence[int]], sums: Sequence[int], total: int) -> tuple[int, ...]:
    chosen = []
    for options, before in zip(reversed(offsets), reversed(sums[:-1]), strict=True):
        place = next(
            place
            for place, option in enumerate(options)
            if option <= total and before >> (total - option) & 1
        )
        chosen.append(place)
        total -= options[place]
    return tuple(reversed(chosen))
