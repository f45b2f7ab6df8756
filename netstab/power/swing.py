"""Frequency mode: full miners, and a swing miner, at most two, that makes up the rest.

Every change of frequency restarts a mining process, so a swing miner that can stay as it is stays.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations, product
from math import inf
from typing import NamedTuple

from netstab.power.candidate import Candidate, PowerMode
from netstab.units import Megahertz, MinerId, Watts

__all__ = ["running_frequencies"]


class _Swing(NamedTuple):
    miner: Candidate
    frequency: Megahertz
    gain: Watts


class _Answer(NamedTuple):
    power: float
    full: Sequence[Candidate]
    swings: tuple[_Swing, ...]

    def frequencies(self) -> dict[MinerId, Megahertz]:
        full = {miner.miner_id: miner.full_frequency(PowerMode.FREQUENCY) for miner in self.full}
        return full | {swing.miner.miner_id: swing.frequency for swing in self.swings}


def running_frequencies(
    target: Watts, ordered: Sequence[Candidate], minimum_percent: float, tolerance: Watts
) -> Mapping[MinerId, Megahertz]:
    """Return the frequency of each miner that is to run, so that together they gain `target`.

    The search is repeated from its own answer until that gains nothing: what was once answered stays.
    Among miners of one rating the first search already finds the best.
    """
    full_gain = {miner.miner_id: miner.full_gain(PowerMode.FREQUENCY) for miner in ordered}
    running = {miner.miner_id: miner.running_at for miner in ordered if miner.running_at is not None}
    least = inf
    while True:
        ranked = sorted(ordered, key=lambda miner: _changes_if_full(miner, running))
        answer = _Search(target, ranked, running, full_gain, minimum_percent).answer(tolerance)
        if (error := abs(answer.power - target)) >= least:
            return running
        running, least = answer.frequencies(), error


@dataclass(frozen=True, slots=True)
class _Search:
    """The answers within reach of what is running; `ranked` has those first that change least."""

    target: Watts
    ranked: Sequence[Candidate]
    running: Mapping[MinerId, Megahertz]
    full_gain: Mapping[MinerId, Watts]
    minimum_percent: float

    def answer(self, tolerance: Watts) -> _Answer:
        below, *above = self._full_beside(())
        kept = [answer for swings in self._unchanged() for answer in self._full_beside(swings)]
        answer = self._nearest([below, *above, *kept, *self._one_swing(below)])
        if abs(answer.power - self.target) <= tolerance:
            return answer
        return self._nearest([answer, *self._two_swings(len(below.full))])

    def _nearest(self, answers: Sequence[_Answer]) -> _Answer:
        least = min(abs(answer.power - self.target) for answer in answers)
        equals = [answer for answer in answers if abs(answer.power - self.target) == least]
        return min(equals, key=self._cost) if len(equals) > 1 else equals[0]

    def _cost(self, answer: _Answer) -> tuple[int, int]:
        """Count the miners that an answer changes; then prefer low swings, where a watt yields the most."""
        differences = self.running.items() ^ answer.frequencies().items()
        highest = max((swing.frequency for swing in answer.swings), default=0)
        return len({miner_id for miner_id, _ in differences}), highest

    def _full_beside(self, swings: tuple[_Swing, ...]) -> list[_Answer]:
        """Put full miners beside `swings`: as many as the target holds, and one more."""
        taken = {swing.miner.miner_id for swing in swings}
        free = [miner for miner in self.ranked if miner.miner_id not in taken]
        powers = (self.full_gain[miner.miner_id] for miner in free)
        sums = list(accumulate(powers, initial=sum(swing.gain for swing in swings)))
        below = max(bisect_right(sums, self.target) - 1, 0)
        return [_Answer(power, free[:n], swings) for n, power in enumerate(sums[below : below + 2], below)]

    def _one_swing(self, below: _Answer) -> Iterator[_Answer]:
        """Let the next miner after the full ones swing."""
        count = len(below.full)
        for miner in self.ranked[count : count + 1]:
            for swing in self._swings(miner):
                yield _Answer(below.power + swing.gain, below.full, (swing,))

    def _two_swings(self, count: int) -> Iterator[_Answer]:
        """Let the last of `count` full miners and the next one swing, or the next two."""
        for start in range(max(count - 1, 0), min(count + 1, len(self.ranked) - 1)):
            full = self.ranked[:start]
            base = sum(self.full_gain[miner.miner_id] for miner in full)
            for pair in product(*map(self._swings, self.ranked[start : start + 2])):
                yield _Answer(base + sum(swing.gain for swing in pair), full, pair)

    def _unchanged(self) -> Iterator[tuple[_Swing, ...]]:
        """Return the swing miners that may stay as they are, each alone and both together.

        More than two miners off their full frequency come from on/off mode, and must change in any case.
        """
        swinging = [miner for miner in self.ranked if _changes_if_full(miner, self.running) == 1]
        if len(swinging) > 2:
            return
        swings = [swing for miner in swinging for swing in self._swings(miner) if self._runs(swing)]
        yield from combinations(swings, 1)
        yield from combinations(swings, 2)

    def _swings(self, miner: Candidate) -> list[_Swing]:
        if miner.frequency_fixed:
            return []
        least = miner.rated_power * self.minimum_percent / 100
        allowed = (f for f in miner.model.frequencies[:-1] if miner.power_at(f) >= least)
        return [_Swing(miner, frequency, miner.gain_at(frequency)) for frequency in allowed]

    def _runs(self, swing: _Swing) -> bool:
        return self.running.get(swing.miner.miner_id) == swing.frequency


def _changes_if_full(miner: Candidate, running: Mapping[MinerId, Megahertz]) -> int:
    """Rank a miner that is full already before one at another frequency, and idle ones last."""
    frequency = running.get(miner.miner_id)
    return 2 if frequency is None else int(frequency != miner.full_frequency(PowerMode.FREQUENCY))
