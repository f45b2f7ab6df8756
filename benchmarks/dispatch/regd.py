"""A signal like PJM's RegD, worked out from a recorded one: no record of RegD may be passed on here.

RegD is what a high pass leaves of the area's control error: fast, between -1 and 1 and often at these, and
over a quarter to half an hour it takes about as much energy as it gives. CAISO's dispatch of a battery is
such an error before the filter. Two first-order lags make a band pass of it: the faster one takes off jumps
that RegD has none of, the slower one is taken off as the energy.

Worked out so from the chosen day: mileage 23 pu/h (4.6 times that of RegA), mean size 0.47, at a limit for
16 % of the time, and no half hour whose mean is beyond 0.17.
"""

from collections.abc import Sequence

from benchmarks.dispatch.scoring import HOUR_NEEDS

__all__ = ["DAY", "EVERY", "regd"]

DAY = "2016-08-07"
"""Of the ten days the one whose mileage, size and energy come nearest to those of RegD."""
EVERY = 2
"""Seconds from one value to the next."""

_RECORDED_EVERY = 4
_FAST, _SLOW = 60.0, 200.0  # s, time constants: the score's windows are 300 s long
_GAIN = 2.5  # what the band pass takes off a signal that fills -1 to 1


def regd(recorded: Sequence[float], begins: int) -> list[float]:
    """Return per unit every 2 s, for an hour's score from second `begins` on of a day recorded every 4 s."""
    fast = slow = recorded[0]
    found = []
    for now in range(0, begins + HOUR_NEEDS, EVERY):
        fast += EVERY / _FAST * (_at(recorded, now) - fast)
        slow += EVERY / _SLOW * (fast - slow)
        found.append(min(1.0, max(-1.0, _GAIN * (fast - slow))))
    return found[begins // EVERY :]


def _at(recorded: Sequence[float], now: int) -> float:
    """Return the recorded value at a second, on a line between two."""
    place, past = divmod(now, _RECORDED_EVERY)
    before, after = recorded[place], recorded[min(place + 1, len(recorded) - 1)]
    return before + (after - before) * past / _RECORDED_EVERY
