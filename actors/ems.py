"""The fleet as an energy management system sees it: one load, with one meaning for every way in. Pure.

It reads a snapshot and words no answer: each front has names and encodings of its own.
"""

from dataclasses import dataclass
from enum import IntEnum

from actors.port import DispatchPort
from actors.report import Phase
from actors.snapshot import FleetPhase, FleetSnapshot
from events.deciding import slow_wake
from events.refusal import offline
from events.state import as_ordered
from netstab.dispatch.capacity import Capacity, capacity
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.ramp import ramps
from netstab.dispatch.statistics import NEW
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import MinerId, Watts

__all__ = ["EmsView", "RunningStatus", "ems_view", "fleet_capacity", "require_online", "running_status"]


class RunningStatus(IntEnum):
    """The contract's figures."""

    STANDBY = 1
    RUNNING = 2


@dataclass(frozen=True, slots=True)
class EmsView:
    """The real-time state of the fleet; `active_power` is positive where power is drawn."""

    available: bool
    running: RunningStatus
    rated_power: Watts
    active_power: Watts


def ems_view(fleet: DispatchPort) -> EmsView:
    """Return what an EMS is told now.

    Raises `CommandRejected`: STANDBY from a server that sees no miners, FLEET_OFFLINE.
    """
    if not fleet.leads:
        message = "This server is a standby and does not see the miners: another server leads the fleet."
        raise CommandRejected(ErrorCode.STANDBY, message)
    snapshot = fleet.snapshot
    require_online(snapshot)
    return EmsView(
        snapshot.available_for_dispatch,
        running_status(snapshot),
        snapshot.rated_power,
        snapshot.active_power,
    )


def running_status(snapshot: FleetSnapshot) -> RunningStatus:
    """Running while any miner is hashing, or draws as if it were."""
    return RunningStatus.RUNNING if snapshot.hashing or snapshot.halted else RunningStatus.STANDBY


def require_online(snapshot: FleetSnapshot) -> None:
    """Raise `CommandRejected` with FLEET_OFFLINE by the same rule that refuses an activation."""
    initializing = snapshot.phase is FleetPhase.INITIALIZING
    if (rejected := offline(len(snapshot.state.miners), snapshot.reachable, initializing)) is not None:
        raise rejected


def fleet_capacity(snapshot: FleetSnapshot, constraints: Constraints) -> Capacity:
    """Return what the fleet can really be asked for now, and how soon."""
    state = snapshot.state
    return capacity(
        snapshot.view.units_in(as_ordered(state, snapshot.rated_power)),
        state.power_mode,
        snapshot.view.record,
        constraints,
        ramps(constraints, state.configuration.max_power_change_rate_kw_per_sec),
        snapshot.rated_power,
        lambda unit: slow_wake(state.miners[unit], state.experience.get(unit, NEW)),
        _silent(snapshot),
    )


def _silent(snapshot: FleetSnapshot) -> set[MinerId]:
    """Name those whose next answer is overdue; one that starts may well be silent until it is up."""
    due = snapshot.at - snapshot.view.rules.overdue_after
    reports = snapshot.reports.items()
    return {
        miner_id
        for miner_id, report in reports
        if report.seen_at is not None and report.seen_at < due and report.phase is not Phase.STARTING
    }
