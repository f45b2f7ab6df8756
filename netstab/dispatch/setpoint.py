"""What one miner is told to be."""

from dataclasses import dataclass

from netstab.units import Megahertz

__all__ = ["IDLE", "Setpoint"]


@dataclass(frozen=True, slots=True)
class Setpoint:
    """Run or not; `frequency` None leaves it as it is configured."""

    running: bool
    frequency: Megahertz | None


IDLE = Setpoint(running=False, frequency=None)
