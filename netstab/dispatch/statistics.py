"""What was learned of a miner: what it really draws, how surely it wakes, how soon, and how that wore it.

All of it is in the command log, so that it outlives a restart and a decision can be worked out again.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from netstab.dispatch.wear import UNWORN, Wear
from netstab.power.unit import USUAL_START
from netstab.units import Seconds, WallTime

__all__ = [
    "FOUND_AFTER",
    "NEVER_STARTED",
    "NEW",
    "StartStatistics",
    "UnitStatistics",
    "after_failure",
    "after_wake",
    "certainty",
    "rerated",
    "start_statistics",
    "wake_probability",
]

FADING = 0.9
"""What an older wake counts for at each newer one: about the last ten make a miner's record."""

TRUST = 10.0
"""Wakes that a fleet is credited with before it was seen to wake."""

FOUND_AFTER = Seconds(240.0)
"""By then a start that comes to nothing is given up, and another miner has taken its place."""

_STEP = 1.25
_OLDER = 0.7  # what the mean time of older wakes counts for at each newer one
_OWN_TRUST = 3.0  # wakes that each miner is credited with, at the rate of the fleet
_LATE = 1.6  # times the mean: by then nearly all that come have come
_LATEST = 2.5  # times the mean: hardly anybody is counted on any more
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class UnitStatistics:
    """One miner's: `power_factor` is its real draw in units of its rating, if that was `measured`.

    `wakes` and `failures` count how its newest wakes ended; `wake_seconds` is the mean time to hashing.
    `wear` counts what it was put through, and it `runs`, or does not, since it was told so at `switched_at`.
    """

    power_factor: float = 1.0
    running_hours: float = 0.0
    wakes: float = 0.0
    failures: float = 0.0
    wake_seconds: Seconds | None = None
    wear: Wear = UNWORN
    switched_at: WallTime | None = None
    runs: bool = False
    measured: bool = False


NEW = UnitStatistics()


@dataclass(frozen=True, slots=True)
class StartStatistics:
    """How a fleet wakes: the share of wakes that come to hash, their mean time and its standard deviation.

    Of those that are woken just now a share of `confirming` may be expected to take it.
    """

    probability: float
    seconds: Seconds
    confirming: float = 1.0
    spread: Seconds = Seconds(0.0)

    @property
    def about(self) -> Seconds:
        """The mean time in steps of a quarter: units that were not timed themselves are taken for that.

        Each wake moves the mean a little, and with that a whole fleet would have to be looked at anew.
        """
        return Seconds(round(_STEP ** round(math.log(max(1.0, self.seconds), _STEP)), 1))


NEVER_STARTED = StartStatistics(1.0, USUAL_START)
"""Of a fleet that nothing is known of."""


def after_wake(before: UnitStatistics, seconds: float) -> UnitStatistics:
    """Take in that a wake led to hashing within `seconds`."""
    mean = seconds if before.wake_seconds is None else _OLDER * before.wake_seconds + (1 - _OLDER) * seconds
    wakes, failures = before.wakes * FADING + 1, before.failures * FADING
    return replace(
        before, wakes=round(wakes, 3), failures=round(failures, 3), wake_seconds=Seconds(round(mean, 1))
    )


def after_failure(before: UnitStatistics) -> UnitStatistics:
    """Take in that a wake was taken and nothing came of it."""
    wakes, failures = before.wakes * FADING, before.failures * FADING + 1
    return replace(before, wakes=round(wakes, 3), failures=round(failures, 3))


def rerated(before: UnitStatistics, old: float, new: float) -> UnitStatistics:
    """Return what is known of a miner whose rating was changed: what it draws is still the same."""
    if old == new or new <= 0:
        return before
    return replace(before, power_factor=round(before.power_factor * old / new, 3))


def start_statistics(experiences: Iterable[UnitStatistics]) -> StartStatistics:
    """Sum up a fleet. One that was never seen to wake is taken at its maker's word."""
    wakes = failures = 0.0
    timed = list[tuple[float, float]]()
    for each in experiences:
        wakes, failures = wakes + each.wakes, failures + each.failures
        if each.wake_seconds is not None:
            timed.append((each.wake_seconds, each.wakes))
    probability = (wakes + TRUST) / (wakes + failures + TRUST)
    if not timed:
        return StartStatistics(probability, USUAL_START)
    mean = sum(seconds for seconds, _ in timed) / len(timed)
    variance = sum((seconds - mean) ** 2 / _left_in(count) for seconds, count in timed) / len(timed)
    return StartStatistics(probability, Seconds(mean), spread=Seconds(math.sqrt(variance)))


def _left_in(wakes: float) -> float:
    """Return how much of the variance of single wakes is left in the mean of so many."""
    first = math.pow(_OLDER, 2 * max(0.0, wakes - 1))
    return first + (1 - first) * (1 - _OLDER) / (1 + _OLDER)


def wake_probability(own: UnitStatistics, fleet: StartStatistics) -> float:
    """Say how surely a miner wakes, from 0 to 1: like the fleet, until it has shown otherwise."""
    credit = _OWN_TRUST * fleet.probability
    return (own.wakes + credit) / (own.wakes + own.failures + _OWN_TRUST)


def certainty(own: UnitStatistics, fleet: StartStatistics, starting_for: float | None) -> float:
    """Say how surely a miner comes to hash that has been starting for so many seconds (None: not yet).

    Who is late is counted on less and less.
    """
    probability = wake_probability(own, fleet)
    if starting_for is None:
        return probability * fleet.confirming
    mean = max(fleet.seconds, own.wake_seconds or 0.0)
    late, latest = _LATE * mean, _LATEST * mean
    return probability * min(1.0, max(_LEAST, (latest - starting_for) / (latest - late)))
