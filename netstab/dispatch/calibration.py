"""From readings to what is learned of a miner's power and of the site meter. Pure.

It learns in steady state alone: fed during transitions, a mean once had a fleet's rated power swing from 194
to 843 kW.
"""

from dataclasses import dataclass

from netstab.units import Seconds, Watts

__all__ = ["STEADY", "Drawn", "MeterFit", "climb_fitted", "fitted", "power_factor", "to_scale"]

STEADY = Seconds(30.0)
"""How long a miner has to hash before its power counts: boards take about 20 s to come up."""

_FACTORS = (0.3, 1.3)  # one board of three, and the worst that a nameplate was seen to be off
_SCALES = (0.6, 1.4)
_LEAST_RUNNING = 8.0  # times the idle draw, which is known to 30-51 W a miner and no better
_MOST_UNSETTLED = 0.05  # of what runs
_WEIGHT = 0.05  # of one reading a second, once there were some
_FIRST_WEIGHT = 0.25

_CLIMB_SCALES = (0.75, 1.3)  # what units tell of themselves is off by a tenth, and some by twice that
_LEAST_CLIMBED = 0.05  # of what the meter shows: less is within what is not known of the others
_MOST_MOVING = 0.02  # of what the meter shows


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the miners are known to draw now: idle draw of all, and on top of it by those that hash.

    `unsettled` is how much of it may still change: of those whose boards come up, or that were told to stop.
    Units that start tell that they have `climbed` to so much above their idle draw. `moving` is what may be
    drawn more or less than that, by those on their way to another power whose readings do not show it yet.
    """

    idle: Watts
    running: Watts
    unsettled: Watts
    climbed: Watts = Watts(0.0)
    moving: Watts = Watts(0.0)


@dataclass(frozen=True, slots=True)
class MeterFit:
    """What the meter shows in units of what is known, and from how many readings."""

    scale: float
    readings: int = 0


def power_factor(measured: Watts, expected: Watts) -> float:
    """Return a miner's draw in units of what its rating says of its point, within bounds."""
    return _bounded(measured / expected, _FACTORS) if expected > 0 else 1.0


def fitted(before: MeterFit, metered: Watts, drawn: Drawn) -> MeterFit:
    """Take in one reading of the site meter; idle draw is subtracted on both sides.

    What is not steady enough, or more than a nameplate can be off, leaves the scale as it is.
    """
    if drawn.running < _LEAST_RUNNING * drawn.idle or drawn.unsettled > _MOST_UNSETTLED * drawn.running:
        return before
    shown = (metered - drawn.idle) / drawn.running if drawn.running else 0.0
    if not _SCALES[0] <= shown <= _SCALES[1]:
        return before
    weight = max(_WEIGHT, _FIRST_WEIGHT / (1 + before.readings))
    return MeterFit(before.scale + weight * (shown - before.scale), before.readings + 1)


def climb_fitted(before: float, metered: Watts, drawn: Drawn, scale: float) -> float:
    """Return what the meter shows of units that climb in units of what they tell, by one reading more.

    That is what the others do not draw, by the meter's `scale`. Of few it is taken to be as of the others.
    """
    if drawn.climbed <= _LEAST_CLIMBED * abs(metered):
        return scale
    if drawn.moving > _MOST_MOVING * abs(metered):
        return before
    shown = (metered - drawn.idle - scale * drawn.running) / drawn.climbed
    return before + _WEIGHT * (_bounded(shown, _CLIMB_SCALES) - before)


def to_scale(power: Watts, idle: Watts, scale: float) -> Watts:
    """Return what the meter shows of a running miner's power; its idle draw is not scaled."""
    return Watts(idle + scale * (power - idle))


def _bounded(figure: float, bounds: tuple[float, float]) -> float:
    return min(bounds[1], max(bounds[0], figure))
