"""What a fleet of units that are tuned can score by the time that they take alone.

Half of the score's samples are taken in the very second in which an order comes: nobody has followed it by
then who does not know it before. Here all are told at once what is asked, no more and no sooner, and lack
neither range nor accuracy.
"""

from collections.abc import Iterable
from itertools import repeat
from math import exp
from statistics import fmean

import numpy as np

from benchmarks.dispatch import signals
from benchmarks.dispatch.regd import EVERY
from benchmarks.dispatch.run import Floats
from benchmarks.dispatch.scoring import HOUR_NEEDS, SAMPLE, score
from netstab.simulation.makes import POWER_LIMIT

__all__ = ["BEST_OF", "best_score"]


def best_score(signal: Iterable[float], every: int, profile: str) -> float:
    """Score an hour of a signal in per unit, `every` so many seconds, followed by units of a profile."""
    limited = (min(1.0, max(-1.0, value)) for value in signal)
    asked = np.array([value for each in limited for value in repeat(each, every)])[:HOUR_NEEDS]
    return score(asked[::SAMPLE], _followed(asked, profile)[::SAMPLE]).total


def _followed(asked: Floats, profile: str) -> Floats:
    """Return what is drawn at each second, measured as in a run: before an order of then has an effect."""
    make, drawn, power = POWER_LIMIT[profile], [], float(asked[0])
    for target in asked.tolist():
        drawn.append(power)
        power = target + (power - target) * exp(-1 / (make.rises if target > power else make.falls))
    return np.array(drawn)


def _of_caiso(profile: str) -> float:
    return fmean(best_score(day, 4, profile) for day in signals.caiso_days().values())


def _of_regd(profile: str) -> float:
    return best_score(signals.regd_like(), EVERY, profile)


BEST_OF = {"CAISO": _of_caiso, "RegD": _of_regd}
"""The mean of the ten days, and the hour like RegD, by the profile."""
