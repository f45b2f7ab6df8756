"""How soon miners confirm that they have taken a wake, and how many do of those that are woken now. Pure.

A miner at rest shows life by a port that nobody listens on: whether it takes anything only a wake tells.
"""

import math
from dataclasses import dataclass, replace

from netstab.units import Seconds, Timestamp

__all__ = ["Confirmation", "confirmed", "counted"]

_LEAST = Seconds(2.0)
_TIMES = 2  # the mean: so late hardly any is that confirms at all
_NEWEST = 0.2  # of the mean: what one wake counts for

_TRUST = 2.0  # wakes that are taken to be confirmed before any was
_LEAST_SHARE = 0.5  # no more than twice as many are woken as are needed
_HOLDS = Seconds(60.0)
"""So long few that confirm are remembered: those that do not are unreachable or in their back-off by then."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`seconds` is the mean from an order to the answer of the miner, None before the first.

    `share` is how many of those told to wake may be expected to confirm it, found at `found_at`, when `late`
    had not.
    """

    seconds: float | None = None
    share: float = 1.0
    found_at: Timestamp = Timestamp(-math.inf)
    late: int = 0

    @property
    def within(self) -> Seconds:
        """After how long a wake without an answer is late: never while no miner was seen to answer one.

        In whole seconds of the mean: what each answer changed would have a fleet looked at anew.
        """
        return Seconds(
            math.inf if self.seconds is None else _LEAST + _TIMES * max(1, math.ceil(self.seconds))
        )


def confirmed(before: Confirmation, seconds: float) -> Confirmation:
    """Take in that a miner has confirmed a wake after so long."""
    mean = seconds if before.seconds is None else before.seconds + _NEWEST * (seconds - before.seconds)
    return replace(before, seconds=mean)


def counted(before: Confirmation, late: int, confirmed: int, now: Timestamp) -> Confirmation:
    """Take in how many are late now, and how many have confirmed and are on their way.

    The share rises again only after a while.
    """
    share = max(_LEAST_SHARE, round((confirmed + _TRUST) / (confirmed + late + _TRUST), 2))
    if share < before.share or now >= before.found_at + _HOLDS:
        return (
            before
            if (share, late) == (before.share, before.late)
            else replace(before, share=share, found_at=now, late=late)
        )
    return before if late == before.late else replace(before, late=late)
