"""The fleet's condition as the FleetActor publishes it: one immutable value that any thread may read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from actors.meter_board import MeterState
from actors.report import MinerReport
from events.limits import binding, in_force, pursued
from events.state import FleetState, Limit
from netstab.dispatch.loop import Forecast
from netstab.dispatch.plan import Plan
from netstab.dispatch.reach import OutOfReach
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.trend import Ordered
from netstab.dispatch.unit_status import Bound
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts, on_wall

__all__ = ["NEVER", "Basis", "FleetPhase", "FleetSnapshot", "StatusBoard"]


NEVER = Seconds(math.inf)


@dataclass(frozen=True, slots=True)
class Basis:
    """What orders are worked out from, beside what the log says and the miners report.

    `told` is the last setpoint of each miner, None if it was released; `bounds` names those that are not free
    to change, and `orders` are the newest, the last one last. `meter_scale` is what the site meter was found
    to show in units of what the miners are known to draw, 1 without a meter. A miner is late to answer whose
    last answer is older than `overdue_after`.
    """

    told: Mapping[MinerId, Setpoint | None] = field(default_factory=dict)
    bounds: Mapping[MinerId, Bound] = field(default_factory=dict)
    orders: tuple[Ordered, ...] = ()
    meter_scale: float = 1.0
    overdue_after: Seconds = NEVER


class FleetPhase(StrEnum):
    """The states of the contract's table of fleet states."""

    INITIALIZING = "initializing"
    STANDBY = "standby"
    ACTIVATING = "activating"
    ACTIVE = "active"
    DEACTIVATING = "deactivating"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """Everything a reader may want to know, taken at one moment.

    `state` is what the log says, `reports` what was seen of each registered miner (missing before its first
    report). `log_fault` says why commands cannot be recorded, None while they can. `plan` is the allocation
    in force, None while nothing was ordered, and `forecast` what it is expected to come to. `reported_power`
    sums what the miners draw as far as it is known, idle draw included; `active_power` is the metered figure
    while that counts, else the sum. `meter` is None without a site meter. `basis` is what an order would be
    worked out from now, and `out_of_reach` says what can be had of the target in force, None if that is in
    reach. `ems_silent` says whether the EMS counts as silent, and `ems_heard_at` when this server heard
    it last, None if it has not yet. `correction` is what the host's clock was ahead of the steady one, and
    `clock_errors` what is wrong with it.
    `halted` miners draw without hashing, as far as is known.
    """

    at: Timestamp
    phase: FleetPhase
    available_for_dispatch: bool
    rated_power: Watts
    active_power: Watts
    reported_power: Watts
    meter: MeterState | None
    reachable: int
    hashing: int
    state: FleetState
    reports: Mapping[MinerId, MinerReport]
    plan: Plan | None
    errors: tuple[str, ...]
    log_fault: str | None
    forecast: Forecast
    basis: Basis = field(default_factory=Basis)
    out_of_reach: OutOfReach | None = None
    halted: int = 0
    ems_silent: bool = False
    ems_heard_at: Timestamp | None = None
    correction: Seconds = Seconds(0.0)
    clock_errors: tuple[str, ...] = ()

    def wall(self, moment: Timestamp) -> WallTime:
        """Return what the host's clock shows for a moment of this process."""
        return on_wall(moment, self.correction)

    @property
    def metered(self) -> bool:
        """Whether `active_power` is the site meter's."""
        return self.meter is not None and self.meter.power(self.at) is not None

    @property
    def power_is_known(self) -> bool:
        """Whether `active_power` is a figure at all: 0 W of a fleet that nobody sees is none."""
        seen = self.metered or self.reachable > 0 or self.reported_power > 0
        return seen or not self.state.miners

    @property
    def target(self) -> Watts | None:
        """The setpoint in force, None in standby and before the first order."""
        return self.state.order.target if self.state.order else None

    @property
    def last_ems_command(self) -> WallTime | None:
        """When the EMS was heard last: what it repeats is recorded later, and together."""
        heard = self.ems_heard_at
        return self.state.last_ems_command if heard is None else self.wall(heard)

    @property
    def pursued(self) -> Watts | None:
        """What limits leave of the setpoint."""
        return pursued(self.state, self.wall(self.at))

    @property
    def binding_limit(self) -> Limit | None:
        """The limit that leaves less than the setpoint, if any does."""
        return binding(self.state, self.wall(self.at))

    @property
    def limits(self) -> Sequence[Limit]:
        """The limits in force, applied or not."""
        return tuple(in_force(self.state.limits, self.wall(self.at)).values())


class StatusBoard:
    """Holds the newest snapshot. Replacing one reference is atomic: readers need no lock."""

    def __init__(self, snapshot: FleetSnapshot) -> None:
        self.snapshot = snapshot
