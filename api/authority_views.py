"""Who commands the fleet, and what each way in wants: the same now and in the past. Pure."""

from typing import Any

from actors.snapshot import FleetSnapshot
from api.schemas.authority import Command, FrontSetpointView, SetpointView
from events.authority import holds_back
from events.state import FRONTS, FleetState, FrontSetpoint, Source
from netstab.units import WallTime, kilowatts, rfc3339

__all__ = ["front_setpoints", "in_command", "setpoint_views", "since"]


def in_command(state: FleetState) -> Command:
    """Say who is in command by a state of the log."""
    if state.override is not None:
        return Command.OVERRIDE
    if state.failsafe is not None:
        return Command.FAILSAFE
    if state.order is None:
        return Command.NOBODY
    source = state.order.source
    return Command(source.value) if source in FRONTS else Command.OPERATOR


def since(state: FleetState) -> WallTime | None:
    """Say since when, None where nobody is."""
    if state.override is not None:
        return state.override.since
    if state.failsafe is not None:
        return state.failsafe.since
    return state.order.since if state.order else None


def setpoint_views(state: FleetState) -> list[SetpointView]:
    """Return what each front wanted, in the usual order."""
    return [SetpointView(**_fields(state, setpoint)) for setpoint in _in_order(state)]


def front_setpoints(snapshot: FleetSnapshot) -> list[FrontSetpointView]:
    """Return what each front wants, whom it waits for, and when it was heard."""
    state, priority = snapshot.state, snapshot.view.rules.priority
    return [
        FrontSetpointView(
            **_fields(state, setpoint),
            waits_for=holds_back(state.setpoints, priority, setpoint.source),
            last_command=_moment(snapshot.last_command(setpoint.source)),
            silent=setpoint.source in snapshot.silent,
        )
        for setpoint in snapshot.setpoints
    ]


def _in_order(state: FleetState) -> list[FrontSetpoint]:
    return [state.setpoints[front] for front in FRONTS if front in state.setpoints]


def _fields(state: FleetState, setpoint: FrontSetpoint) -> dict[str, Any]:
    order: Source | None = state.order.source if state.order is not None else None
    return {
        "source": setpoint.source,
        "power_kw": None if setpoint.target is None else kilowatts(setpoint.target),
        "since": rfc3339(setpoint.since),
        "until": _moment(setpoint.until),
        "command_id": setpoint.command_id,
        "in_force": order is setpoint.source,
    }


def _moment(at: WallTime | None) -> str | None:
    return None if at is None else rfc3339(at)
