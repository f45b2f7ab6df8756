"""What every site meter offers."""

from dataclasses import dataclass
from typing import Protocol

from netstab.meters.figure import ZERO_BAND
from netstab.units import Seconds, Timestamp, Watts

__all__ = ["ANSWER_WITHIN", "CONNECT_WITHIN", "Meter", "MeterReading"]

CONNECT_WITHIN = Seconds(0.8)
ANSWER_WITHIN = Seconds(1.0)
"""Both together stay under the 2 s that a reading may take."""


@dataclass(frozen=True, slots=True)
class MeterReading:
    """The power that the miners drew when the meter was asked: no reading looks newer than it is."""

    power: Watts
    at: Timestamp


class Meter(Protocol):
    """A site meter. No connection is kept between two readings, so there is nothing to close."""

    def read(self, zero: Watts = ZERO_BAND) -> MeterReading:
        """Ask the meter once. Raises `MeterError`, within 2 s once its address is known.

        A figure down to `-zero` W is zero; one below has its sign turned round, and is `MeterReversed`.
        """
