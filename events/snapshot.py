"""The fleet's state at one version, as it follows from the events: a short cut at start, never the truth."""

from dataclasses import field, replace
from types import MappingProxyType
from typing import Any, Self

import msgspec
from eventsourcing.domain import Snapshot
from eventsourcing.utils import get_topic

from events.fleet import Fleet
from events.state import FleetState

__all__ = ["StateSnapshot"]


class StateSnapshot(Snapshot):
    """A database format like the events; `class_version` is that of the format."""

    class_version: int = field(default=1, kw_only=True)

    @classmethod
    def take(cls, aggregate: Any) -> Self:
        return cls(
            originator_id=aggregate.id,
            originator_version=aggregate.version,
            timestamp=aggregate.modified_on,
            topic=get_topic(Fleet),
            state=msgspec.to_builtins(aggregate.state, enc_hook=dict),
        )

    def mutate(self, _: None) -> Fleet:
        fleet = Fleet.__new__(Fleet)
        fleet.__base_init__(self.originator_id, self.originator_version, self.timestamp)
        state = msgspec.convert(self.state, FleetState)
        miners, holds = MappingProxyType(state.miners), MappingProxyType(state.holds)
        fleet.state = replace(state, miners=miners, holds=holds)
        return fleet
