"""Powers between the wire and the fleet."""

import math
import sys

from netstab.units import Watts

__all__ = ["asked_watts"]


def asked_watts(kilowatts: float) -> Watts:
    """Convert a finite power in kW to whole W, away from zero: rounding must not hide an excess over a bound.

    Noise below 1 µW is dropped first; what lies beyond a double stays its largest value.
    """
    size = min(abs(kilowatts) * 1000, sys.float_info.max)
    return Watts(math.copysign(math.ceil(round(size, 6)), kilowatts))
