"""What limits leave of a setpoint. Pure: the moment, by the host's clock, is an argument.

A limit says what may be drawn at most and raises nothing. While an operator has command by override, limits
are kept and shown, and not applied.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from events.commands import LiftLimit, SetLimit
from events.state import FleetState, Limit
from netstab.units import UNLIMITED, WallTime, Watts

__all__ = [
    "MOST_LIMITS",
    "UNLIMITED",
    "binding",
    "ceiling",
    "changed",
    "efficiency_bound",
    "ended_dropped",
    "in_force",
    "is_source",
    "limited",
    "pursued",
    "stopped_by",
]

MOST_LIMITS = 32
"""Sources at once: all are gone through whenever the fleet is looked after."""

SOURCE_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
_SOURCE = re.compile(SOURCE_PATTERN.removeprefix("^").removesuffix("$"))


def is_source(name: str) -> bool:
    """Whether a limit may have a source of this name."""
    return _SOURCE.fullmatch(name) is not None


def in_force(limits: Mapping[str, Limit], at: WallTime) -> Mapping[str, Limit]:
    """Return the limits that have not ended by a moment."""
    if all(limit.until is None or at < limit.until for limit in limits.values()):
        return limits
    return MappingProxyType(
        {name: limit for name, limit in limits.items() if limit.until is None or at < limit.until}
    )


def ended_dropped(state: FleetState, at: WallTime) -> FleetState:
    """Return the state with none but the limits that are in force at a moment."""
    return replace(state, limits=in_force(state.limits, at))


def ceiling(state: FleetState, at: WallTime) -> Watts:
    """Return what may be drawn at most at a moment, infinity without a limit; an override knows no limits."""
    if state.override is not None:
        return UNLIMITED
    return Watts(min((limit.power for limit in in_force(state.limits, at).values()), default=UNLIMITED))


def efficiency_bound(state: FleetState, at: WallTime) -> float | None:
    """Return above how many J/TH no unit runs at a moment, None: any may; an override knows no limits."""
    if state.override is not None:
        return None
    bounds = (limit.efficiency for limit in in_force(state.limits, at).values())
    return min((bound for bound in bounds if bound is not None), default=None)


def changed(state: FleetState, command: SetLimit | LiftLimit, at: WallTime) -> FleetState:
    """Return the state as a limit that is set or lifted leaves it, before that is recorded."""
    limits = {name: each for name, each in state.limits.items() if name != command.limit_source}
    if isinstance(command, SetLimit):
        name, version = command.limit_source, state.version + 1
        limits[name] = Limit(name, command.power, command.until, "", at, version, command.efficiency)
    return replace(state, limits=MappingProxyType(limits))


def stopped_by(state: FleetState, at: WallTime) -> int:
    """Return the version of the newest limit in force that leaves nothing, 0 without one."""
    if state.override is not None:
        return 0
    return max((each.version for each in in_force(state.limits, at).values() if not each.power), default=0)


def limited(target: Watts | None, state: FleetState, at: WallTime) -> Watts | None:
    """Return what limits leave of a target; None, which is standby, stays so."""
    return None if target is None else min(target, ceiling(state, at))


def pursued(state: FleetState, at: WallTime) -> Watts | None:
    """Return the setpoint or what limits leave of it; None in standby, or where nothing was ordered."""
    return limited(state.order.target, state, at) if state.order else None


def binding(state: FleetState, at: WallTime) -> Limit | None:
    """Return the limit that leaves less than the setpoint, the oldest of the lowest; None if none does."""
    target, left = (state.order.target if state.order else None), pursued(state, at)
    if left == target:
        return None
    lowest = [limit for limit in in_force(state.limits, at).values() if limit.power == left]
    return min(lowest, key=lambda limit: limit.version)
