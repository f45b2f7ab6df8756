"""Percent of a Whatsminer's power limit and what they come to in watts. Pure.

The limit is the maker's word for full power, and it is told by the device. A step is a hundredth of it, made
a whole number of 1/1024 W, so that no sum of steps is rounded: percent, place and setting are one to one.
"""

import math

from netstab.devices.family import in_watts
from netstab.power.unit import Capabilities, PowerRange
from netstab.units import GigahashPerSecond, Setting, Watts

__all__ = ["FULL", "LOWEST", "percent_of", "powers", "setting_of", "worded"]

FULL = 100
"""More, up to 200, is for machines that are cooled by water or oil, and is never set."""

LOWEST = 60
"""The least that is set. The maker publishes no bound and warns of a percentage that is too low: such a
machine gets unstable and restarts itself, which costs up to ten minutes. 60 is what his own examples set."""

_FRACTION = 1024.0
_UNTOLD = GigahashPerSecond(0.0)


def powers(limit: Watts, hashrate: GigahashPerSecond = _UNTOLD) -> PowerRange:
    """Return what a machine with that limit can be told, one point for each percent; limits from 100 W."""
    step = math.floor(limit / FULL * _FRACTION) / _FRACTION
    whole = Watts(float(round(limit)))
    return PowerRange(Watts(whole - (FULL - LOWEST) * step), whole, Watts(step), hashrate)


def setting_of(percent: int, limit: Watts) -> Setting:
    """Return the setting that a percentage is, also of one that dispatch never sets."""
    return powers(limit).at(percent - LOWEST).setting


def worded(setting: Setting, can: Capabilities) -> str:
    """Say a setting as what the machine is told, and what that comes to."""
    if can.range is None or not isinstance(setting, int):
        return in_watts(setting, can)
    return f"{percent_of(setting, can.range.highest)} % ({setting:,} W)"


def percent_of(setting: int, limit: Watts) -> int:
    """Return the percentage nearest to a setting, of those that are set."""
    known = powers(limit)
    place = round((setting - known.lowest) / known.step)
    return LOWEST + min(max(place, 0), FULL - LOWEST)
