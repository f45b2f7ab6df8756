"""The fleet as an aggregate: the events of its one stream, gathered from the rooms beside this one.

Names of the event classes and of their fields are a database format: add, never rename or remove. The event
of a command has the command's own fields. Events are applied again at every replay: no clock, no I/O, no
randomness.
"""

from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self, get_type_hints
from uuid import NAMESPACE_URL, uuid5

import msgspec
from eventsourcing.domain import Aggregate

from events import fleet_event, fleet_learned, fleet_limits, fleet_miners, fleet_orders, fleet_schedule
from events.authority import alone
from events.state import (
    Configuration,
    FleetState,
)
from netstab.power.allocation import PowerMode

__all__ = ["FLEET_ID", "Fleet"]

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

    Event = fleet_event.Event
    CommandRecorded = fleet_event.CommandRecorded
    ShedOvertaken = fleet_event.ShedOvertaken
    CommandRejected = fleet_event.CommandRejected
    RejectionRepeated = fleet_event.RejectionRepeated
    MinersCommanded = fleet_event.MinersCommanded
    Dispatched = fleet_orders.Dispatched
    FrontSpoke = fleet_orders.FrontSpoke
    Activated = fleet_orders.Activated
    Deactivated = fleet_orders.Deactivated
    Released = fleet_orders.Released
    SetpointRepeated = fleet_orders.SetpointRepeated
    PowerApplied = fleet_orders.PowerApplied
    OverrideEnabled = fleet_orders.OverrideEnabled
    OverrideDisabled = fleet_orders.OverrideDisabled
    FailsafeEntered = fleet_orders.FailsafeEntered
    LimitChanged = fleet_limits.LimitChanged
    LimitSet = fleet_limits.LimitSet
    LimitRepeated = fleet_limits.LimitRepeated
    LimitLifted = fleet_limits.LimitLifted
    MinersResponded = fleet_learned.MinersResponded
    MinersMeasured = fleet_learned.MinersMeasured
    TuningKept = fleet_learned.TuningKept
    TuningRestored = fleet_learned.TuningRestored
    ScheduleSet = fleet_schedule.ScheduleSet
    PricesSet = fleet_schedule.PricesSet
    HoldWithdrawn = fleet_miners.HoldWithdrawn
    MinersRegistered = fleet_miners.MinersRegistered
    MinersMoved = fleet_miners.MinersMoved
    MinerRemoved = fleet_miners.MinerRemoved
    MinerControlled = fleet_miners.MinerControlled
    MinerHeld = fleet_miners.MinerHeld
    MinerStarted = fleet_miners.MinerStarted
    FindModeSet = fleet_miners.FindModeSet
    FrequencySet = fleet_miners.FrequencySet

    class Commissioned(fleet_event.Event, Aggregate.Created):
        """The log was begun."""

        power_mode: str

    class ServerStarted(fleet_event.Event):
        """A server took up the log; what was unanswered before was cut off.

        One that `counts_wear` records with what miners did how that wore them; older ones did not.
        """

        software: str
        counts_wear: bool = field(default=False, kw_only=True)

        def changes(self, state: FleetState) -> dict[str, Any]:
            begins = self.counts_wear and state.wear_since is None
            return {"wear_since": self.at} if begins else {}

    class FaultCleared(fleet_event.Event):
        """Commands could not be recorded for a while, and can be again."""

        reason: str

    class CommandWithdrawn(fleet_event.Event):
        """A command was recorded after whoever gave it was told that it is not: it was not carried out.

        `withdrawn` is its id, `order` the version of its event, and `before` has the fields of the state that
        it had changed, as they were. The others are its own: where the index has it.
        """

        withdrawn: str
        order: int
        before: dict[str, Any]
        source: str = field(default="", kw_only=True)
        command: str = field(default="", kw_only=True)
        parameters: dict[str, Any] | None = field(default=None, kw_only=True)

        def changes(self, state: FleetState) -> dict[str, Any]:
            types = get_type_hints(FleetState)
            was = {name: msgspec.convert(value, types[name]) for name, value in self.before.items()}
            if "order" in was and "setpoints" not in was and state.setpoints:  # an older log: one front
                was["setpoints"] = alone(was["order"], was.get("failsafe", state.failsafe))
            return {name: MappingProxyType(it) if isinstance(it, dict) else it for name, it in was.items()}

    class DispatchesDelivered(fleet_event.Event):
        """What came of commands, each a `DeliveryRecord` of `netstab.dispatch`; the state stays as it is."""

        deliveries: list[dict[str, Any]]

    class PowerModeSet(fleet_event.CommandRecorded):
        """An operator chose how power is shared out."""

        mode: str

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"power_mode": PowerMode(self.mode)}

    class ConfigurationChanged(fleet_event.CommandRecorded):
        """The whole configuration from now on, and the names of the fields that were sent."""

        configuration: dict[str, Any]
        changed: list[str]

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"configuration": msgspec.convert(self.configuration, Configuration)}
