"""Sharing a target out over miners."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from netstab.power.models import MinerModel
from netstab.units import Megahertz, MinerId, Volts, Watts

__all__ = ["Action", "Allocation", "Assignment", "Candidate", "PowerMode", "Strategy", "allocate"]


class PowerMode(StrEnum):
    FREQUENCY = "frequency"
    ON_OFF = "on_off"


class Strategy(StrEnum):
    """Who goes first when power is added, and last when it is taken away."""

    EQUAL = "equal"  # the miners with the fewest running hours: wear is spread
    PRIORITY = "priority"  # the operator's list, in its order
    EFFICIENCY = "efficiency"  # the best W/TH


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


class Action(StrEnum):
    FULL = "full"
    SWING = "swing"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one miner is to do; frequency, voltage and power are zero when idle."""

    miner_id: MinerId
    action: Action
    frequency: Megahertz
    voltage: Volts
    power: Watts


@dataclass(frozen=True, slots=True)
class Allocation:
    """An answer to a target: one assignment for each candidate, in the candidates' order."""

    target: Watts
    assignments: tuple[Assignment, ...]

    def count(self, action: Action) -> int:
        return sum(1 for assignment in self.assignments if assignment.action is action)

    @property
    def power(self) -> Watts:
        return Watts(sum(assignment.power for assignment in self.assignments))


def allocate(
    target: Watts,
    candidates: Sequence[Candidate],
    *,
    mode: PowerMode,
    strategy: Strategy = Strategy.EQUAL,
    priority: Sequence[MinerId] = (),
    minimum_percent: float = 0.0,
    tolerance_percent: float = 5.0,
) -> Allocation:
    """Share `target` out over `candidates`."""
    raise NotImplementedError
