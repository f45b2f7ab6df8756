"""How much energy a unit takes for what it works, as it was found to draw."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from netstab.power.unit import Unit

__all__ = ["efficiency", "worth_running"]

U = TypeVar("U", bound=Unit)


def efficiency(unit: Unit) -> float | None:
    """Return the J/TH of a unit at its full point, as it was found to draw, None where that is not known."""
    full = unit.full_point
    if full is None or not full.hashrate:
        return None
    return float(round(1000 * full.power * unit.power_factor / full.hashrate))


def worth_running(units: Sequence[U], worth: float | None) -> Sequence[U]:
    """Return units so that none above `worth` J/TH gains anything by running; None: all may.

    Of which it is unknown, those run as long as any does.
    """
    if worth is None:
        return units
    return [replace(unit, certainty=0.0) if (efficiency(unit) or 0.0) > worth else unit for unit in units]
