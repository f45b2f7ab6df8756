"""The fleet as an aggregate: the events of its one stream, and what each makes of the fleet's state.

Names of the event classes and of their fields are a database format: add, never rename or remove. The event
of a command has the command's own fields. Events are applied again at every replay: no clock, no I/O, no
randomness.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self, get_type_hints
from uuid import NAMESPACE_URL, uuid5

import msgspec
from eventsourcing.domain import Aggregate

from events.limits import in_force
from events.state import (
    Configuration,
    Failsafe,
    FleetState,
    Hold,
    HoldKind,
    Limit,
    Order,
    Override,
    RegisteredMiner,
    Source,
    as_ordered,
    moved,
    without,
)
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.statistics import NEW, UnitStatistics, after_failure, after_wake, rerated
from netstab.dispatch.wear import Strain
from netstab.power.allocation import PowerMode
from netstab.power.tuning import Tuning
from netstab.schedules.prices import PriceRule, Rate
from netstab.schedules.schedule import Schedule
from netstab.units import MinerId, Setting, WallTime, Watts

__all__ = ["CUT_SHORT", "FLEET_ID", "REFUSED", "Fleet"]

FLEET_ID = uuid5(NAMESPACE_URL, "urn:netstab:fleet")

REFUSED = "refused"
"""What came of an operator's command that a miner said no to: it is not carried out."""

CUT_SHORT = "cut_short"
"""What came of a step whose effect was not waited for: a newer command had another one sent."""


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
        def at(self) -> WallTime:
            return WallTime(self.timestamp.timestamp())

        def apply(self, aggregate: "Fleet") -> None:
            state = aggregate.state
            aggregate.state = replace(state, version=self.originator_version, **self.changes(state))

        def changes(self, state: FleetState) -> dict[str, Any]:
            """Return the fields of the state that this event changes."""
            return {}

    class Commissioned(Event, Aggregate.Created):
        """The log was begun."""

        power_mode: str

    class ServerStarted(Event):
        """A server took up the log; what was unanswered before was cut off.

        One that `counts_wear` records with what miners did how that wore them; older ones did not.
        """

        software: str
        counts_wear: bool = field(default=False, kw_only=True)

        def changes(self, state: FleetState) -> dict[str, Any]:
            begins = self.counts_wear and state.wear_since is None
            return {"wear_since": self.at} if begins else {}

    class FaultCleared(Event):
        """Commands could not be recorded for a while, and can be again."""

        reason: str

    class MinersResponded(Event):
        """What miners did with their orders, each an `events.log.Response`.

        How wakes ended is learned, and how all of it wore them counted.
        """

        responses: list[dict[str, Any]]

        def changes(self, state: FleetState) -> dict[str, Any]:
            experience, wear = dict(state.experience), state.wear
            for response in self.responses:
                miner_id, strain = response["miner_id"], response.get("strain")
                if strain is not None:
                    wear = wear.after(Strain(strain), response["at"], failed=_is_failed(response))
                if miner_id in state.miners:
                    known = experience.get(miner_id, NEW)
                    learned = _switched(_woken(known, response), response)
                    if learned is not known:
                        experience[miner_id] = learned
            return {"experience": MappingProxyType(experience), "wear": wear}

    class MinersMeasured(Event):
        """What miners were found to draw, and how long they have hashed in all.

        `measured` has each miner's power factor and running hours.
        """

        measured: dict[str, list[float]]
        meter_scale: float

        def changes(self, state: FleetState) -> dict[str, Any]:
            experience = dict(state.experience)
            for name, (factor, hours) in self.measured.items():
                miner_id = MinerId(name)
                if miner_id in state.miners:  # in the event's order, so that each replay gives the same state
                    known = experience.get(miner_id, NEW)
                    experience[miner_id] = replace(
                        known, power_factor=factor, running_hours=hours, measured=True
                    )
            return {"experience": MappingProxyType(experience), "meter_scale": self.meter_scale}

    class TuningKept(Event):
        """What a miner was set to, before it was changed: a `Tuning` of `netstab.power`.

        The setting goes by the name that it has for the first family.
        """

        miner_id: str
        tuning: dict[str, Any]

        def changes(self, state: FleetState) -> dict[str, Any]:
            stored = dict(self.tuning)
            stored["setting"] = stored.pop("frequency")
            kept = {MinerId(self.miner_id): msgspec.convert(stored, Tuning)}
            return {"tunings": MappingProxyType({**state.tunings, **kept})}

    class TuningRestored(Event):
        """A miner was put back to what it was set to, or somebody else had set it anew."""

        miner_id: str

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"tunings": without(state.tunings, self.miner_id)}

    class HoldWithdrawn(Event):
        """A miner refused what it was held for by the command of version `order`: it is as it was before."""

        miner_id: str
        order: int

        def changes(self, state: FleetState) -> dict[str, Any]:
            hold = state.holds.get(MinerId(self.miner_id))
            if hold is None or hold.version != self.order:
                return {}
            holds = without(state.holds, self.miner_id)
            if hold.before is not None:
                holds = {**holds, hold.miner_id: replace(hold.before, miner_id=hold.miner_id)}
            return {"holds": MappingProxyType(dict(holds))}

    class CommandWithdrawn(Event):
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
            return {name: MappingProxyType(it) if isinstance(it, dict) else it for name, it in was.items()}

    class DispatchesDelivered(Event):
        """What came of commands, each a `DeliveryRecord` of `netstab.dispatch`; the state stays as it is."""

        deliveries: list[dict[str, Any]]

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

        def apply(self, aggregate: "Fleet") -> None:
            state = aggregate.state
            version, changes = self.originator_version, self.changes(state)
            if self.source == Source.EMS:
                changes = {"last_ems_command": self.at, "last_ems_version": version, **changes}
            aggregate.state = replace(state, version=version, **changes)

    class ShedOvertaken(CommandRecorded):
        """A command was carried out unrecorded, and another server's orders came before it was recorded.

        It is on record, and changes nothing any more.
        """

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"last_ems_command": state.last_ems_command, "last_ems_version": state.last_ems_version}

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
            return {"last_ems_command": WallTime(self.last)} if self.source == Source.EMS else {}

    class SetpointRepeated(CommandRecorded):
        """The EMS repeated the order in force, that of `repeats`, `count` times from `first` to `last`."""

        repeats: str
        count: int
        first: float
        last: float

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"last_ems_command": WallTime(self.last)}

    class ScheduleSet(CommandRecorded):
        """What is planned from now on, a `Schedule` of `netstab.schedules`; `replaces` is the one before."""

        schedule: dict[str, Any]
        replaces: int | None

        def changes(self, state: FleetState) -> dict[str, Any]:
            entered = msgspec.convert(self.schedule, Schedule)
            return {"schedule": replace(entered, version=self.originator_version)}

    class PricesSet(CommandRecorded):
        """What energy costs from now on, what goes by it, and what a PH/s earns; None is as it was."""

        rates: list[dict[str, Any]] | None
        rule: dict[str, Any] | None
        hash_price: float | None

        def changes(self, state: FleetState) -> dict[str, Any]:
            prices = replace(state.prices, version=self.originator_version)
            if self.rates is not None:
                prices = replace(prices, rates=msgspec.convert(self.rates, tuple[Rate, ...]))
            if self.rule is not None:
                prices = replace(prices, rule=msgspec.convert(self.rule, PriceRule))
            if self.hash_price is not None:
                prices = replace(prices, hash_price=self.hash_price or None)
            return {"prices": prices}

    class PowerModeSet(CommandRecorded):
        """An operator chose how power is shared out."""

        mode: str

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"power_mode": PowerMode(self.mode)}

    class ConfigurationChanged(CommandRecorded):
        """The whole configuration from now on, and the names of the fields that were sent."""

        configuration: dict[str, Any]
        changed: list[str]

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"configuration": msgspec.convert(self.configuration, Configuration)}

    class MinersRegistered(CommandRecorded):
        """Miners joined the fleet; what was known of one before is replaced.

        `network` is the block that was scanned, None for single addresses and in older logs.
        """

        miners: list[dict[str, Any]]
        via: str
        network: str | None = field(default=None, kw_only=True)

        def changes(self, state: FleetState) -> dict[str, Any]:
            joined = {miner.miner_id: miner for miner in msgspec.convert(self.miners, list[RegisteredMiner])}
            experience = {
                miner_id: rerated(known, state.miners[miner_id].rated_power, joined[miner_id].rated_power)
                for miner_id, known in state.experience.items()
                if miner_id in joined and miner_id in state.miners
            }
            return {
                "miners": MappingProxyType({**state.miners, **joined}),
                "experience": MappingProxyType({**state.experience, **experience}),
                "tunings": MappingProxyType(_of_those_that_stay(state.tunings, state.miners, joined)),
            }

    class MinersMoved(CommandRecorded):
        """Miners answer at other addresses: everything known of each goes along, holds and priority too.

        Each of `moves` has `mac`, `old` and `new`.
        """

        moves: list[dict[str, str]]

        def changes(self, state: FleetState) -> dict[str, Any]:
            names = {MinerId(move["old"]): MinerId(move["new"]) for move in self.moves}
            miners, holds = moved(state.miners, names), moved(state.holds, names)
            priority = dict.fromkeys(names.get(each, each) for each in state.configuration.miner_priority)
            return {
                "miners": MappingProxyType(
                    {id_: replace(each, miner_id=id_) for id_, each in miners.items()}
                ),
                "holds": MappingProxyType({id_: replace(each, miner_id=id_) for id_, each in holds.items()}),
                "experience": MappingProxyType(moved(state.experience, names)),
                "tunings": MappingProxyType(moved(state.tunings, names)),
                "configuration": replace(state.configuration, miner_priority=tuple(priority)),
            }

    class MinerRemoved(CommandRecorded):
        """A miner left the fleet, and with it any hold; its place in the priority list stays."""

        miner_id: str

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {
                "miners": without(state.miners, self.miner_id),
                "holds": without(state.holds, self.miner_id),
                "experience": without(state.experience, self.miner_id),
                "tunings": without(state.tunings, self.miner_id),
            }

    class OverrideDisabled(CommandRecorded):
        """The EMS has command again; the order in force stays until its next command: no jump."""

        enabled: bool
        target: float | None

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"override": None}

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
            heard = {"last_ems_command": WallTime(self.last)} if self.source == Source.EMS else {}
            limit = state.limits.get(self.limit_source)
            if limit is None or limit.command_id != self.repeats:
                return heard
            refreshed = replace(limit, until=None if self.until is None else WallTime(self.until))
            return {"limits": MappingProxyType({**self.others(state), limit.source: refreshed}), **heard}

    class LimitLifted(LimitChanged):
        """A source limits no more."""

        def changes(self, state: FleetState) -> dict[str, Any]:
            return {"limits": MappingProxyType(self.others(state))}

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

    class MinerControlled(MinersCommanded):
        """An operator restarted, rebooted or reset a miner; a hold stays as it is."""

        miner_id: str
        action: str

    class MinerHeld(MinerControlled):
        """An operator stopped a miner and so took it from dispatch."""

        def changes(self, state: FleetState) -> dict[str, Any]:
            return self.hold(state, self.miner_id, HoldKind.STOPPED, None)

    class MinerStarted(MinerControlled):
        """An operator started a miner: any hold ends, and it runs until an order of another power comes."""

        def changes(self, state: FleetState) -> dict[str, Any]:
            return self.hold(state, self.miner_id, HoldKind.STARTED, None)

    class FindModeSet(CommandRecorded):
        """An operator had a miner blink, or stop blinking."""

        miner_id: str
        enabled: bool

    class FrequencySet(MinersCommanded):
        """An operator set a miner's frequency in MHz and so took it from dispatch; voltage in V."""

        miner_id: str
        frequency: int
        voltage: float | None

        def changes(self, state: FleetState) -> dict[str, Any]:
            return self.hold(state, self.miner_id, HoldKind.FREQUENCY, self.frequency)


def _of_those_that_stay(
    tunings: Mapping[MinerId, Tuning],
    known: Mapping[MinerId, RegisteredMiner],
    joined: Mapping[MinerId, RegisteredMiner],
) -> dict[MinerId, Tuning]:
    """Leave out the tunings of miners whose address another machine has taken."""
    macs = {
        miner_id: {miner.mac for miner in (known[miner_id], joined[miner_id])} - {""}
        for miner_id in known.keys() & joined.keys()
    }
    return {miner_id: kept for miner_id, kept in tunings.items() if len(macs.get(miner_id, ())) < 2}


def _woken(known: UnitStatistics, response: Mapping[str, Any]) -> UnitStatistics:
    """Learn how a wake ended. Older formats do not tell how long it took; nothing is learned from them."""
    seconds, outcome = response.get("seconds"), response["outcome"]
    if response["action"] != "wake" or seconds is None or outcome == CUT_SHORT:
        return known
    return after_wake(known, seconds) if outcome == "done" else after_failure(known)


def _switched(known: UnitStatistics, response: Mapping[str, Any]) -> UnitStatistics:
    """Count how a step wore a miner, and note when one that it has taken had it run, or stop.

    Formats that do not tell the strain tell nothing of it: what was learned from them stays as it was.
    """
    if "strain" not in response:
        return known
    strain, at, seconds = response["strain"], response["at"], response["seconds"]
    if strain is not None:
        wear = known.wear.after(Strain(strain), at, failed=_is_failed(response))
        known = replace(known, wear=wear)
    stops = response["action"] == "sleep"
    if seconds is None or not (stops or strain == Strain.WAKE):
        return known
    return replace(known, switched_at=WallTime(round(at - seconds, 1)), runs=not stops)


def _is_failed(response: Mapping[str, Any]) -> bool:
    """Whether what a miner had taken came to nothing; of what was not answered nobody knows."""
    return response["outcome"] == "failed" and response["seconds"] is not None
