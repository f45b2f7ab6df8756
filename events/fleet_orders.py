"""The events that order a power: what each makes of the order in force. No clock, no I/O, no randomness."""

from collections.abc import Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

from events.authority import Spoken, said, takes_over, without
from events.commands import ReleaseCause
from events.fleet_event import CommandRecorded, MinersCommanded, heard, unheard
from events.state import (
    FRONTS,
    Failsafe,
    FleetState,
    FrontSetpoint,
    Order,
    Override,
    Source,
    as_ordered,
)
from netstab.dispatch.failsafe import FailsafeAction
from netstab.units import WallTime, Watts

__all__ = [
    "NO_SETPOINTS",
    "Activated",
    "Deactivated",
    "Dispatched",
    "FailsafeEntered",
    "FrontSpoke",
    "OverrideDisabled",
    "OverrideEnabled",
    "PowerApplied",
    "Released",
    "SetpointRepeated",
]


NO_SETPOINTS: Mapping[Source, FrontSetpoint] = MappingProxyType({})


class Dispatched(MinersCommanded):
    """A power was ordered. `decision` is a `Decision` of `netstab.dispatch`, None in older logs."""

    decision: dict[str, Any] | None = field(default=None, kw_only=True)

    def order(self, state: FleetState, power: float | None) -> dict[str, Any]:
        """Put an order of that power in W in force, None for standby."""
        target = None if power is None else Watts(power)
        order = Order(target, self.command_id, Source(self.source), self.originator_version, self.at)
        return {"order": order, "holds": as_ordered(state, target).holds}


class FrontSpoke(Dispatched):
    """A front said what it wants. `in_command` is the front whose setpoint is in force then.

    It is None in older logs, which knew one front, and where it was no front that spoke.
    """

    in_command: str | None = field(default=None, kw_only=True)

    @property
    def commands_miners(self) -> bool:
        return self.decision is not None or self.in_command in (None, self.source)

    def said(self, state: FleetState, power: float | None, until: float | None = None) -> dict[str, Any]:
        """Take down what the front wants, in W, None for standby, and put in force what that leaves."""
        source, target = Source(self.source), None if power is None else Watts(power)
        ends = None if until is None else WallTime(until)
        before = NO_SETPOINTS if self.in_command is None else state.setpoints
        setpoints = NO_SETPOINTS
        if source in FRONTS:
            spoken = Spoken(self.command_id, self.originator_version, self.at)
            setpoints = said(before, source, target, ends, spoken)
        if self.in_command in (None, source):
            return {**self.order(state, target), "failsafe": None, "setpoints": setpoints}
        return {**self.succeeded(state, setpoints), "setpoints": setpoints}

    def succeeded(self, state: FleetState, setpoints: Mapping[Source, FrontSetpoint]) -> dict[str, Any]:
        """Put the setpoint of who is in command in force, standby without one; what is in force stays so."""
        front = None if self.in_command is None else Source(self.in_command)
        if not takes_over(state, Source(self.source), front):
            return {}
        found = setpoints.get(front) if front is not None else None
        ordered = self.order(state, found.target if found is not None else None)
        if found is not None:
            ordered["order"] = replace(ordered["order"], source=found.source)
        return {**ordered, "failsafe": None}


class Activated(FrontSpoke):
    """A front ordered a power in W, until a time or further notice; 0 W idles every miner."""

    power: float
    until: float | None = field(default=None, kw_only=True)

    def changes(self, state: FleetState) -> dict[str, Any]:
        return self.said(state, self.power, self.until)


class Deactivated(FrontSpoke):
    """A front ordered standby."""

    def changes(self, state: FleetState) -> dict[str, Any]:
        return self.said(state, None)


class Released(FrontSpoke):
    """A front's setpoint has ended, and whose is in force then: `in_command` None is nobody's, standby."""

    cause: str

    def changes(self, state: FleetState) -> dict[str, Any]:
        setpoints = without(state.setpoints, Source(self.source))
        spoke = {} if self.cause == ReleaseCause.ASKED else unheard(state)
        return {**self.succeeded(state, setpoints), "setpoints": setpoints, **spoke}


class SetpointRepeated(CommandRecorded):
    """A front repeated its setpoint, that of `repeats`, `count` times from `first` to `last`.

    It ends at `until` now; an older log has none that ends.
    """

    repeats: str
    count: int
    first: float
    last: float
    until: float | None = field(default=None, kw_only=True)

    def changes(self, state: FleetState) -> dict[str, Any]:
        source = Source(self.source)
        spoke = heard(state, source, WallTime(self.last))
        setpoint = state.setpoints.get(source)
        if self.until is None or setpoint is None or setpoint.command_id != self.repeats:
            return spoke
        refreshed = replace(setpoint, until=WallTime(self.until))
        return {**spoke, "setpoints": MappingProxyType({**state.setpoints, source: refreshed})}


class PowerApplied(Dispatched):
    """An operator ordered a power in W; under override it is the override's target too."""

    power: float

    def changes(self, state: FleetState) -> dict[str, Any]:
        ordered = {**self.order(state, self.power), "setpoints": NO_SETPOINTS}
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
        return {**self.order(state, target), "override": override, "setpoints": NO_SETPOINTS}


class OverrideDisabled(CommandRecorded):
    """The EMS has command again; the order in force stays until its next command: no jump."""

    enabled: bool
    target: float | None

    def changes(self, state: FleetState) -> dict[str, Any]:
        return {"override": None}


class FailsafeEntered(Dispatched):
    """A `front` was silent for too long: its order is held, or another takes its place, `power` in W.

    Its setpoint ends, whatever is done, but for a standby.
    """

    action: str
    power: float | None
    silent_since: float
    front: str = field(default=Source.EMS.value, kw_only=True)

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
            front=Source(self.front),
        )
        ordered = self.order(state, power) if self.commands_miners else {}
        return {**ordered, "failsafe": failsafe, "setpoints": _lapsed(state.setpoints, failsafe.front)}


def _lapsed(setpoints: Mapping[Source, FrontSetpoint], front: Source) -> Mapping[Source, FrontSetpoint]:
    """Return what is left when a front has fallen silent: a standby of its own holds."""
    own = setpoints.get(front)
    return setpoints if own is None or own.target is None else without(setpoints, front)
