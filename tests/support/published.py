"""Snapshots of fleets without a control loop: what is published of a state, reports and a plan."""

from collections.abc import Mapping
from dataclasses import replace

from actors.fleet.memory import Memory
from actors.fleet.status import ControllerStatus, snapshot
from actors.fleet.view import DecisionRules, View
from actors.report import MinerReport
from actors.snapshot import FleetSnapshot
from events.state import FleetState
from netstab.dispatch.plan import Plan
from netstab.units import MinerId, Timestamp, Watts

STARTING = ControllerStatus(initializing=True, log_fault=None, settled=False)
CALM = ControllerStatus(initializing=False, log_fault=None, settled=True)


def published(
    state: FleetState,
    reports: Mapping[MinerId, MinerReport],
    now: Timestamp,
    status: ControllerStatus = CALM,
    plan: Plan | None = None,
    rated: Watts | None = None,
) -> FleetSnapshot:
    """Return what the FleetActor would publish at a moment."""
    view = View(state, reports, now, rules=DecisionRules(rated_power=rated), meter=status.meter)
    return snapshot(replace(Memory.begun(now), plan=plan), view, status)
