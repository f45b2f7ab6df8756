"""The fleet's energy counter as it is durable: what a way in may show."""

__all__ = ["EnergyBoard"]


class EnergyBoard:
    """Holds the newest durable reading in kWh, None before the first. Replacing one reference is atomic."""

    def __init__(self) -> None:
        self.kilowatt_hours: float | None = None
