"""What a device of Braiins OS can be told, by its own bounds. Pure."""

from netstab.devices.antminers import antminer_named
from netstab.devices.braiins.documents import Bounds, Configured, Told
from netstab.power.unit import Capabilities, OperatingPoint, PowerRange, PowerSource
from netstab.units import GigahashPerSecond, Seconds, Watts

__all__ = ["RUNS", "SETTLES", "STEP", "capabilities"]

RUNS = "as configured"
"""The setting of the one point of a device that is only switched, which nobody is ever told."""

STEP = 50
"""W between neighbouring targets, where the device takes any whole watt.

Each target that was never held before starts its tuner, for minutes; those held before are stored as profiles
and apply faster: of a few targets that come again and again each is tuned once. What a machine draws is known
by its own approximation within some 2 %, which is more than this.
"""

SETTLES = Seconds(300.0)
"""Down it was seen within about 30 s, up in minutes; to a far target that was never held it takes longer."""


def capabilities(told: Told, configured: Configured, bounds: Bounds) -> Capabilities:
    """Return a range where the device tells both its bounds and holds a power; else it is only switched.

    Where its owner has it hold a hash rate, or has its tuner off, a power target would take that from him. A
    device of which no power is known at all is read, and never controlled.
    """
    if _is_settable(configured, bounds):
        return Capabilities(
            switchable=True,
            range=_powers(told, bounds),
            restarts_on_change=False,
            settles_within=SETTLES,
            power_source=PowerSource.APPROXIMATED,
        )
    power = configured.target or _nameplate(told, bounds)
    if power is None:
        return Capabilities()
    whole = OperatingPoint(Watts(float(power)), _hashrate(told, power), RUNS)
    return Capabilities(switchable=True, steps=(whole,), power_source=PowerSource.APPROXIMATED)


def _is_settable(configured: Configured, bounds: Bounds) -> bool:
    """Whether it takes power targets: it holds one, and names the lowest and the highest."""
    lowest, highest = bounds.lowest, bounds.highest
    return configured.holds_power and lowest is not None and highest is not None and lowest <= highest


def _powers(told: Told, bounds: Bounds) -> PowerRange:
    """Return whole steps down from the nameplate, within the bounds; the lowest is less than one above.

    What the firmware lets a machine be set to beyond its nameplate, its power supply may not bear.
    """
    lowest, most = bounds.lowest or 1, bounds.highest or 1
    highest = max(lowest, min(most, _nameplate(told, bounds) or most))
    step = min(STEP, max(1, highest - lowest))
    aligned = highest - (highest - lowest) // step * step
    rate = _hashrate(told, highest)
    return PowerRange(Watts(float(aligned)), Watts(float(highest)), Watts(float(step)), rate)


def _nameplate(told: Told, bounds: Bounds) -> int | None:
    """Return what it is built to draw: its default target, else what its model's sheet says."""
    model = antminer_named(told.model)
    return bounds.default or (round(model.power) if model is not None else None)


def _hashrate(told: Told, power: int) -> GigahashPerSecond:
    """Return its rate at a power, in proportion to that of its model's sheet, else what its label says."""
    model = antminer_named(told.model)
    return model.hashrate_at(Watts(float(power))) if model is not None else told.rated_hashrate
