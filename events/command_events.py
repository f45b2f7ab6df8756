"""What event a command becomes, and what an event has of it whatever came of it. Pure."""

from typing import Any

from events.commands import (
    Activate,
    ApplyPower,
    ChangeConfiguration,
    Command,
    ControlMiner,
    Deactivate,
    EnterFailsafe,
    FindMiner,
    LiftLimit,
    MinerAction,
    MoveMiners,
    Origin,
    RegisterMiners,
    Release,
    RemoveMiner,
    SetFrequency,
    SetLimit,
    SetOverride,
    SetPowerMode,
    SetPrices,
    SetSchedule,
)
from events.fleet import Fleet
from events.fleet_event import CommandRecorded
from events.parameters import parameters

__all__ = ["accepted", "said"]

_ACCEPTED: dict[type[Command], type[CommandRecorded]] = {
    Activate: Fleet.Activated,
    Deactivate: Fleet.Deactivated,
    Release: Fleet.Released,
    ApplyPower: Fleet.PowerApplied,
    SetOverride: Fleet.OverrideEnabled,
    EnterFailsafe: Fleet.FailsafeEntered,
    SetLimit: Fleet.LimitSet,
    LiftLimit: Fleet.LimitLifted,
    SetSchedule: Fleet.ScheduleSet,
    SetPrices: Fleet.PricesSet,
    SetPowerMode: Fleet.PowerModeSet,
    ChangeConfiguration: Fleet.ConfigurationChanged,
    RegisterMiners: Fleet.MinersRegistered,
    MoveMiners: Fleet.MinersMoved,
    RemoveMiner: Fleet.MinerRemoved,
    ControlMiner: Fleet.MinerControlled,
    SetFrequency: Fleet.FrequencySet,
    FindMiner: Fleet.FindModeSet,
}


def accepted(command: Command) -> type[CommandRecorded]:
    """Return the event that an accepted command becomes."""
    match command:
        case SetOverride(enabled=False):
            return Fleet.OverrideDisabled
        case ControlMiner(action=MinerAction.STOP):
            return Fleet.MinerHeld
        case ControlMiner(action=MinerAction.START):
            return Fleet.MinerStarted
    return _ACCEPTED[type(command)]


def said(command: Command, origin: Origin, message: str) -> dict[str, Any]:
    """Return the fields of `Fleet.CommandRecorded`."""
    return {
        "command_id": origin.command_id,
        "source": origin.source.value,
        "client": origin.client,
        "principal": origin.principal,
        "request_id": origin.request_id,
        "command": command.name,
        "parameters": parameters(command),
        "message": message,
    }
