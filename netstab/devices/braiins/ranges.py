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
            range=_powers(told, bounds.lowest or 0, bounds.highest or 0),
            restarts_on_change=False,
            settles_within=SETTLES,
            power_source=PowerSource.APPROXIMATED,
        )
    power = _rated_power(told, configured, bounds)
    if power is None:
        return Capabilities()
    whole = OperatingPoint(power, _hashrate(told, power), RUNS)
    return Capabilities(switchable=True, steps=(whole,), power_source=PowerSource.APPROXIMATED)


def _is_settable(configured: Configured, bounds: Bounds) -> bool:
    """Whether it takes power targets: it holds one, and names the lowest and the highest."""
    lowest, highest = bounds.lowest, bounds.highest
    return configured.holds_power and lowest is not None and highest is not None and lowest <= highest


def _powers(told: Told, lowest: int, highest: int) -> PowerRange:
    """Return whole steps down from the highest; the lowest of them is above the bound by less than one."""
    step = min(STEP, max(1, highest - lowest))
    aligned = highest - (highest - lowest) // step * step
    most = Watts(float(highest))
    return PowerRange(Watts(float(aligned)), most, Watts(float(step)), _hashrate(told, most))


def _hashrate(told: Told, power: Watts) -> GigahashPerSecond:
    """Return its rate at a power, in proportion to that of its model's sheet, else what its label says."""
    model = antminer_named(told.model)
    return model.hashrate_at(power) if model is not None else told.rated_hashrate


def _rated_power(told: Told, configured: Configured, bounds: Bounds) -> Watts | None:
    model = antminer_named(told.model)
    power = configured.target or bounds.default or (model.power if model is not None else None)
    return None if power is None else Watts(float(power))
