"""Snapshots of fleets without a control loop: what is published of a state, reports and a plan."""

from collections.abc import Mapping
from dataclasses import replace

from actors.fleet.memory import Memory
from actors.fleet.status import snapshot
from actors.fleet.view import DecisionRules, View
from actors.meter_board import MeterState
from actors.report import MinerReport
from actors.snapshot import FleetSnapshot
from events.state import FleetState
from netstab.dispatch.plan import Plan
from netstab.units import MinerId, Timestamp, Watts


def published(
    state: FleetState,
    reports: Mapping[MinerId, MinerReport],
    now: Timestamp,
    plan: Plan | None = None,
    rated: Watts | None = None,
    *,
    initializing: bool = False,
    log_fault: str | None = None,
    meter: MeterState | None = None,
) -> FleetSnapshot:
    """Return what the FleetActor would publish at a moment."""
    view = View(state, reports, now, rules=DecisionRules(rated_power=rated), meter=meter, log_fault=log_fault)
    return snapshot(replace(Memory.begun(now), plan=plan, initializing=initializing), view)
