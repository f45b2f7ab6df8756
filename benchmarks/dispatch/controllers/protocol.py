"""What a controller sees and says, and the ramp limit that all but the product's own share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from actors.report import MinerReport
from events.state import Hold, Order
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.ramp import Change, RampState, ramps, release
from netstab.dispatch.setpoint import Setpoint
from netstab.units import MinerId, Timestamp, Watts

__all__ = ["OPEN", "Controller", "Ramped", "Reports", "Rules", "Told"]

Reports = Mapping[MinerId, MinerReport]
Told = tuple[MinerId, Setpoint | None]

OPEN = 1e6
"""A ramp limit in kW/s that limits nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a controller must keep to."""

    ramp_kw_per_second: float = 50.0
    constraints: Constraints = field(default_factory=Constraints)
    holds: Mapping[MinerId, Hold] = field(default_factory=dict)


class Controller(Protocol):
    """Stepped four times a second."""

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        """Say who is to be told what now; None leaves a miner alone."""

    def declared(self, reports: Reports) -> Watts:
        """Say how much the fleet can give."""


class Ramped:
    """Lets through what a comparator wants within the ramp limit, by nameplate power."""

    def __init__(self, rules: Rules) -> None:
        self._limits = ramps(rules.constraints, rules.ramp_kw_per_second)
        self._state = RampState()
        self._waiting: dict[MinerId, tuple[Setpoint, float]] = {}
        self.told: dict[MinerId, Setpoint] = {}
        self.drawn: dict[MinerId, float] = {}

    def want(self, miner_id: MinerId, setpoint: Setpoint, power: float) -> None:
        """Have a miner be told a setpoint at which it draws a power, as soon as the limit allows."""
        self._waiting.pop(miner_id, None)
        if self.told.get(miner_id) != setpoint:
            self._waiting[miner_id] = (setpoint, power)

    def due(self, now: Timestamp) -> list[Told]:
        if not self._waiting:
            return []
        changes = [
            Change(miner_id, setpoint, Watts(power - self.drawn.get(miner_id, 0.0)))
            for miner_id, (setpoint, power) in self._waiting.items()
        ]
        released, self._state = release(changes, self._state, self._limits, now)
        return [self._tell(change) for change in released]

    def _tell(self, change: Change) -> Told:
        setpoint, power = self._waiting.pop(change.miner_id)
        self.told[change.miner_id], self.drawn[change.miner_id] = setpoint, power
        return change.miner_id, setpoint
