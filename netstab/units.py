"""The units every figure in the product is given in.

A value that crosses a function boundary carries its unit in its type; conversions live here and nowhere else.
"""

import math
import sys
from datetime import UTC, datetime
from typing import NewType

__all__ = [
    "UNLIMITED",
    "Celsius",
    "GigahashPerSecond",
    "Megahertz",
    "MinerId",
    "Seconds",
    "Setting",
    "Timestamp",
    "Version",
    "Volts",
    "WallTime",
    "Watts",
    "asked_watts",
    "kilowatts",
    "on_wall",
    "rfc3339",
    "watts",
]

MinerId = NewType("MinerId", str)
"""A miner's identity: its IP address in canonical text form."""

Version = NewType("Version", int)
"""The number of a command in the log: a later one overtakes an earlier one."""

Setting = int | str
"""What a driver turns into what it writes: MHz, percent, watts, the name of a profile.

Above the driver settings are compared, stored and shown, and nothing else.
"""

Watts = NewType("Watts", float)
UNLIMITED = Watts(math.inf)
Volts = NewType("Volts", float)
Megahertz = NewType("Megahertz", int)
GigahashPerSecond = NewType("GigahashPerSecond", float)
Celsius = NewType("Celsius", float)
Seconds = NewType("Seconds", float)
Timestamp = NewType("Timestamp", float)
"""A moment in seconds on this process's steady clock: for durations and deadlines, never shown nor kept."""
WallTime = NewType("WallTime", float)
"""Seconds since the Unix epoch by the host's clock: shown and recorded, never compared with a `Timestamp`."""


def watts(kilowatts_value: float) -> Watts:
    """Convert kW to whole watts: the contract gives power in kW with at most three decimals."""
    return Watts(float(round(kilowatts_value * 1000)))


def asked_watts(kilowatts_value: float) -> Watts:
    """Convert a finite power in kW to whole W, away from zero: rounding must not hide an excess over a bound.

    Noise below 1 µW is dropped first; what lies beyond a double stays its largest value.
    """
    size = min(abs(kilowatts_value) * 1000, sys.float_info.max)
    return Watts(math.copysign(math.ceil(round(size, 6)), kilowatts_value) + 0.0)  # no -0.0


def kilowatts(watts_value: float) -> float:
    """Convert W to kW with at most three decimals, as the API prints power."""
    return round(watts_value / 1000, 3)


def on_wall(moment: Timestamp, correction: Seconds) -> WallTime:
    """Return what the host's clock shows for a moment; `correction` is what it is ahead of the steady one."""
    return WallTime(moment + correction)


_FIRST = WallTime(-62_135_596_800.0)  # 0001-01-01T00:00:00.000Z
_LAST = WallTime(253_402_300_799.9995)  # 9999-12-31T23:59:59.999Z


def rfc3339(moment: WallTime) -> str:
    """Write a moment as RFC 3339 in UTC with milliseconds and `Z`; what has no such date as the nearest."""
    writable = min(max(_FIRST, moment), _LAST)
    text = datetime.fromtimestamp(writable, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
