"""Unit commitment: which units run, where some of them are tuned without a restart.

Those take up what whole units leave over, so the target has to lie within what the running ones can be tuned
to. Units in one order are used from its beginning; where no such choice comes near, `exact` looks at others.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import accumulate
from typing import NamedTuple

__all__ = ["Span", "commitments"]

_LOOKED_AT = 12  # choices, where steps leave gaps that a range would not
_MIDDLE = (0.25, 0.75)
"""In this part of their range the tuned units have room both ways for the next target."""
_KEPT_UP_TO = 0.9
"""Above this part a rise may be beyond what runs, and a start is late for it; a stop is never late."""


class Span(NamedTuple):
    """What one unit adds if it runs, in W: from `least` to `most`, the same for one that is not tuned."""

    least: float
    most: float
    runs: bool


class _Prefix(NamedTuple):
    tuned: int
    whole: int


def commitments(target: float, tuned: Sequence[Span], whole: Sequence[Span]) -> Iterator[tuple[int, ...]]:
    """Yield who might run, the best first; places count `tuned` first, then `whole`, as they are to be used.

    What runs goes on as it is where that reaches the target with room for a rise. Else the tuned are to stand
    near their middle, and then as few as possible are switched. If none can, what runs goes on where it
    reaches the target, and else the nearest come first.
    """
    spans = [*tuned, *whole]
    running = tuple(place for place, span in enumerate(spans) if span.runs)
    share = _share(target, map(spans.__getitem__, running))
    keeps = 0 <= share <= _KEPT_UP_TO
    if keeps:
        yield running
    others = [
        (*range(prefix.tuned), *range(len(tuned), len(tuned) + prefix.whole))
        for prefix in _nearest_prefixes(target, tuned, whole)
    ]
    if _KEPT_UP_TO < share <= 1:
        keeps = not _MIDDLE[0] <= _share(target, map(spans.__getitem__, others[0])) <= _MIDDLE[1]
        others = [running, *others] if keeps else others
    yield from others
    if not keeps:
        yield running


def _share(target: float, running: Iterable[Span]) -> float:
    """Return where in the range of what runs a target lies, 0 at its least and 1 at its most."""
    least = most = 0.0
    for span in running:
        least, most = least + span.least, most + span.most
    if most > least:
        return (target - least) / (most - least)
    return 0.5 if target == least else math.inf


def _nearest_prefixes(target: float, tuned: Sequence[Span], whole: Sequence[Span]) -> list[_Prefix]:
    least = list(accumulate((span.least for span in tuned), initial=0.0))
    most = list(accumulate((span.most for span in tuned), initial=0.0))
    given = list(accumulate((span.least for span in whole), initial=0.0))
    switched_tuned, switched_whole = _switched(tuned), _switched(whole)

    def cost(prefix: _Prefix) -> tuple[float, bool, int, float]:
        rest = target - given[prefix.whole]
        low, high = least[prefix.tuned], most[prefix.tuned]
        share = (rest - low) / (high - low) if high > low else 0.5
        off_middle = not _MIDDLE[0] <= share <= _MIDDLE[1]
        switched = switched_tuned[prefix.tuned] + switched_whole[prefix.whole]
        return max(0.0, low - rest, rest - high), off_middle, switched, abs(share - 0.5)

    running = sum(1 for span in tuned if span.runs)
    return nsmallest(_LOOKED_AT, set(_prefixes(target, least, most, given, running)), key=cost)


def _prefixes(
    target: float, least: Sequence[float], most: Sequence[float], given: Sequence[float], running: int
) -> Iterator[_Prefix]:
    """Yield for each number of whole units the numbers of tuned ones that reach the rest, or nearly do."""
    last = len(most) - 1
    fewest = max(0, bisect_left(given, target - most[-1]) - 1)
    highest = min(len(given), bisect_right(given, target) + 1)
    for whole in range(min(fewest, highest - 1), highest):
        rest = target - given[whole]
        first = min(bisect_left(most, rest), last)  # the fewest that reach up to it
        final = max(bisect_right(least, rest) - 1, 0)  # the most that reach down to it
        middle = (first + final) // 2
        yield from {
            _Prefix(max(0, min(last, each)), whole) for each in (first - 1, first, middle, final, running)
        }


def _switched(spans: Sequence[Span]) -> list[int]:
    """Count for each number of units used who has to be switched."""
    running = sum(1 for span in spans if span.runs)
    return list(accumulate((-1 if span.runs else 1 for span in spans), initial=running))
