"""From readings to what is learned of a miner's power and of the site meter. Pure.

It learns in steady state alone: fed during transitions, a mean once had a fleet's rated power swing from 194
to 843 kW.
"""

from dataclasses import dataclass

from netstab.units import Seconds, Watts

__all__ = ["STEADY", "Drawn", "meter_scale", "power_factor"]

STEADY = Seconds(30.0)
"""How long a miner has to hash before its power counts: boards take about 20 s to come up."""

_FACTORS = (0.3, 1.3)  # one board of three, and the worst that a nameplate was seen to be off
_SCALES = (0.6, 1.4)
_MOST_UNSETTLED = 0.15  # of what runs
_WEIGHT = 0.05  # of one reading a second: about 20 of them make the scale


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the miners are known to draw now: idle draw of all, and on top of it by those that hash.

    `settling` is the part of those that began to within `STEADY`.
    """

    idle: Watts
    steady: Watts
    settling: Watts


def power_factor(measured: Watts, expected: Watts) -> float:
    """Give a miner's draw in units of what its rating says of its frequency, within bounds."""
    return _bounded(measured / expected, _FACTORS) if expected > 0 else 1.0


def meter_scale(before: float, metered: Watts, drawn: Drawn) -> float:
    """Take in one reading of the site meter; idle draw is subtracted on both sides.

    What is not steady enough to tell anything leaves the scale as it is.
    """
    if drawn.steady <= drawn.idle or drawn.settling > _MOST_UNSETTLED * (drawn.steady + drawn.settling):
        return before
    known = drawn.steady + drawn.settling / 2
    return before + _WEIGHT * (_bounded((metered - drawn.idle) / known, _SCALES) - before)


def _bounded(figure: float, bounds: tuple[float, float]) -> float:
    return min(bounds[1], max(bounds[0], figure))
