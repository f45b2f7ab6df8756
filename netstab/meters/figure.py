"""From the figure that a meter shows to the power of the miners. Pure."""

import math

from netstab.errors import MeterFigureUnusable
from netstab.settings import MeterUnit
from netstab.units import Watts, watts

__all__ = ["fleet_power"]

_MOST = watts(1_000_000)  # the largest rated power that the settings take


def fleet_power(figure: float, unit: MeterUnit, base_power_kw: float) -> Watts:
    """Give the metered power less what else the site draws, in W, at least 0.

    Raises `MeterFigureUnusable` for what cannot be the draw of a site, such as a sign that is turned round
    or two words in the wrong order.
    """
    if not math.isfinite(figure):
        raise MeterFigureUnusable(f"The meter shows {figure}, which is no number.")
    power = watts(figure) if unit is MeterUnit.KILOWATTS else Watts(figure)
    if power < 0:
        raise MeterFigureUnusable(f"The meter shows {figure:g} {unit}; power drawn must not be below 0.")
    if power > _MOST:
        raise MeterFigureUnusable(
            f"The meter shows {figure:g} {unit}, more than any site draws; "
            "check its unit, and the type and word order of its registers."
        )
    return Watts(max(0.0, power - watts(base_power_kw)))
