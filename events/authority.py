"""Who commands the fleet where several ways in ask for power: one rule. Pure; no clock, no settings.

Of the fronts that have a setpoint the one of the highest priority commands. A standby stops the fleet, and
holds against every front below whose activation had begun before it; who activates later is in command over
it. An operator's order ends all setpoints. What then is in force limits may cap (`events.limits`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from events.commands import (
    Activate,
    Command,
    Deactivate,
    Release,
    changes_order,
    ordered_power,
)
from events.state import FRONTS, Failsafe, FleetState, FrontSetpoint, Order, Source
from netstab.units import WallTime, Watts

__all__ = [
    "LIVE",
    "Ruling",
    "Spoken",
    "alone",
    "begun_since",
    "by_itself",
    "commanding",
    "holds_back",
    "priority_of",
    "ruling",
    "said",
    "takes_over",
    "without",
]

LIVE = (Source.EMS, Source.MODBUS, Source.MQTT, Source.S2)
"""Fronts with a counterpart that can fall silent; what the others say ends as it was said to."""

Setpoints = Mapping[Source, FrontSetpoint]

_NAMED = {
    "rest": (Source.EMS,),
    "modbus": (Source.MODBUS,),
    "mqtt": (Source.MQTT,),
    "s2": (Source.S2,),
    "openadr": (Source.OPENADR,),
    "schedule": (Source.SCHEDULE, Source.PRICE),
}


def priority_of(names: Sequence[str]) -> tuple[Source, ...]:
    """Return the fronts in the order in which they are named; those left out come after, in the usual one."""
    named = [source for name in names for source in _NAMED[name]]
    return (*named, *(front for front in FRONTS if front not in named))


def commanding(setpoints: Setpoints, priority: Sequence[Source]) -> FrontSetpoint | None:
    """Return the setpoint that is in force, None where no front has one."""
    stopped, standby = 0, None
    for front in priority:
        setpoint = setpoints.get(front)
        if setpoint is None:
            continue
        if setpoint.target is None:
            standby, stopped = standby or setpoint, max(stopped, setpoint.version)
        elif setpoint.begun > stopped:
            return setpoint
    return standby


def holds_back(setpoints: Setpoints, priority: Sequence[Source], front: Source) -> Source | None:
    """Return whom a front's setpoint waits for, None where it is in force or there is none."""
    own, commands = setpoints.get(front), commanding(setpoints, priority)
    if own is None or commands is None or commands.source is front:
        return None
    above = [setpoints[each] for each in priority[: priority.index(front)] if each in setpoints]
    stops = [each for each in above if each.target is None and each.version > own.begun]
    newest = max(stops, key=lambda each: each.version, default=commands)
    return newest.source


def begun_since(setpoints: Setpoints, priority: Sequence[Source], standby: FrontSetpoint) -> bool:
    """Whether a front below has begun since a standby was said, which that standby does not hold back."""
    below = priority[priority.index(standby.source) + 1 :]
    powers = (setpoints[each] for each in below if each in setpoints and setpoints[each].target is not None)
    return any(each.begun > standby.version for each in powers)


@dataclass(frozen=True, slots=True)
class Spoken:
    """By which command, of which version, and when something is said."""

    command_id: str
    version: int
    at: WallTime


def said(
    setpoints: Setpoints, source: Source, target: Watts | None, until: WallTime | None, spoken: Spoken
) -> Setpoints:
    """Return the setpoints with what a front says now; None is standby."""
    last = setpoints.get(source)
    goes_on = target is not None and last is not None and last.target is not None
    begun = last.begun if last is not None and goes_on else spoken.version
    new = FrontSetpoint(source, target, until, spoken.command_id, spoken.at, spoken.version, begun)
    return MappingProxyType({**setpoints, source: new})


def alone(order: Order | None, failsafe: Failsafe | None) -> Setpoints:
    """Return the setpoints of a log that knew one front: its order in force, unless a failsafe ended that."""
    if order is None or order.source not in FRONTS or (failsafe is not None and order.target is not None):
        return MappingProxyType({})
    spoken = Spoken(order.command_id, order.version, order.since)
    return said({}, order.source, order.target, None, spoken)


def without(setpoints: Setpoints, front: Source) -> Setpoints:
    """Return the setpoints of the others."""
    return MappingProxyType({each: setpoint for each, setpoint in setpoints.items() if each != front})


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a command makes of the order in force: whether it is another, and of which power in W.

    `power` None is standby. `in_command` is the front whose setpoint is in force then, None where it is
    nobody's or a person's, or where the command says nothing of it.
    """

    moves: bool
    power: Watts | None = None
    in_command: Source | None = None


def takes_over(state: FleetState, source: Source, in_command: Source | None) -> bool:
    """Whether what a front says puts a new order in force, where that leaves `in_command` in command."""
    return in_command in (None, source) or state.order is None or state.order.source != in_command


def by_itself(command: Command) -> Ruling:
    """Return what a command says of the order in force where there are no several fronts."""
    return Ruling(changes_order(command), ordered_power(command))


def ruling(
    state: FleetState, command: Command, source: Source, at: WallTime, priority: Sequence[Source]
) -> Ruling:
    """Say what a command of a source makes of the order in force."""
    if source not in FRONTS or not isinstance(command, Activate | Deactivate | Release):
        return by_itself(command)
    spoken = Spoken("", state.version + 1, at)
    match command:
        case Activate(power, until):
            setpoints = said(state.setpoints, source, power, until, spoken)
        case Deactivate():
            setpoints = said(state.setpoints, source, None, None, spoken)
        case Release():
            setpoints = without(state.setpoints, source)
    found = commanding(setpoints, priority)
    front = found.source if found is not None else None
    return Ruling(takes_over(state, source, front), found.target if found else None, front)
