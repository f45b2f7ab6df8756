"""The events that order a power: what each makes of the order in force. No clock, no I/O, no randomness."""

from dataclasses import field, replace
from typing import Any

from events.fleet_event import CommandRecorded, MinersCommanded
from events.state import (
    Failsafe,
    FleetState,
    Order,
    Override,
    Source,
    as_ordered,
)
from netstab.dispatch.failsafe import FailsafeAction
from netstab.units import WallTime, Watts

__all__ = [
    "Activated",
    "Deactivated",
    "Dispatched",
    "FailsafeEntered",
    "OverrideDisabled",
    "OverrideEnabled",
    "PowerApplied",
    "Released",
    "SetpointRepeated",
]


class Dispatched(MinersCommanded):
    """A power was ordered. `decision` is a `Decision` of `netstab.dispatch`, None in older logs."""

    decision: dict[str, Any] | None = field(default=None, kw_only=True)

    def order(self, state: FleetState, power: float | None) -> dict[str, Any]:
        """Put an order of that power in W in force, None for standby."""
        target = None if power is None else Watts(power)
        order = Order(target, self.command_id, Source(self.source), self.originator_version, self.at)
        return {"order": order, "holds": as_ordered(state, target).holds}


class Activated(Dispatched):
    """A front ordered a power in W, until a time or further notice; 0 W idles every miner."""

    power: float
    until: float | None = field(default=None, kw_only=True)

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {**self.order(state, self.power), "failsafe": None}


class Deactivated(Dispatched):
    """The EMS ordered standby. A failsafe ends."""

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {**self.order(state, None), "failsafe": None}


class Released(Dispatched):
    """A front's setpoint has ended."""

    def changes(self, state: FleetState) -> dict[str, Any]:
        return self.order(state, None)


class SetpointRepeated(CommandRecorded):
    """The EMS repeated the order in force, that of `repeats`, `count` times from `first` to `last`."""

    repeats: str
    count: int
    first: float
    last: float

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {"last_ems_command": WallTime(self.last)}


class PowerApplied(Dispatched):
    """An operator ordered a power in W; under override it is the override's target too."""

    power: float

    def changes(self, state: FleetState) -> dict[str, Any]:
        ordered = self.order(state, self.power)
        if state.override is None:
            return ordered
        return {**ordered, "override": replace(state.override, target=Watts(self.power))}


class OverrideEnabled(Dispatched):
    """An operator took command and ordered a target in W, None to stop all."""

    enabled: bool
    target: float | None

    def changes(self, state: FleetState) -> dict[str, Any]:
        target = None if self.target is None else Watts(self.target)
        override = Override(target, self.command_id, self.at)
        return {**self.order(state, target), "override": override}


class OverrideDisabled(CommandRecorded):
    """The EMS has command again; the order in force stays until its next command: no jump."""

    enabled: bool
    target: float | None

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {"override": None}


class FailsafeEntered(Dispatched):
    """The EMS was silent for too long: its order is held, or another takes its place, `power` in W."""

    action: str
    power: float | None
    silent_since: float

    @property
    def commands_miners(self) -> bool:
        return self.action != FailsafeAction.HOLD

    def changes(self, state: FleetState) -> dict[str, Any]:
        power = None if self.power is None else Watts(self.power)
        failsafe = Failsafe(
            since=self.at,
            action=FailsafeAction(self.action),
            command_id=self.command_id,
            power=power,
            silent_since=WallTime(self.silent_since),
            version=self.originator_version,
        )
        ordered = self.order(state, power) if self.commands_miners else {}
        return {**ordered, "failsafe": failsafe}
