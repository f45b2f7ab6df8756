"""What one miner is told to be."""

from dataclasses import dataclass

from netstab.power.tuning import Tuning
from netstab.units import Megahertz

__all__ = ["IDLE", "Setpoint"]


@dataclass(frozen=True, slots=True)
class Setpoint:
    """Run or not; `frequency` None leaves it as it is configured.

    `tuning` is the miner's own, to be put back where dispatch or an operator has changed it.
    """

    running: bool
    frequency: Megahertz | None
    tuning: Tuning | None = None


IDLE = Setpoint(running=False, frequency=None)
