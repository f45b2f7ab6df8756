"""The one writer of the command log. What it answered is durable; what it failed to record left no trace."""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from eventsourcing.domain import EventSourcingError
from eventsourcing.persistence import IntegrityError

from events.chain import GENESIS, Head, digest
from events.command_events import accepted, said
from events.commands import Command, Origin, SetLimit
from events.fleet import Fleet
from events.fleet_event import Event
from events.late import LateRecording
from events.repetition import Repetition
from events.reserve_format import Kept
from events.snapshot import StateSnapshot
from events.state import FleetState, Source
from events.store import FleetStore, reading, require
from events.timeline import Timeline
from netstab.clock import STEP, WallClock
from netstab.dispatch.decision import Decision
from netstab.dispatch.delivery import DeliveryRecord
from netstab.dispatch.wear import Strain
from netstab.errors import LogFenced, LogUnavailable
from netstab.power.allocation import PowerMode
from netstab.power.tuning import Tuning
from netstab.units import MinerId, Seconds, WallTime, on_wall, rfc3339
from netstab.urls import without_password

__all__ = ["FleetLog", "Response"]

logger = logging.getLogger(__name__)

SNAPSHOT_INTERVAL = 1_000
"""Events; so many are replayed at most, at a start and for any moment in the past."""


def _nothing() -> None:
    """Keep nothing from becoming durable."""


@dataclass(frozen=True, slots=True)
class Response:
    """What one miner did with the order of version `order`: the action, what came of it, and why.

    `seconds` passed until its effect was seen, or was no longer waited for; None where it was not taken.
    `strain` is how it began the mining process anew, None where it did not.
    """

    order: int
    miner_id: MinerId
    action: str
    outcome: str
    reason: str
    at: WallTime
    seconds: float | None = None
    strain: Strain | None = None


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
        in_command: Source | None = None,
    ) -> int:
        """Record a command that is to be carried out, and how an order was shared out; give its version.

        Of a front's it is recorded which is `in_command` then, None as in `events.fleet_orders.FrontSpoke`.
        `last_look` is called when all is written and nothing durable: what it raises leaves no trace.
        """
        fields = msgspec.to_builtins(command)
        if decision is not None:
            fields["decision"] = msgspec.to_builtins(decision)
        if in_command is not None:
            fields["in_command"] = in_command.value
        self._last_look = last_look
        try:
            return self.record(accepted(command), **said(command, origin, message), **fields)
        finally:
            self._last_look = _nothing

    def reject(self, command: Command, origin: Origin, code: str, message: str) -> int:
        """Record a command that was refused; give its event's version."""
        return self.record(Fleet.CommandRejected, **said(command, origin, message), code=code)

    def repeated(self, found: Repetition, correction: Seconds) -> int:
        """Record a repetition, by a host's clock that is `correction` ahead; give the event's version."""
        first, last = on_wall(found.first, correction), on_wall(found.last, correction)
        fields = said(found.command, found.origin, _times(found, first))
        fields["parameters"]["repeated"] = found.count
        told: dict[str, Any] = {"repeats": found.repeats, "count": found.count, "first": first, "last": last}
        if found.rejected is not None:
            return self.record(Fleet.RejectionRepeated, code=found.rejected.code.value, **fields, **told)
        if isinstance(found.command, SetLimit):
            limit = msgspec.to_builtins(found.command)
            return self.record(Fleet.LimitRepeated, **fields, **told, **limit)
        until = getattr(found.command, "until", None)
        return self.record(Fleet.SetpointRepeated, **fields, **told, until=until)

    def responses(self, responses: Sequence[Response]) -> int:
        """Record what miners did with their orders; give the event's version."""
        return self.record(Fleet.MinersResponded, responses=msgspec.to_builtins(list(responses)))

    def deliveries(self, records: Sequence[DeliveryRecord]) -> int:
        """Record what came of dispatch commands; give the event's version."""
        return self.record(Fleet.DispatchesDelivered, deliveries=msgspec.to_builtins(list(records)))

    def measured(self, measured: Mapping[MinerId, tuple[float, float]], meter_scale: float) -> int:
        """Record power factors and hours of miners that have changed, and the meter's scale."""
        rounded = {miner_id: [round(figure, 3) for figure in found] for miner_id, found in measured.items()}
        return self.record(Fleet.MinersMeasured, measured=rounded, meter_scale=round(meter_scale, 3))

    def tuning_kept(self, miner_id: MinerId, tuning: Tuning) -> int:
        """Record what a miner is set to, before it is changed."""
        stored = msgspec.to_builtins(tuning)
        stored["frequency"] = stored.pop("setting")
        return self.record(Fleet.TuningKept, miner_id=miner_id, tuning=stored)

    def tuning_restored(self, miner_id: MinerId) -> int:
        """Record that what was kept of a miner is no longer to be put back."""
        return self.record(Fleet.TuningRestored, miner_id=miner_id)

    def hold_withdrawn(self, miner_id: MinerId, order: int) -> int:
        """Record that a miner refused what the command of that version held it for."""
        return self.record(Fleet.HoldWithdrawn, miner_id=miner_id, order=order)

    def server_started(self, version: str) -> int:
        """Record that the software of this version took up the log."""
        return self.record(Fleet.ServerStarted, software=version, counts_wear=True)

    def fault_cleared(self, reason: str) -> int:
        """Record that commands can be recorded again, and why they could not."""
        return self.record(Fleet.FaultCleared, reason=reason)

    def take_up(self, kept: Sequence[Kept], why: str) -> Mapping[int, int]:
        """Record what was carried out while it could not be recorded, each once, with its own time.

        Gives the versions of those, by the numbers that they went by. What was refused, and is on record
        after all, is withdrawn first. What another server's orders have overtaken changes nothing.
        """
        with self._writing():
            return LateRecording(self, self._store, self._clock(), why).take_up(kept)

    def record(self, event: type[Event], at: datetime | None = None, **fields: Any) -> int:
        """Record what happened at that moment, or now; give the event's version."""
        fleet = copy(self._fleet)
        fleet.trigger_event(event, timestamp=at or self._now(), previous=self._head.digest, **fields)
        self._save(fleet)
        self._snapshot_if_due()
        return fleet.version

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


def _times(found: Repetition, first: WallTime) -> str:
    times = "once more" if found.count == 1 else f"{found.count} times more"
    if found.rejected is not None:
        return f"Refused {times} since {rfc3339(first)}: {found.rejected.message}"
    stands = "limit" if isinstance(found.command, SetLimit) else "order"
    return f"Repeated {times} since {rfc3339(first)}; the {stands} in force stands"
