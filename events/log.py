"""The one writer of the command log. What it answered is durable; what it failed to record left no trace."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from eventsourcing.domain import EventSourcingError
from eventsourcing.persistence import IntegrityError

from events.chain import GENESIS, Head, digest
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
    RemoveMiner,
    SetFrequency,
    SetLimit,
    SetOverride,
    SetPowerMode,
)
from events.fleet import Fleet
from events.parameters import parameters
from events.repetition import Repetition
from events.reserve_format import Entry, Kept, Refused
from events.snapshot import StateSnapshot
from events.state import FleetState
from events.store import FleetStore, reading, require
from events.timeline import Timeline
from netstab.clock import STEP, WallClock
from netstab.dispatch.decision import Decision
from netstab.dispatch.delivery import DeliveryRecord
from netstab.errors import LogFenced, LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.power.tuning import Tuning
from netstab.units import MinerId, Seconds, WallTime, on_wall, rfc3339
from netstab.urls import without_password

__all__ = ["FleetLog", "Response", "foreseen"]

logger = logging.getLogger(__name__)

SNAPSHOT_INTERVAL = 1_000
"""Events; so many are replayed at most, at a start and for any moment in the past."""

_ACCEPTED: dict[type[Command], type[Fleet.CommandRecorded]] = {
    Activate: Fleet.Activated,
    Deactivate: Fleet.Deactivated,
    ApplyPower: Fleet.PowerApplied,
    SetOverride: Fleet.OverrideEnabled,
    EnterFailsafe: Fleet.FailsafeEntered,
    SetLimit: Fleet.LimitSet,
    LiftLimit: Fleet.LimitLifted,
    SetPowerMode: Fleet.PowerModeSet,
    ChangeConfiguration: Fleet.ConfigurationChanged,
    RegisterMiners: Fleet.MinersRegistered,
    MoveMiners: Fleet.MinersMoved,
    RemoveMiner: Fleet.MinerRemoved,
    ControlMiner: Fleet.MinerControlled,
    SetFrequency: Fleet.FrequencySet,
    FindMiner: Fleet.FindModeSet,
}


def _nothing() -> None:
    """Keep nothing from becoming durable."""


@dataclass(frozen=True, slots=True)
class Response:
    """What one miner did with the order of version `order`: the action, what came of it, and why.

    `seconds` passed until its effect was seen, or was no longer waited for; None where it was not taken.
    """

    order: int
    miner_id: MinerId
    action: str
    outcome: str
    reason: str
    at: WallTime
    seconds: float | None = None


class FleetLog:
    """The fleet's log at `url`, begun in `default_mode` if it is new. For one thread at a time.

    A log that was seen before, up to `seen`, is only opened if it holds that event, and never begun anew.

    Every write raises `LogUnavailable` if it could not be made (it may be tried again), or `LogFenced` if
    another writer has appended to the log; either way nothing was recorded and `state` is what it was.
    Opening raises `LogUnavailable` too if what is stored cannot be read.
    """

    def __init__(
        self,
        url: str,
        clock: WallClock,
        default_mode: PowerMode,
        seen: Head = GENESIS,
    ) -> None:
        self._clock = clock
        self._url = url
        self._last_look = _nothing
        self._place = without_password(url)
        if seen != GENESIS:
            require(url, seen)
        with reading(url):
            self._store = FleetStore(url)
        try:
            self._open(default_mode)
        except BaseException:
            self._store.close()
            raise

    @property
    def state(self) -> FleetState:
        return self._fleet.state

    @property
    def fleet(self) -> Fleet:
        """The aggregate as of the newest event; it is replaced, never changed."""
        return self._fleet

    @property
    def latest(self) -> WallTime:
        """The latest time of all events; ahead of the clock where that, or an earlier one, was wrong."""
        return self._latest

    @property
    def head(self) -> Head:
        """The newest event's version and digest."""
        return self._head

    @property
    def fleet_id(self) -> str:
        """What tells this fleet from any other: like a locally administered MAC, of the log's first event."""
        digits = f"02{self._origin[:10]}"
        return ":".join(digits[place : place + 2] for place in range(0, 12, 2))

    def accept(
        self,
        command: Command,
        origin: Origin,
        message: str,
        decision: Decision | None = None,
        last_look: Callable[[], None] = _nothing,
    ) -> int:
        """Record a command that is to be carried out, and how an order was shared out; give its version.

        `last_look` is called when all is written and nothing durable: what it raises leaves no trace.
        """
        fields = msgspec.to_builtins(command)
        if decision is not None:
            fields["decision"] = msgspec.to_builtins(decision)
        self._last_look = last_look
        try:
            return self._record(_accepted(command), **_said(command, origin, message), **fields)
        finally:
            self._last_look = _nothing

    def reject(self, command: Command, origin: Origin, code: str, message: str) -> int:
        """Record a command that was refused; give its event's version."""
        return self._record(Fleet.CommandRejected, **_said(command, origin, message), code=code)

    def repeated(self, found: Repetition, correction: Seconds) -> int:
        """Record a repetition, by a host's clock that is `correction` ahead; give the event's version."""
        first, last = on_wall(found.first, correction), on_wall(found.last, correction)
        said = _said(found.command, found.origin, _times(found, first))
        said["parameters"]["repeated"] = found.count
        told = {"repeats": found.repeats, "count": found.count, "first": first, "last": last}
        if found.rejected is not None:
            return self._record(Fleet.RejectionRepeated, code=found.rejected.code.value, **said, **told)
        if isinstance(found.command, SetLimit):
            limit = msgspec.to_builtins(found.command)
            return self._record(Fleet.LimitRepeated, **said, **told, **limit)
        return self._record(Fleet.SetpointRepeated, **said, **told)

    def responses(self, responses: Sequence[Response]) -> int:
        """Record what miners did with their orders; give the event's version."""
        return self._record(Fleet.MinersResponded, responses=msgspec.to_builtins(list(responses)))

    def deliveries(self, records: Sequence[DeliveryRecord]) -> int:
        """Record what came of dispatch commands; give the event's version."""
        return self._record(Fleet.DispatchesDelivered, deliveries=msgspec.to_builtins(list(records)))

    def measured(self, measured: Mapping[MinerId, tuple[float, float]], meter_scale: float) -> int:
        """Record power factors and hours of miners that have changed, and the meter's scale."""
        rounded = {miner_id: [round(figure, 3) for figure in found] for miner_id, found in measured.items()}
        return self._record(Fleet.MinersMeasured, measured=rounded, meter_scale=round(meter_scale, 3))

    def tuning_kept(self, miner_id: MinerId, tuning: Tuning) -> int:
        """Record what a miner is set to, before it is changed."""
        stored = msgspec.to_builtins(tuning)
        stored["frequency"] = stored.pop("setting")
        return self._record(Fleet.TuningKept, miner_id=miner_id, tuning=stored)

    def tuning_restored(self, miner_id: MinerId) -> int:
        """Record that what was kept of a miner is no longer to be put back."""
        return self._record(Fleet.TuningRestored, miner_id=miner_id)

    def hold_withdrawn(self, miner_id: MinerId, order: int) -> int:
        """Record that a miner refused what the command of that version held it for."""
        return self._record(Fleet.HoldWithdrawn, miner_id=miner_id, order=order)

    def server_started(self, version: str) -> int:
        """Record that the software of this version took up the log."""
        return self._record(Fleet.ServerStarted, software=version)

    def fault_cleared(self, reason: str) -> int:
        """Record that commands can be recorded again, and why they could not."""
        return self._record(Fleet.FaultCleared, reason=reason)

    def take_up(self, kept: Sequence[Kept], why: str) -> Mapping[int, int]:
        """Record what was carried out while it could not be recorded, each once, with its own time.

        Gives the versions of those, by the numbers that they went by. What was refused, and is on record
        after all, is withdrawn first. What another server's orders have overtaken changes nothing.
        """
        entries = [each for each in kept if isinstance(each, Entry)]
        ours = {each.origin.command_id for each in entries}
        with self._writing():
            for each in kept:
                if isinstance(each, Refused):
                    self._withdraw(each.command_id)
            overtaken = [each for each in entries if self._is_overtaken(each, ours)]
            return {each.version: self._late(each, why, overtaken=each in overtaken) for each in entries}

    def check(self) -> None:
        """Look whether the log still ends where it was left. Raises what a write would."""
        with self._writing():
            self._store.verify_head(self._head)

    def close(self) -> None:
        self._store.close()

    def _open(self, default_mode: PowerMode) -> None:
        with reading(self._url):
            stored = self._store.fleet()
            self._snapshot_version = self._store.newest_snapshot_version()
            if stored is not None:
                self._fleet = stored
                self._head = Head(stored.version, digest(self._store.event(stored.version)))
                self._origin = digest(self._store.event(1))
                self._store.index_to(stored.version)
                latest = Timeline(self._store).latest or stored.modified_on
                self._latest = WallTime(latest.timestamp())
        if stored is None:
            now = datetime.fromtimestamp(self._clock(), UTC)
            self._latest = WallTime(now.timestamp())
            self._save(Fleet.commission(default_mode, now, GENESIS.digest))
            self._origin = self._head.digest

    def _late(self, entry: Entry, why: str, *, overtaken: bool) -> int:
        known, now = self._version_of(entry.origin.command_id), self._clock()
        if known is not None:
            return known
        message = f"{entry.message} (recorded late, at {rfc3339(now)}: {why})"
        said = _said(entry.command, entry.origin, message)
        said["parameters"]["recorded_late"] = rfc3339(now)
        if entry.count > 1:
            said["parameters"] |= {"repeated": entry.count, "until": rfc3339(entry.last)}
        kind = Fleet.ShedOvertaken if overtaken else _accepted(entry.command)
        fields = {} if overtaken else msgspec.to_builtins(entry.command)
        at = datetime.fromtimestamp(entry.at, UTC)
        return self._record_at(at, kind, recorded_late=now, **said, **fields)

    def _is_overtaken(self, entry: Entry, ours: AbstractSet[str]) -> bool:
        """Whether another order, or another limit of the same source, came after what was known then."""
        source = getattr(entry.command, "limit_source", None)
        newer = self.state.order if source is None else self.state.limits.get(source)
        if newer is None or newer.version <= entry.after.version or newer.command_id in ours:
            return False
        rows = self._store.recorder.select_versions([entry.after.version])
        return [digest(row) for row in rows] == [entry.after.digest]  # else it is the log of another past

    def _withdraw(self, command_id: str) -> None:
        """Take back the newest event, if it is that command's: nobody has gone by it yet."""
        version = self._version_of(command_id)
        before = self._store.fleet(version - 1) if version == self._fleet.version else None
        if before is not None:
            was, now = before.state, self.state
            names = [
                each.name for each in fields(FleetState) if getattr(was, each.name) != getattr(now, each.name)
            ]
            kept = {
                name: msgspec.to_builtins(getattr(was, name), enc_hook=dict)
                for name in names
                if name != "version"
            }
            at = self._fleet.modified_on  # at no moment was it in force
            self._record_at(at, Fleet.CommandWithdrawn, withdrawn=command_id, order=version, before=kept)

    def _version_of(self, command_id: str) -> int | None:
        with self._store.transaction() as cursor:
            return self._store.index.find(cursor, command_id)

    def _record(self, event: type[Fleet.Event], **fields: Any) -> int:
        return self._record_at(self._now(), event, **fields)

    def _record_at(self, at: datetime, event: type[Fleet.Event], **fields: Any) -> int:
        fleet = copy(self._fleet)
        fleet.trigger_event(event, timestamp=at, previous=self._head.digest, **fields)
        self._save(fleet)
        self._snapshot_if_due()
        return fleet.version

    def _now(self) -> datetime:
        """Return the time of the next event: what the clock shows, for the order is that of the versions.

        Less than a step back it waits at the newest event's time: a clock that trembles is no clock set back.
        """
        now, newest = datetime.fromtimestamp(self._clock(), UTC), self._fleet.modified_on
        return newest if now < newest < now + timedelta(seconds=STEP) else now

    def _save(self, fleet: Fleet) -> None:
        with self._writing():
            row = self._store.append(fleet, self._last_look)
        self._fleet = fleet
        self._latest = max(self._latest, WallTime(fleet.modified_on.timestamp()))
        self._head = Head(fleet.version, digest(row))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Say in the log's own errors why it cannot be written."""
        try:
            yield
        except IntegrityError as error:
            raise LogFenced(f"Another writer has appended to the log at {self._place}.") from error
        except (EventSourcingError, sqlite3.Error) as error:
            raise LogUnavailable(f"The command log at {self._place} cannot be written: {error}") from error

    def _snapshot_if_due(self) -> None:
        if self._fleet.version - self._snapshot_version < SNAPSHOT_INTERVAL:
            return
        self._snapshot_version = self._fleet.version
        try:
            self._store.snapshots.put([StateSnapshot.take(self._fleet)])
        except (EventSourcingError, sqlite3.Error):
            logger.warning(
                "No snapshot at version %d; the next start is slower.", self._fleet.version, exc_info=True
            )


def foreseen(fleet: Fleet, kept: Sequence[Kept]) -> FleetState:
    """Return the state of a fleet after what was carried out, by the rules of the events that it becomes."""
    ahead = copy(fleet)
    ahead._pending_events = []  # noqa: SLF001 - else shared with the original, which a thread may be storing
    for each in kept:
        if isinstance(each, Entry):
            said, at = _said(each.command, each.origin, ""), datetime.fromtimestamp(each.at, UTC)
            fields = msgspec.to_builtins(each.command)
            ahead.trigger_event(_accepted(each.command), timestamp=at, previous="", **said, **fields)
            ahead.collect_events()
    return ahead.state


def _said(command: Command, origin: Origin, message: str) -> dict[str, Any]:
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


def _times(found: Repetition, first: WallTime) -> str:
    times = "once more" if found.count == 1 else f"{found.count} times more"
    if found.rejected is not None:
        return f"Refused {times} since {rfc3339(first)}: {found.rejected.message}"
    stands = "limit" if isinstance(found.command, SetLimit) else "order"
    return f"Repeated {times} since {rfc3339(first)}; the {stands} in force stands"


def _accepted(command: Command) -> type[Fleet.CommandRecorded]:
    """Return the event that an accepted command becomes."""
    match command:
        case SetOverride(enabled=False):
            return Fleet.OverrideDisabled
        case ControlMiner(action=MinerAction.STOP):
            return Fleet.MinerHeld
        case ControlMiner(action=MinerAction.START):
            return Fleet.MinerStarted
    return _ACCEPTED[type(command)]
