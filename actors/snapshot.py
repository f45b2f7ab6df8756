"""The fleet's condition as the FleetActor publishes it: one immutable value that any thread may read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.meter_board import MeterState
from actors.report import MinerReport, Phase
from events.authority import commanding, without
from events.limits import binding, in_force, pursued
from events.reserve import Unrecorded
from events.state import FRONTS, FleetState, FrontSetpoint, Limit, RegisteredMiner, Source
from netstab.dispatch.plan import Plan
from netstab.dispatch.unit_status import UnitStatus
from netstab.dispatch.wear import Worn
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts, on_wall

__all__ = ["FleetPhase", "FleetSnapshot", "StatusBoard", "commanded"]


_RECORDED_WITHIN = Seconds(1.0)


class FleetPhase(StrEnum):
    """The states of the contract's table of fleet states."""

    INITIALIZING = "initializing"
    STANDBY = "standby"
    ACTIVATING = "activating"
    ACTIVE = "active"
    DEACTIVATING = "deactivating"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, weakref_slot=True)
class FleetSnapshot:
    """Everything a reader may want to know, taken at one moment.

    `view` and `memory` are what an order would be worked out from now: what it is decided by, and what is
    remembered. `state` is what the log says, `reports` what was seen of each registered miner (missing before
    its first report). `log_fault` says why commands cannot be recorded, None while they can. `plan` is the
    allocation in force, None while nothing was ordered; the fleet has `settled` when all is done for it that
    can be. `reported_power` sums what the miners draw as far as it is known, idle draw included;
    `active_power` is the metered figure while that counts, else the sum. `meter` is None without a site
    meter. `phases` counts the miners that have reported by theirs; `halted` miners draw without hashing, as
    far as is known. `ems_silent` says whether the EMS counts as silent, `silent` which
    of all fronts, and `clock_errors` what is wrong with
    the host's clock.
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
    memory: Memory
    view: View
    settled: bool = False
    halted: int = 0
    phases: Mapping[Phase, int] = field(default_factory=dict)
    ems_silent: bool = False
    silent: frozenset[Source] = frozenset()
    clock_errors: tuple[str, ...] = ()
    clock_off: str = ""
    """That one of the clocks is or was off, and the log goes on behind its end: so now, not lately."""

    @property
    def unrecorded(self) -> Unrecorded:
        """What was carried out and is not in the log yet."""
        return self.view.unrecorded

    def wall(self, moment: Timestamp) -> WallTime:
        """Return what the host's clock shows for a moment of this process."""
        return on_wall(moment, self.view.correction)

    @property
    def units(self) -> Sequence[UnitStatus]:
        """Where every registered miner stands, in the order of registration."""
        return self.view.units

    @property
    def worn(self) -> Worn:
        """What all miners together were put through in the last 24 hours."""
        return self.state.wear.lately(self.wall(self.at))

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
        """When the EMS was heard last: what it repeats is recorded later, and together.

        What was recorded right after it was heard has the time of its event, as after a restart.
        """
        return self.last_command(Source.EMS)

    def last_command(self, front: Source) -> WallTime | None:
        """When a front gave its last command, None before its first: what it repeats counts as well."""
        state, heard = self.state, self.memory.tally.last(front)
        recorded = state.last_ems_command if front is Source.EMS else state.last_commands.get(front)
        if heard is None:
            return recorded
        later = math.inf if recorded is None else recorded - self.wall(heard)
        return recorded if 0 <= later < _RECORDED_WITHIN else self.wall(heard)

    @property
    def setpoints(self) -> Sequence[FrontSetpoint]:
        """What each front wants, in the usual order; an end that moves on is as it was said last."""
        known, tally = self.state.setpoints, self.memory.tally
        own = (known[front] for front in FRONTS if front in known)
        return [replace(each, until=tally.end_of(each)) for each in own]

    def commanding_but(self, front: Source) -> FrontSetpoint | None:
        """Return what would be in force of the fronts' setpoints without that of one, None without others."""
        return commanding(without(self.state.setpoints, front), self.view.rules.priority)

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


def commanded(miners: Mapping[MinerId, RegisteredMiner]) -> int:
    """Count the miners that are not only read."""
    return sum(1 for miner in miners.values() if miner.not_controllable is None)


class StatusBoard:
    """Holds the newest snapshot. Replacing one reference is atomic: readers need no lock."""

    def __init__(self, snapshot: FleetSnapshot) -> None:
        self.snapshot = snapshot
