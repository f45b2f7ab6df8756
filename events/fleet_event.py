"""What every event of the fleet has, and every command that is recorded. It changes nothing by itself."""

from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

from eventsourcing.domain import Aggregate

from events.state import (
    FRONTS,
    FleetState,
    Hold,
    HoldKind,
    Source,
)
from netstab.units import MinerId, Setting, WallTime

__all__ = [
    "CommandRecorded",
    "CommandRejected",
    "Event",
    "MinersCommanded",
    "RejectionRepeated",
    "ShedOvertaken",
    "heard",
    "unheard",
]


def heard(state: FleetState, source: Source, at: WallTime) -> dict[str, Any]:
    """Return what is changed by a word of a source that came at a moment."""
    if source is Source.EMS:
        return {"last_ems_command": at}
    if source not in FRONTS:
        return {}
    return {"last_commands": MappingProxyType({**state.last_commands, source: at})}


def unheard(state: FleetState) -> dict[str, Any]:
    """Return when fronts spoke as it was: who is named did not say it, or said it long ago."""
    return {
        "last_ems_command": state.last_ems_command,
        "last_ems_version": state.last_ems_version,
        "last_commands": state.last_commands,
    }


class Event(Aggregate.Event):
    """`previous` is the digest of the stored event before (`events.chain`).

    `class_version` is the format of the class. Stored with every event, it is what `eventsourcing` goes
    by when a later version of a class has `upcast_v1_v2`.
    """

    def __init_subclass__(cls) -> None:
        """Have it stored as `events.fleet:Fleet.…`, wherever its code stands."""
        super().__init_subclass__()
        cls.__module__, cls.__qualname__ = "events.fleet", f"Fleet.{cls.__name__}"

    previous: str
    class_version: int = field(default=1, kw_only=True)

    @property
    def at(self) -> WallTime:
        return WallTime(self.timestamp.timestamp())

    def apply(self, aggregate: Any) -> None:
        state = aggregate.state
        aggregate.state = replace(state, version=self.originator_version, **self.changes(state))

    def changes(self, state: FleetState) -> dict[str, Any]:
        """Return the fields of the state that this event changes."""
        return {}


class CommandRecorded(Event):
    """A command of any kind. `parameters` and `message` are for the history, no part of the state.

    `principal` is who the client's token says that it is, empty without one and in older logs;
    `request_id` what the client called its request by, empty where it gave no id and in older logs.
    `recorded_late` is when it was recorded, where that could not be done when it was carried out.
    """

    command_id: str
    source: str
    client: str
    command: str
    parameters: dict[str, Any]
    message: str
    principal: str = field(default="", kw_only=True)
    request_id: str = field(default="", kw_only=True)
    recorded_late: float | None = field(default=None, kw_only=True)

    def apply(self, aggregate: Any) -> None:
        state = aggregate.state
        version, changes = self.originator_version, self.changes(state)
        if self.source == Source.EMS:
            changes = {"last_ems_command": self.at, "last_ems_version": version, **changes}
        elif self.source in FRONTS:
            changes = {**heard(state, Source(self.source), self.at), **changes}
        aggregate.state = replace(state, version=version, **changes)


class ShedOvertaken(CommandRecorded):
    """A command was carried out unrecorded, and another server's orders came before it was recorded.

    It is on record, and changes nothing any more.
    """

    def changes(self, state: FleetState) -> dict[str, Any]:
        return unheard(state)


class CommandRejected(CommandRecorded):
    """A command was refused; `code` is the error table's."""

    code: str


class RejectionRepeated(CommandRejected):
    """A refused command of the EMS, or a refused limit, came again `count` times and was refused alike.

    `repeats` is the id of the first one's event; `first` and `last` are when those that are counted came.
    """

    repeats: str
    count: int
    first: float
    last: float

    def changes(self, state: FleetState) -> dict[str, Any]:
        return heard(state, Source(self.source), WallTime(self.last))


class MinersCommanded(CommandRecorded):
    """A command that miners have to carry out: their responses are to follow."""

    @property
    def commands_miners(self) -> bool:
        return True

    def hold(self, state: FleetState, miner: str, kind: HoldKind, to: Setting | None) -> dict[str, Any]:
        """Take a miner from dispatch, at a setting if it is set to one."""
        before = state.holds.get(MinerId(miner))
        lasting = before is not None and before.kind is not HoldKind.STARTED
        hold = Hold(
            miner_id=MinerId(miner),
            kind=kind,
            setting=to,
            command_id=self.command_id,
            since=self.at,
            version=self.originator_version,
            before=replace(before, before=None) if before is not None and lasting else None,
        )
        return {"holds": MappingProxyType({**state.holds, hold.miner_id: hold})}
