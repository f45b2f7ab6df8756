"""The operating points of an S9, by their frequency in MHz."""

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.power.unit import OperatingPoint


def at(frequency: int) -> OperatingPoint:
    point = ANTMINER_S9.capabilities.point_of(frequency)
    assert point is not None
    return point
