"""How long a target may be expected to stand: as long as it has, or as those before it did. Pure.

What takes minutes to pay, such as another frequency of a miner that starts anew for it, is judged by this.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

from netstab.units import Seconds, Timestamp, Watts

__all__ = ["LONGEST", "Standing"]

LONGEST = Seconds(3600.0)
"""No target is expected to stand for longer: schedules are made by the hour."""

_MOST_MOVES = 8
_SETPOINT = Seconds(300.0)
"""What stands for so long is a setpoint and no signal: a score's window, in which any signal moves."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The `target` that stands, and when it and those before it came, the newest last.

    It was told as little as `lowest` and as much as `highest` since it came.
    """

    target: Watts = Watts(0.0)
    moved_at: tuple[Timestamp, ...] = ()
    lowest: Watts = Watts(0.0)
    highest: Watts = Watts(0.0)

    def after(self, target: Watts, tolerance_percent: float, now: Timestamp) -> "Standing":
        """Take in a target; what stays within half the tolerance, as one that is metered does, is no move."""
        if abs(target - self.target) <= max(target, self.target) * tolerance_percent / 200:
            return self if self._was_told(target) else self._told(target)
        return Standing(target, (*self._recent(now), now)[-_MOST_MOVES:], target, target)

    def _was_told(self, target: Watts) -> bool:
        return self.lowest <= target <= self.highest

    def _told(self, target: Watts) -> "Standing":
        return replace(self, lowest=min(target, self.lowest), highest=max(target, self.highest))

    def expected(self, now: Timestamp) -> Seconds:
        """Return for how long it may be expected to stand yet; one alone tells nothing of a next."""
        recent = self._recent(now)
        if len(recent) < 2:
            return LONGEST
        usual = (recent[-1] - recent[0]) / (len(recent) - 1)
        return Seconds(min(LONGEST, max(usual, now - recent[-1])))

    def is_jitter(self, target: Watts, now: Timestamp) -> bool:
        """Whether a target only says again what stands: it goes no further than it was told already.

        What stands has done so for as long as a setpoint does, or what was before it has.
        """
        moments = (now - LONGEST, *self._recent(now), now)[-3:]
        stood = max(after - before for before, after in pairwise(moments))
        return self._was_told(target) and stood >= _SETPOINT

    def _recent(self, now: Timestamp) -> tuple[Timestamp, ...]:
        return tuple(at for at in self.moved_at if at > now - LONGEST)
