"""One miner as allocation sees it, and what it can give.

Powers are whole watts, so that no sum depends on the order it was made in.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from netstab.power.curve import PowerCurve
from netstab.power.models import MinerModel
from netstab.power.tuning import Tuning
from netstab.power.unit import COUNTED_ON, PowerMode
from netstab.units import Megahertz, MinerId, Watts

__all__ = ["COUNTED_ON", "Candidate", "PowerMode"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A miner that may be used. `rated_power` scales its model's curve (partial boards, operator's figure).

    `running_at` is its present or commanded frequency, None while idle. `home_frequency` is its own, which
    on/off mode leaves it at, or puts back; None means unknown.

    `power_factor` is what the miner was found to draw in units of that. `idle_power` is drawn while it does
    not run. `certainty`, 0 to 1, is the probability that it runs if it is to; a `starting` one was woken and
    does not hash yet. With `frequency_fixed` it runs as it does or at full frequency, and with `stays` it
    stays running or idle; an `overdue` one is idle and late to answer, and others are woken before it.
    `own_tuning` is what it was set to before it was changed from here, None if it was not.
    """

    miner_id: MinerId
    model: MinerModel
    rated_power: Watts
    running_at: Megahertz | None
    home_frequency: Megahertz | None
    running_hours: float
    power_factor: float = field(default=1.0, kw_only=True)
    idle_power: Watts = field(default=Watts(0.0), kw_only=True)
    certainty: float = field(default=1.0, kw_only=True)
    starting: bool = field(default=False, kw_only=True)
    frequency_fixed: bool = field(default=False, kw_only=True)
    stays: bool = field(default=False, kw_only=True)
    overdue: bool = field(default=False, kw_only=True)
    own_tuning: Tuning | None = field(default=None, kw_only=True)

    def full_frequency(self, mode: PowerMode) -> Megahertz:
        """Return the frequency at which `mode` runs the miner whole; an unknown home counts as full."""
        if self.frequency_fixed and self.running_at is not None:
            return self.running_at
        if mode is PowerMode.ON_OFF and self.home_frequency is not None:
            return self.home_frequency
        return self.model.full_frequency

    def full_power(self, mode: PowerMode) -> Watts:
        """Return the most that `mode` can make of the miner."""
        return self.power_at(self.full_frequency(mode))

    def power_at(self, frequency: Megahertz) -> Watts:
        share = _share_of_full(self.model.curve, frequency, self.model.full_frequency)
        return Watts(float(round(self.rated_power * self.power_factor * share)))

    def gain_at(self, frequency: Megahertz) -> Watts:
        """Return what the fleet may expect to draw more if the miner runs than if it does not."""
        return Watts(float(round(max(0.0, self.power_at(frequency) - self.idle_power) * self.certainty)))

    def full_gain(self, mode: PowerMode) -> Watts:
        return self.gain_at(self.full_frequency(mode))

    def best_gain(self, mode: PowerMode) -> Watts:
        """Return the most that may be expected of it now; one that stays, stays as it is."""
        return self.least_gain if self.stays else self.full_gain(mode)

    @property
    def least_gain(self) -> Watts:
        """Return the least that it can be brought to."""
        return self.gain_at(self.running_at) if self.stays and self.running_at is not None else Watts(0.0)

    @property
    def counted_on(self) -> bool:
        """Whether it is more likely than not to run if it is to."""
        return self.certainty >= COUNTED_ON


@lru_cache(maxsize=4096)
def _share_of_full(curve: PowerCurve, frequency: Megahertz, full: Megahertz) -> float:
    return curve.power_at(frequency) / curve.power_at(full) if curve.points else 1.0
