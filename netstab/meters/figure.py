"""From the figure that a meter shows to the power of the miners. Pure."""

import math

from netstab.errors import MeterFigureUnusable, MeterReversed
from netstab.settings.meter import MeterUnit
from netstab.units import Watts, watts

__all__ = ["ZERO_BAND", "fleet_power", "zero_band"]

_MOST = {MeterUnit.KILOWATTS: 1e6, MeterUnit.WATTS: 1e9}  # the largest rated power that the settings take
ZERO_BAND = Watts(50.0)
_ZERO_SHARE = 0.005


def zero_band(rated: Watts) -> Watts:
    """Return how far below zero a meter may show nothing: what clamps err by at zero.

    Half a percent of the fleet's rating, the error of common clamps, and at least 50 W. A sign that is turned
    round shows more: fleets asleep draw 3.5 % of their rating.
    """
    return Watts(max(ZERO_BAND, _ZERO_SHARE * rated))


def fleet_power(figure: float, unit: MeterUnit, base_power_kw: float, zero: Watts = ZERO_BAND) -> Watts:
    """Return the metered power less what else the site draws, in W, at least 0; down to `-zero` W is zero.

    Raises `MeterReversed` for what is below, `MeterFigureUnusable` for what else cannot be the draw of a
    site, such as two words in the wrong order.
    """
    if not math.isfinite(figure):
        raise MeterFigureUnusable(f"The meter shows {figure}, which is no number.")
    if abs(figure) > _MOST[unit]:
        raise MeterFigureUnusable(
            f"The meter shows {figure:g} {unit}, more than any site draws; "
            "check its unit, and the type and word order of its registers."
        )
    power = watts(figure) if unit is MeterUnit.KILOWATTS else Watts(figure)
    if power < -zero:
        raise MeterReversed(
            f"The meter shows {figure:g} {unit}, as if the site fed in: its sign is turned round. "
            "Turn its clamp; of a Modbus meter, POWER_METER_MODBUS_SCALE may be below 0 instead."
        )
    return Watts(max(0.0, power - watts(base_power_kw)))
