"""Which commands can only lower what is drawn: they are carried out even while nothing can be recorded.

Pure.
"""

import math

from events.authority import Ruling
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    Deactivate,
    EnterFailsafe,
    Release,
    SetLimit,
    SetOverride,
    changes_order,
)
from events.limits import in_force
from events.state import FleetState, Limit
from netstab.units import WallTime, Watts

__all__ = ["may_shed", "only_sheds", "stops_all"]


def only_sheds(state: FleetState, command: Command, ruled: Ruling, at: WallTime) -> bool:
    """Whether a command leaves no more than before: standby, or a limit of a source that does not rise.

    A front's standby does so whoever is in command (`events.authority`); a setpoint that is released where it
    was not in force, or no more comes in its place.
    A limit that is as high as its source's last is one if it does not end sooner: until then it is refreshed.
    """
    match command:
        case Deactivate():
            return True
        case Release():
            return not ruled.moves or _is_no_more(ruled.power, state)
        case Activate(power) | ApplyPower(power):
            return not power
        case SetOverride(enabled, target):
            return enabled and not target
        case EnterFailsafe(_, power):
            return changes_order(command) and not power
        case SetLimit(source):
            return _falls(command, in_force(state.limits, at).get(source))
        case _:
            return False


def may_shed(command: Command) -> bool:
    """Whether a command may be one of those, whatever the state is."""
    match command:
        case Activate(power) | ApplyPower(power):
            return not power
        case SetOverride(enabled, target):
            return enabled and not target
        case _:
            return isinstance(command, Deactivate | Release | SetLimit)


def stops_all(state: FleetState, command: Command, ruled: Ruling) -> bool:
    """Whether a command leaves nothing to run: standby, or a limit of 0 W that comes into force by it."""
    match command:
        case SetLimit(power=left):
            return not left and state.override is None
        case SetOverride(enabled=False):
            return any(not limit.power for limit in state.limits.values())
    order = state.order
    return ruled.moves and not ruled.power and (order is None or order.target != ruled.power)


def _is_no_more(power: Watts | None, state: FleetState) -> bool:
    """Whether a power is no more than the order in force asks for; None is standby."""
    target = state.order.target if state.order is not None else None
    return not power or (target is not None and power <= target)


def _falls(command: SetLimit, before: Limit | None) -> bool:
    if before is None or command.power < before.power:
        return True
    return command.power == before.power and _end(command.until) >= _end(before.until)


def _end(until: WallTime | None) -> float:
    return math.inf if until is None else until
