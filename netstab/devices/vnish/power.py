"""What a machine on Vnish 1.x can be told, by what it tells of itself. Pure.

1.3 takes a throttle in percent: a range in watts, of what its preset is named after. 1.2 has presets alone,
and of those only tuned ones are offered: any other begins an auto-tune of an hour and more.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from netstab.devices.antminers import antminer_named
from netstab.devices.vnish.documents import Preset
from netstab.power.unit import Capabilities, OperatingPoint, PowerRange, PowerSource
from netstab.units import GigahashPerSecond, Seconds, Setting, Watts

__all__ = ["LEAST_PERCENT", "capabilities", "percent_of", "setting_of", "steps_of", "throttled"]

LEAST_PERCENT = 20
"""By the vendor's document; 100 is not throttled."""

SETTLES = Seconds(120.0)
"""How long a throttle takes is not documented: the readings tell, and nothing is learned of it before."""

_ALLOWED = 0.05  # of the power of a data sheet
_BY_HAND = "set by hand"
_FINEST = 1024  # a binary fraction, so that each sum of steps is exact


def throttled(preset: Preset) -> PowerRange | None:
    """Return the range of a preset, a percent of its name in each step; None of one without watts."""
    if not preset.watts:
        return None
    step = math.floor(preset.watts * _FINEST / 100) / _FINEST
    lowest = preset.watts - (100 - LEAST_PERCENT) * step
    return PowerRange(Watts(lowest), preset.watts, Watts(step), preset.hashrate)


def setting_of(powers: PowerRange, percent: int) -> Setting:
    """Return the watts that a throttle comes to."""
    return powers.at(min(max(percent, LEAST_PERCENT), 100) - LEAST_PERCENT).setting


def percent_of(powers: PowerRange, setting: Setting) -> int | None:
    """Return the throttle that comes to those watts, None where none does."""
    if not isinstance(setting, int) or not powers.lowest - 1 <= setting <= powers.highest + 1:
        return None
    percent = LEAST_PERCENT + round((setting - powers.lowest) / powers.step)
    return percent if setting_of(powers, percent) == setting else None


def steps_of(model: str, presets: Sequence[Preset], current: Preset | None) -> tuple[OperatingPoint, ...]:
    """Return the points that it can be moved between; none where it runs at one that is not tuned.

    To leave that one would cost its owner another auto-tune to come back. Presets beyond the nameplate are no
    points, whatever its owner runs now.
    """
    usable = {each.watts: each for each in presets if each.tuned and each.watts and not each.needs_other_psu}
    if current is None or current.watts not in usable:
        return ()
    within = [at for at in sorted(usable) if at <= _most(model)]
    points = tuple(OperatingPoint(at, usable[at].hashrate, round(at)) for at in within)
    return points if len(points) > 1 else ()


def _most(model: str) -> float:
    """Return the most that a machine is told to draw, by its maker's sheet and what that allows."""
    rated = antminer_named(model)
    return math.inf if rated is None else rated.power * (1 + _ALLOWED)


def capabilities(
    model: str,
    preset: Preset | None,
    presets: Sequence[Preset],
    *,
    throttles: bool,
    measured: bool,
    drawn: Watts | None,
) -> Capabilities:
    """Return what it can be told. `drawn` is what it draws while it hashes, None where it does not.

    Where it can be neither throttled nor moved between presets it is switched alone, at its one point.
    """
    source = PowerSource.MEASURED if measured else PowerSource.MODELLED
    switched = Capabilities(switchable=True, power_source=source)
    powers = throttled(preset) if throttles and preset is not None else None
    if powers is not None:
        return replace(
            switched, range=powers, restarts_on_change=False, settles_within=SETTLES, volatile=True
        )
    if steps := () if throttles else steps_of(model, presets, preset):
        return replace(switched, steps=steps)
    whole = _whole(model, preset, drawn)
    return replace(switched, steps=(whole,)) if whole is not None else Capabilities()


def _whole(model: str, preset: Preset | None, drawn: Watts | None) -> OperatingPoint | None:
    """Return the one point of what is only switched: by its preset, its maker's rating, or its reading."""
    if preset is not None and preset.watts:
        return OperatingPoint(preset.watts, preset.hashrate, round(preset.watts))
    rated = antminer_named(model)
    if rated is not None:
        return OperatingPoint(rated.power, rated.hashrate, _BY_HAND)
    if drawn:
        return OperatingPoint(Watts(float(f"{drawn:.2g}")), GigahashPerSecond(0.0), _BY_HAND)
    return None
