"""The events of what may be drawn at most."""

from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

from events.fleet_event import CommandRecorded, heard
from events.limits import in_force
from events.state import (
    FleetState,
    Limit,
    Source,
)
from netstab.units import WallTime, Watts

__all__ = ["LimitChanged", "LimitLifted", "LimitRepeated", "LimitSet"]


class LimitChanged(CommandRecorded):
    """What may be drawn at most has changed. Limits that have ended by the event's time are dropped.

    `decision` is how what is left of the order in force was shared out, None where nothing changed by it.
    """

    limit_source: str
    decision: dict[str, Any] | None = field(default=None, kw_only=True)

    def others(self, state: FleetState) -> dict[str, Limit]:
        limits = in_force(state.limits, self.at).values()
        return {limit.source: limit for limit in limits if limit.source != self.limit_source}


class LimitSet(LimitChanged):
    """A source allows `power` W at most, until a time or until it is lifted."""

    power: float
    until: float | None
    efficiency: float | None = field(default=None, kw_only=True)

    def changes(self, state: FleetState) -> dict[str, Any]:
        limit = Limit(
            source=self.limit_source,
            power=Watts(self.power),
            until=None if self.until is None else WallTime(self.until),
            command_id=self.command_id,
            since=self.at,
            version=self.originator_version,
            efficiency=self.efficiency,
        )
        return {"limits": MappingProxyType({**self.others(state), limit.source: limit})}


class LimitRepeated(LimitChanged):
    """A source said its limit again, that of `repeats`, `count` times from `first` to `last`.

    It is the same limit, and ends at `until` now.
    """

    power: float
    until: float | None
    efficiency: float | None = field(default=None, kw_only=True)
    repeats: str
    count: int
    first: float
    last: float

    def changes(self, state: FleetState) -> dict[str, Any]:
        said = heard(state, Source(self.source), WallTime(self.last))
        limit = state.limits.get(self.limit_source)
        if limit is None or limit.command_id != self.repeats:
            return said
        refreshed = replace(limit, until=None if self.until is None else WallTime(self.until))
        return {"limits": MappingProxyType({**self.others(state), limit.source: refreshed}), **said}


class LimitLifted(LimitChanged):
    """A source limits no more."""

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {"limits": MappingProxyType(self.others(state))}
