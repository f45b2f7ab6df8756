"""How long a target may be expected to stand: as long as it has, or as those before it did. Pure.

What takes minutes to pay, such as another frequency of a miner that starts anew for it, is judged by this.
"""

from dataclasses import dataclass

from netstab.units import Seconds, Timestamp, Watts

__all__ = ["LONGEST", "Standing"]

LONGEST = Seconds(3600.0)
"""No target is expected to stand for longer: schedules are made by the hour."""

_MOST_MOVES = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """The `target` that stands, and when it and those before it came, the newest last."""

    target: Watts = Watts(0.0)
    moved_at: tuple[Timestamp, ...] = ()

    def after(self, target: Watts, tolerance_percent: float, now: Timestamp) -> "Standing":
        """Take in a target; what stays within half the tolerance, as one that is metered does, is no move."""
        if abs(target - self.target) <= max(target, self.target) * tolerance_percent / 200:
            return self
        return Standing(target, (*self._recent(now), now)[-_MOST_MOVES:])

    def expected(self, now: Timestamp) -> Seconds:
        """Return for how long it may be expected to stand yet; one alone tells nothing of a next."""
        recent = self._recent(now)
        if len(recent) < 2:
            return LONGEST
        usual = (recent[-1] - recent[0]) / (len(recent) - 1)
        return Seconds(min(LONGEST, max(usual, now - recent[-1])))

    def _recent(self, now: Timestamp) -> tuple[Timestamp, ...]:
        return tuple(at for at in self.moved_at if at > now - LONGEST)
