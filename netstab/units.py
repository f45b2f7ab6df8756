"""The units every figure in the product is given in.

A value that crosses a function boundary carries its unit in its type; conversions live here and nowhere else.
"""

from datetime import UTC, datetime
from typing import NewType

__all__ = [
    "Celsius",
    "GigahashPerSecond",
    "Megahertz",
    "MinerId",
    "Seconds",
    "Timestamp",
    "Volts",
    "Watts",
    "kilowatts",
    "rfc3339",
    "watts",
]

MinerId = NewType("MinerId", str)
"""A miner's identity: its IP address in canonical text form."""

Watts = NewType("Watts", float)
Volts = NewType("Volts", float)
Megahertz = NewType("Megahertz", int)
GigahashPerSecond = NewType("GigahashPerSecond", float)
Celsius = NewType("Celsius", float)
Seconds = NewType("Seconds", float)
Timestamp = NewType("Timestamp", float)
"""A moment in seconds since the Unix epoch, from a clock that never steps (`netstab.clock`)."""


def watts(kilowatts_value: float) -> Watts:
    """Convert kW to whole watts: the contract gives power in kW with at most three decimals."""
    return Watts(float(round(kilowatts_value * 1000)))


def kilowatts(watts_value: float) -> float:
    """Convert W to kW with at most three decimals, as the API prints power."""
    return round(watts_value / 1000, 3)


def rfc3339(moment: Timestamp) -> str:
    """Write a moment as RFC 3339 in UTC with milliseconds and `Z`."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
