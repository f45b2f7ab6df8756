"""The energy that the fleet has drawn, counted from what is published of its power. Pure."""

from dataclasses import dataclass

from netstab.units import Seconds, Timestamp, Watts

__all__ = ["LONGEST_GAP", "EnergyCount", "counted"]

LONGEST_GAP = Seconds(10.0)
"""Power that was published counts no longer than this: what is not seen is not counted."""


@dataclass(frozen=True, slots=True)
class EnergyCount:
    """What was counted so far in J, and the power since the newest look; None where none was known."""

    joules: float
    at: Timestamp
    power: Watts | None = None


def counted(count: EnergyCount, at: Timestamp, power: Watts | None) -> EnergyCount:
    """Count on to a moment, from which on the power is another one. It never falls: drawing alone counts."""
    gap = min(max(0.0, at - count.at), LONGEST_GAP)
    return EnergyCount(count.joules + gap * max(0.0, count.power or 0.0), at, power)
