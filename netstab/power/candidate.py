"""One miner as allocation sees it, and what it can give.

Powers are whole watts, so that no sum depends on the order it was made in.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from netstab.power.curve import PowerCurve
from netstab.power.models import MinerModel
from netstab.units import Megahertz, MinerId, Watts

__all__ = ["Candidate", "PowerMode"]


class PowerMode(StrEnum):
    FREQUENCY = "frequency"
    ON_OFF = "on_off"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A miner that may be used. `rated_power` scales its model's curve (partial boards, operator's figure).

    `running_at` is its present or commanded frequency, None while idle. `home_frequency` is the one it was
    registered with: on/off mode runs it at that and never changes it otherwise; None means unknown.
    """

    miner_id: MinerId
    model: MinerModel
    rated_power: Watts
    running_at: Megahertz | None
    home_frequency: Megahertz | None
    running_hours: float

    def full_frequency(self, mode: PowerMode) -> Megahertz:
        """Give the frequency at which `mode` runs the miner whole; an unknown home counts as full."""
        if mode is PowerMode.ON_OFF and self.home_frequency is not None:
            return self.home_frequency
        return self.model.full_frequency

    def full_power(self, mode: PowerMode) -> Watts:
        """Give the most that `mode` can make of the miner."""
        return self.power_at(self.full_frequency(mode))

    def power_at(self, frequency: Megahertz) -> Watts:
        share = _share_of_full(self.model.curve, frequency, self.model.full_frequency)
        return Watts(float(round(self.rated_power * share)))


@lru_cache(maxsize=4096)
def _share_of_full(curve: PowerCurve, frequency: Megahertz, full: Megahertz) -> float:
    return curve.power_at(frequency) / curve.power_at(full)
