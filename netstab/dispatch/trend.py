"""Wakes early what a rising target is about to need: a wake takes seconds, a signal goes on meanwhile.

It never goes beyond the tolerance band around the target, so that a signal which turns is still followed.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from netstab.units import Seconds, Timestamp, Watts

__all__ = ["Ordered", "aim", "remembered"]

LONGEST_LEAD = Seconds(20.0)
"""Fleets that wake more slowly are not helped by looking ahead: no signal is so steady."""

_WINDOW = Seconds(15.0)
_FRESH = Seconds(6.0)  # a signal comes every 2 to 4 s; one that is silent for longer is a setpoint
_FEWEST = 3
_STEADILY = 0.7  # of all steps: a signal that goes to and fro has no trend


class Ordered(NamedTuple):
    """A power that was ordered, and when."""

    at: Timestamp
    target: Watts


def remembered(before: Sequence[Ordered], order: Ordered) -> tuple[Ordered, ...]:
    """Keep the newest orders, as far back as a trend is looked for."""
    return (*(each for each in before if each.at > order.at - _WINDOW), order)


def aim(
    target: Watts, orders: Sequence[Ordered], wake: Seconds, tolerance_percent: float, now: Timestamp
) -> Watts:
    """Return the power to wake miners for: where a rising signal will be when they hash, else the target.

    `wake` is what the fleet takes to hash.
    """
    if wake > LONGEST_LEAD or len(orders) < _FEWEST or now > orders[-1].at + _FRESH:
        return target
    first, last = orders[0], orders[-1]
    rise = last.target - first.target
    way = sum(abs(after.target - before.target) for before, after in pairwise(orders))
    if last.target != target or rise <= 0 or rise < _STEADILY * way or last.at <= first.at:
        return target
    ahead = rise / (last.at - first.at) * wake
    return Watts(target + min(ahead, target * tolerance_percent / 100))
