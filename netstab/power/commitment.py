"""Unit commitment: which units run, where some of them are tuned without a restart.

Those take up what whole units leave over, at once and both ways. Who runs costs what is missed until another
has started or stopped, should the target move, and what it takes to switch units: the least sum of both is
the answer, so that fast moves switch nobody, and who starts soon is switched before who does not. Units in
one order are used from its beginning; where no such choice comes near, `exact` looks at others.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from itertools import accumulate
from math import exp
from typing import NamedTuple

__all__ = ["Span", "commitments"]

_LOOKED_AT = 12  # choices, where steps leave gaps that a range would not
_MOVE = 0.2
"""Of all that can be had: how far a target moves on average within a start. Regulation offers a third."""
_MOST_MOVE = 0.5
"""Of what can be tuned: where that is little, small moves are to be taken up both ways all the same."""
_MOVES = 10
"""Moves that a choice has to serve: it stands for about as many starts as a signal needs to come round."""
_WEAR = 30.0  # s of a unit's power that a start and a stop are held to cost beside the time they take
_STOP = 4.0
"""Seconds from a sleep command to the idle draw.

A stop wears nobody that a rise would not start anew: counted with the wear, tuned units rested in their
middle where starts take seconds, and were out of range on each climb (ten CAISO hours 0.956, 0.960 without).
"""
_SEEN = 20.0  # s until what is drawn too much by one that has come to hash is seen and stopped


class Span(NamedTuple):
    """What one unit adds if it runs, in W: from `least` to `most`, the same for one that is not tuned.

    It `runs`, and is on its way to hash if it `starts`, which takes `seconds`.
    """

    least: float
    most: float
    runs: bool
    starts: bool = False
    seconds: float = 95.0

    @property
    def switching(self) -> float:
        """Return what it costs to switch it, in W s: what it does not draw meanwhile, and wear."""
        return (self.seconds + _WEAR) * self.most


class _Prefix(NamedTuple):
    tuned: int
    whole: int


def commitments(target: float, tuned: Sequence[Span], whole: Sequence[Span]) -> Iterator[tuple[int, ...]]:
    """Yield who might run, the best first; places count `tuned` first, then `whole`, as they are to be used.

    What reaches the target comes first; a start that is under way is no hindrance, for it draws nothing yet.
    """
    costs = _Costs(target, _Sums.of(tuned), _Sums.of(whole))
    for prefix in nsmallest(_LOOKED_AT, _looked_at(costs), key=costs):
        yield (*range(prefix.tuned), *range(len(tuned), len(tuned) + prefix.whole))


@dataclass(frozen=True)
class _Sums:
    """For each number of units used what they add at the least and the most, and what it costs to have it so.

    `least` is that of units that hash or would be started now, `later` with those that start.
    """

    least: Sequence[float]
    later: Sequence[float]
    most: Sequence[float]
    switching: Sequence[float]
    running: int
    seconds: float

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "_Sums":
        stops = sum(span.switching for span in spans if span.runs)
        return cls(
            least=_sums(0.0 if span.starts else span.least for span in spans),
            later=_sums(span.least for span in spans),
            most=_sums(span.most for span in spans),
            switching=list(
                accumulate(
                    (-span.switching if span.runs else span.switching for span in spans), initial=stops
                )
            ),
            running=sum(1 for span in spans if span.runs),
            seconds=sum(span.seconds for span in spans) / len(spans) if spans else 0.0,
        )


def _sums(powers: Iterable[float]) -> Sequence[float]:
    return list(accumulate(powers, initial=0.0))


@dataclass(frozen=True)
class _Costs:
    """What each choice costs at a target: what it misses, in W, then all that may come of it, in W s."""

    target: float
    tuned: _Sums
    whole: _Sums

    @cached_property
    def _move(self) -> float:
        tunable = self.tuned.most[-1] - self.tuned.later[-1]
        return min(_MOVE * (self.tuned.most[-1] + self.whole.most[-1]), _MOST_MOVE * tunable) or 1.0

    @cached_property
    def _start(self) -> float:
        """Return what it takes until another has started: a whole one, where there are such."""
        return self.whole.seconds or self.tuned.seconds

    def __call__(self, prefix: _Prefix) -> tuple[float, float]:
        rest = self.target - self.whole.least[prefix.whole]
        most = self.tuned.most[prefix.tuned] + self.whole.most[prefix.whole]
        later = self.tuned.later[prefix.tuned] + self.whole.later[prefix.whole]
        missed = max(0.0, self.tuned.least[prefix.tuned] - rest, self.target - most)
        switching = self.tuned.switching[prefix.tuned] + self.whole.switching[prefix.whole]
        beyond = max(0.0, later - self.target - self._move)
        wait = (self._start + _WEAR) * self._short(most - self.target)
        reserve = wait + _STOP * self._short(self.target - later)
        return missed, switching + _MOVES * reserve + _SEEN * beyond

    def _short(self, room: float) -> float:
        """Return what a move is expected to go beyond the room for it: moves are the rarer the longer."""
        return self._move / 2 * exp(-max(0.0, room) / self._move)


def _looked_at(costs: _Costs) -> set[_Prefix]:
    """Return choices with the best of them, and all that would be looked at beside it once it is made."""
    found = set(_prefixes(costs))
    while True:
        best = min(found, key=costs)
        beside = {_Prefix(best.tuned, count) for count in _whole_counts(costs)}
        if beside <= found:
            return found
        found |= beside


def _whole_counts(costs: _Costs) -> set[int]:
    """Return how many whole units may run: as many as the tuned ones leave over, and one more and less."""
    tuned, whole = costs.tuned, costs.whole
    fewest = max(0, bisect_left(whole.most, costs.target - tuned.most[-1]) - 1)
    highest = min(len(whole.least), bisect_right(whole.least, costs.target) + 1)
    return {*range(min(fewest, highest - 1), highest), whole.running}


def _prefixes(costs: _Costs) -> Iterator[_Prefix]:
    """Yield for each number of whole units the numbers of tuned ones that reach the rest, or nearly do."""
    tuned, whole = costs.tuned, costs.whole
    last = len(tuned.most) - 1
    for count in _whole_counts(costs):
        rest = costs.target - whole.least[count]
        first = min(
            bisect_left(tuned.most, costs.target - whole.most[count]), last
        )  # the fewest that reach up to it
        final = max(bisect_right(tuned.least, rest) - 1, 0)  # the most that reach down to it
        middle = (first + final) // 2
        yield from {
            _Prefix(max(0, min(last, each)), count)
            for each in (first - 1, first, middle, final, tuned.running)
        }
