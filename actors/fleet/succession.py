"""The sentences that say who is in command of several fronts, and who waits. It decides nothing."""

from collections.abc import Sequence
from types import MappingProxyType

from events.authority import Ruling, Spoken, holds_back, said
from events.commands import Activate, Command, Deactivate, Release, ReleaseCause
from events.state import FRONTS, FleetState, FrontSetpoint, Source
from netstab.units import WallTime, kilowatts

__all__ = ["NAMES", "no_setpoint", "succession"]

NAMES = MappingProxyType(
    {
        Source.EMS: "REST",
        Source.MODBUS: "Modbus",
        Source.MQTT: "MQTT",
        Source.S2: "S2",
        Source.OPENADR: "OpenADR",
        Source.SCHEDULE: "the schedule",
        Source.PRICE: "the price rule",
    }
)
"""What the fronts are called in a sentence."""

_CAUSES = {
    ReleaseCause.ASKED: "has let go of its setpoint",
    ReleaseCause.ENDED: "has a setpoint no more: its time is over",
    ReleaseCause.SILENT: "has a setpoint no more: it is silent",
}


def succession(
    state: FleetState, command: Command, source: Source, ruled: Ruling, priority: Sequence[Source]
) -> str | None:
    """Say what a front's word comes to where another is in command after it; None where that is not so."""
    if source not in FRONTS:
        return None
    if isinstance(command, Release):
        return f"{_capitalized(NAMES[source])} {_CAUSES[command.cause]}; {_next(state, ruled)}"
    if ruled.in_command in (None, source) or not isinstance(command, Activate | Deactivate):
        return None
    power = command.power if isinstance(command, Activate) else None
    asked = "Standby" if power is None else f"{kilowatts(power)} kW"
    setpoints = said(state.setpoints, source, power, None, Spoken("", state.version + 1, WallTime(0.0)))
    holder = holds_back(setpoints, priority, source) or ruled.in_command
    return f"{asked} noted, and waits: {_holds(setpoints[holder])}"


def _next(state: FleetState, ruled: Ruling) -> str:
    """Say who is in command once a setpoint has ended."""
    if ruled.in_command is None:
        return "nobody else gives one: standby"
    return _holds(state.setpoints[ruled.in_command])


def _holds(setpoint: FrontSetpoint) -> str:
    name = NAMES[setpoint.source]
    if setpoint.target is None:
        return f"{name} holds standby"
    return f"{name} is in command at {kilowatts(setpoint.target)} kW"


def no_setpoint(source: Source) -> str:
    """Answer who lets go of nothing."""
    return f"{_capitalized(NAMES.get(source, source))} has no setpoint: nothing changes"


def _capitalized(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
