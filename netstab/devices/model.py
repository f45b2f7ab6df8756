"""What is the same for every machine of one model, whatever its make: data, and no figure lent to another."""

from dataclasses import dataclass

from netstab.power.unit import Capabilities
from netstab.units import GigahashPerSecond, Watts

__all__ = ["UNKNOWN", "MinerModel"]

UNKNOWN = "unknown"
"""The model of a miner that has not told what it is."""


@dataclass(frozen=True)
class MinerModel:
    """`capabilities` has the points of a whole machine; where it has none, nothing is known of the model.

    `positions` is where the miner lists its boards. `most_power` and `most_hashrate` are beyond what any
    machine of the model can do.
    """

    name: str
    short_name: str
    capabilities: Capabilities
    positions: tuple[int, ...]
    chips_per_board: int
    most_power: Watts
    most_hashrate: GigahashPerSecond

    @property
    def known(self) -> bool:
        """Whether anything is known of the model; only then may its miners be controlled."""
        return self.capabilities.full_point is not None

    @property
    def idle_power(self) -> Watts:
        """What fans and control board draw while the boards are off."""
        return self.capabilities.idle_power

    @property
    def boards(self) -> int:
        return len(self.positions)

    @property
    def chips(self) -> int:
        return self.boards * self.chips_per_board

    @property
    def rated_power(self) -> Watts:
        """The power of a whole machine, 0 where it is not known."""
        full = self.capabilities.full_point
        return full.power if full is not None else Watts(0.0)
