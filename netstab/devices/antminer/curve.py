"""The relation of frequency, power, hashrate and voltage of a miner model."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from netstab.units import GigahashPerSecond, Megahertz, Volts, Watts

__all__ = ["CurvePoint", "PowerCurve"]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One operating point of a whole miner, all boards hashing."""

    frequency: Megahertz
    power: Watts
    hashrate: GigahashPerSecond
    voltage: Volts


class PowerCurve:
    """Operating points in ascending order of frequency, linear in between.

    Outside its ends the nearest segment is continued: frequencies beyond the dispatchable range
    can be set by hand, and an estimate is better than none. A curve without points gives zeros.
    """

    def __init__(self, points: Sequence[CurvePoint]) -> None:
        self.points = tuple(points)
        self._frequencies = [point.frequency for point in self.points]

    def at(self, frequency: float) -> CurvePoint:
        """Return the operating point at a frequency in MHz; voltage to one decimal of a volt."""
        if not self.points:
            return CurvePoint(Megahertz(round(frequency)), Watts(0.0), GigahashPerSecond(0.0), Volts(0.0))
        right = min(max(bisect_right(self._frequencies, frequency), 1), len(self.points) - 1)
        low, high = self.points[right - 1], self.points[right]
        share = (frequency - low.frequency) / (high.frequency - low.frequency)

        def between(a: float, b: float) -> float:
            return a + (b - a) * share

        return CurvePoint(
            Megahertz(round(frequency)),
            Watts(max(0.0, between(low.power, high.power))),
            GigahashPerSecond(max(0.0, between(low.hashrate, high.hashrate))),
            Volts(round(between(low.voltage, high.voltage), 1)),
        )

    def power_at(self, frequency: float) -> Watts:
        return self.at(frequency).power
