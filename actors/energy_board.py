"""The fleet's energy counter as it is durable: what a way in may show."""

import math

__all__ = ["EnergyBoard"]

_JOULES = 3600.0  # of 0.001 kWh


class EnergyBoard:
    """Holds what is durable, in J, None before a term has read it. Replacing one reference is atomic."""

    def __init__(self) -> None:
        self.joules: float | None = None

    @property
    def kilowatt_hours(self) -> float | None:
        """The counter in kWh, in whole steps of 0.001: less than a step more is not shown yet."""
        return None if self.joules is None else math.floor(self.joules / _JOULES) / 1000
