"""What wears a miner: how often its mining process was begun anew because of us, over the last day. Pure.

It says nothing of who has to be spared for it: that is the business of the minimum times (`switching`).
"""

from dataclasses import dataclass
from enum import StrEnum

from netstab.units import WallTime

__all__ = ["DAY", "HOUR", "UNWORN", "Strain", "Wear", "Worn"]

HOUR = 3600.0
DAY = 24  # hours


class Strain(StrEnum):
    """How a step that was sent begins a mining process anew. The values are stored in the log."""

    WAKE = "wake"
    RESTART = "restart"  # for another setting, or asked for by name, a reboot too


@dataclass(frozen=True, slots=True)
class Worn:
    """How often miners were woken and restarted, and how many of the wakes led to no hashing."""

    wakes: int = 0
    restarts: int = 0
    failed_wakes: int = 0


@dataclass(frozen=True, slots=True)
class Wear:
    """By hours of the host's clock, counted from 1970: wakes, restarts, failed wakes.

    An hour without any is left out, and what is older than a day forgotten: it never grows beyond that.
    """

    hours: tuple[tuple[int, int, int, int], ...] = ()

    def after(self, strain: Strain, at: WallTime, *, failed: bool) -> "Wear":
        """Take in one strain; where the clock was set back it counts for the latest hour known."""
        hour = max(int(at // HOUR), self.hours[-1][0] if self.hours else 0)
        *older, last = (
            self.hours if self.hours and self.hours[-1][0] == hour else (*self.hours, (hour, 0, 0, 0))
        )
        woken = strain is Strain.WAKE
        now = (hour, last[1] + woken, last[2] + (not woken), last[3] + (woken and failed))
        return Wear((*(each for each in older if each[0] >= hour - DAY), now))

    def lately(self, at: WallTime) -> Worn:
        """Sum up the hour of `at` and the 24 before it."""
        first = int(at // HOUR) - DAY
        counted = [each for each in self.hours if each[0] >= first]
        _, wakes, restarts, failed = map(sum, zip(*counted, strict=True)) if counted else (0, 0, 0, 0)
        return Worn(wakes, restarts, failed)


UNWORN = Wear()
