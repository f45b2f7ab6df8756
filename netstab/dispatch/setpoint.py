"""What one miner is told to be."""

from dataclasses import dataclass

from netstab.power.tuning import Tuning
from netstab.power.unit import OperatingPoint
from netstab.units import Setting

__all__ = ["IDLE", "Setpoint"]


@dataclass(frozen=True, slots=True)
class Setpoint:
    """Run or not; `point` None leaves it as it is configured.

    `tuning` is the miner's own, to be put back where dispatch or an operator has changed it.
    """

    running: bool
    point: OperatingPoint | None
    tuning: Tuning | None = None

    @property
    def setting(self) -> Setting | None:
        """What its driver is told, None to leave it as it is configured."""
        return self.point.setting if self.point is not None else None


IDLE = Setpoint(running=False, point=None)
