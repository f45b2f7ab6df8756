"""The fleet as an aggregate: the events of its one stream, and what each makes of the fleet's state.

Names of the event classes and of their fields are a database format: add, never rename or remove. The event
of a command has the command's own fields. Events are applied again at every replay: no clock, no I/O, no
randomness.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self, TypeVar
from uuid import NAMESPACE_URL, uuid5

import msgspec
from eventsourcing.domain import Aggregate

from events.state import (
    Configuration,
    FleetState,
    Hold,
    HoldKind,
    Order,
    Override,
    RegisteredMiner,
    Source,
)
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, MinerId, Timestamp, Watts

__all__ = ["FLEET_ID", "Fleet"]

T = TypeVar("T")

FLEET_ID = uuid5(NAMESPACE_URL, "urn:netstab:fleet")


class Fleet(Aggregate):
    """One fleet, one stream: gapless versions give all commands one order."""

    def __init__(self, power_mode: str) -> None:
        self.state = FleetState(version=0, power_mode=PowerMode(power_mode))

    @classmethod
    def commission(cls, power_mode: PowerMode, at: datetime, previous: str) -> Self:
        return cls._create(
            cls.Commissioned, id=FLEET_ID, timestamp=at, previous=previous, power_mode=power_mode.value
        )

    class Event(Aggregate.Event):
        """`previous` is the digest of the stored event before (`events.chain`).

        `class_version` is the format of the class. Stored with every event, it is what `eventsourcing` goes
        by when a later version of a class has `upcast_v1_v2`.
        """

        previous: str
        class_version: int = field(default=1, kw_only=True)

        @property
        def at(self) -> Timestamp:
            return Timestamp(self.timestamp.timestamp())

        def apply(self, aggregate: "Fleet") -> None:
            aggregate.state = replace(self.evolve(aggregate.state), version=self.originator_version)

        def evolve(self, state: FleetState) -> FleetState:
            """Give the state after this event."""
            return state

    class Commissioned(Event, Aggregate.Created):
        """The log was begun."""

        power_mode: str

    class ServerStarted(Event):
        """A server took up the log; what was unanswered before was cut off."""

        software: str

    class FaultCleared(Event):
        """Commands could not be recorded for a while, and can be again."""

        reason: str

    class MinersResponded(Event):
        """What miners did with their orders, each an `events.log.Response`; the state stays as it is."""

        responses: list[dict[str, Any]]

    class CommandRecorded(Event):
        """A command of any kind. `parameters` and `message` are for the history, no part of the state."""

        command_id: str
        source: str
        client: str
        command: str
        parameters: dict[str, Any]
        message: str

        def apply(self, aggregate: "Fleet") -> None:
            super().apply(aggregate)
            if self.source == Source.EMS:
                aggregate.state = replace(aggregate.state, last_ems_command=self.at)

    class CommandRejected(CommandRecorded):
        """A command was refused; `code` is the error table's."""

        code: str

    class PowerModeSet(CommandRecorded):
        """An operator chose how power is shared out."""

        mode: str

        def evolve(self, state: FleetState) -> FleetState:
            return replace(state, power_mode=PowerMode(self.mode))

    class ConfigurationChanged(CommandRecorded):
        """The whole configuration from now on, and the names of the fields that were sent."""

        configuration: dict[str, Any]
        changed: list[str]

        def evolve(self, state: FleetState) -> FleetState:
            return replace(state, configuration=msgspec.convert(self.configuration, Configuration))

    class MinersRegistered(CommandRecorded):
        """Miners joined the fleet; what was known of one before is replaced."""

        miners: list[dict[str, Any]]
        via: str

        def evolve(self, state: FleetState) -> FleetState:
            joined = {miner.miner_id: miner for miner in msgspec.convert(self.miners, list[RegisteredMiner])}
            return replace(state, miners=MappingProxyType({**state.miners, **joined}))

    class MinerRemoved(CommandRecorded):
        """A miner left the fleet, and with it any hold; its place in the priority list stays."""

        miner_id: str

        def evolve(self, state: FleetState) -> FleetState:
            miners, holds = _without(state.miners, self.miner_id), _without(state.holds, self.miner_id)
            return replace(state, miners=miners, holds=holds)

    class OverrideDisabled(CommandRecorded):
        """The EMS has command again; the order in force stays until its next command: no jump."""

        enabled: bool
        target: float | None

        def evolve(self, state: FleetState) -> FleetState:
            return replace(state, override=None)

    class MinersCommanded(CommandRecorded):
        """A command that miners have to carry out: their responses are to follow."""

        def order(self, state: FleetState, power: float | None) -> FleetState:
            """Put an order of that power in W in force, None for standby."""
            target = None if power is None else Watts(power)
            order = Order(target, self.command_id, Source(self.source), self.originator_version, self.at)
            repeated = state.order is not None and state.order.target == target
            return replace(
                state, order=order, holds=state.holds if repeated else _without_started(state.holds)
            )

        def hold(self, state: FleetState, miner_id: str, kind: HoldKind, frequency: int | None) -> FleetState:
            """Take a miner from dispatch; frequency in MHz."""
            megahertz = None if frequency is None else Megahertz(frequency)
            hold = Hold(MinerId(miner_id), kind, megahertz, self.command_id, self.at)
            return replace(state, holds=MappingProxyType({**state.holds, hold.miner_id: hold}))

    class Activated(MinersCommanded):
        """The EMS ordered a power in W; 0 W idles every miner."""

        power: float

        def evolve(self, state: FleetState) -> FleetState:
            return self.order(state, self.power)

    class Deactivated(MinersCommanded):
        """The EMS ordered standby."""

        def evolve(self, state: FleetState) -> FleetState:
            return self.order(state, None)

    class PowerApplied(MinersCommanded):
        """An operator ordered a power in W; under override it is the override's target too."""

        power: float

        def evolve(self, state: FleetState) -> FleetState:
            ordered = self.order(state, self.power)
            if state.override is None:
                return ordered
            return replace(ordered, override=replace(state.override, target=Watts(self.power)))

    class OverrideEnabled(MinersCommanded):
        """An operator took command and ordered a target in W, None to stop all."""

        enabled: bool
        target: float | None

        def evolve(self, state: FleetState) -> FleetState:
            target = None if self.target is None else Watts(self.target)
            override = Override(target, self.command_id, self.at)
            return replace(self.order(state, target), override=override)

    class MinerHeld(MinersCommanded):
        """An operator stopped a miner and so took it from dispatch."""

        miner_id: str
        action: str

        def evolve(self, state: FleetState) -> FleetState:
            return self.hold(state, self.miner_id, HoldKind.STOPPED, None)

    class MinerStarted(MinersCommanded):
        """An operator started a miner: any hold ends, and it runs until an order of another power comes."""

        miner_id: str
        action: str

        def evolve(self, state: FleetState) -> FleetState:
            return self.hold(state, self.miner_id, HoldKind.STARTED, None)

    class MinerControlled(MinersCommanded):
        """An operator restarted, rebooted or reset a miner; a hold stays as it is."""

        miner_id: str
        action: str

    class FindModeSet(CommandRecorded):
        """An operator had a miner blink, or stop blinking."""

        miner_id: str
        enabled: bool

    class FrequencySet(MinersCommanded):
        """An operator set a miner's frequency in MHz and so took it from dispatch; voltage in V."""

        miner_id: str
        frequency: int
        voltage: float | None

        def evolve(self, state: FleetState) -> FleetState:
            return self.hold(state, self.miner_id, HoldKind.FREQUENCY, self.frequency)


def _without(entries: Mapping[MinerId, T], miner_id: str) -> Mapping[MinerId, T]:
    return MappingProxyType({key: entry for key, entry in entries.items() if key != miner_id})


def _without_started(holds: Mapping[MinerId, Hold]) -> Mapping[MinerId, Hold]:
    return MappingProxyType({key: hold for key, hold in holds.items() if hold.kind is not HoldKind.STARTED})
