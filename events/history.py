"""Reading the command history, from any thread and without ever touching the writer's connections."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from events.chain import GENESIS, Head, digest
from events.fleet import Fleet
from events.fleet_event import CommandRecorded
from events.fleet_learned import REFUSED
from events.index import ALL, Asked, Progress, Span
from events.limits import ended_dropped
from events.state import FleetState, Source
from events.store import FleetStore, reading
from events.timeline import Moment, Timeline
from events.whereabouts import Former, formerly
from netstab.dispatch.delivery import DeliveryRecord, result
from netstab.errors import ErrorCode
from netstab.units import MinerId, WallTime

__all__ = ["CommandRecord", "HistoryReader", "Outcome", "Period"]

CHUNK = 500
_ALWAYS = 2**63 - 1  # what the databases number events with


class Outcome(StrEnum):
    """What became of a command, as far as it is recorded."""

    REJECTED = "rejected"  # by the fleet, or by the one miner that it goes to
    DONE = "done"  # it asks nothing of miners: recorded is done
    PENDING = "pending"  # it goes to one miner, whose response is not recorded yet
    ANSWERED = "answered"  # the miner's response is recorded
    UNDER_WAY = "under_way"  # it orders a power, and what came of it is not recorded yet
    REACHED = "reached"  # these four as its newest delivery record says
    PARTLY = "partly"
    MISSED = "missed"
    REPLACED = "replaced"
    CUT_OFF = "cut_off"  # the server was started anew, and no response is recorded
    WITHDRAWN = "withdrawn"  # its sender was told that it is not recorded, and it was after all


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """One command of the history. `code` is the error table's, None if the command was accepted.

    One that was withdrawn was not: it has the code that its sender was answered with.

    `principal` is who the client's token said that it is, `request_id` what the client called its request by;
    both are empty without one.
    """

    version: int
    timestamp: WallTime
    command_id: str
    source: Source
    client: str
    command: str
    parameters: dict[str, Any]
    success: bool
    code: str | None
    message: str
    outcome: Outcome
    principal: str = ""
    request_id: str = ""


class Period(NamedTuple):
    """From a moment, included, to another, excluded; None leaves an end open."""

    since: datetime | None = None
    until: datetime | None = None


FOREVER = Period()


class HistoryReader:
    """Reads the log at `url`. Raises `LogUnavailable` where it cannot be read."""

    def __init__(self, url: str) -> None:
        self._url = url
        with reading(url):
            self._store = FleetStore(url, read_only=True)

    def recent(
        self, limit: int, asked: Asked = ALL, period: Period = FOREVER, before: int | None = None
    ) -> list[CommandRecord]:
        """Return the newest `limit` commands of those asked for, older than `before`, newest first."""
        with reading(self._url):
            spans = self._spans(period)
            if before is not None:
                spans = [Span(first, min(last, before - 1)) for first, last in spans]
            return self._found(asked, spans[::-1], limit, newest_first=True)

    def chunks(self, asked: Asked = ALL, period: Period = FOREVER) -> Iterator[list[CommandRecord]]:
        """Return all commands asked for, oldest first, up to the end that the log has now."""
        with reading(self._url):
            spans = self._spans(period)
        while True:
            with reading(self._url):
                records = self._found(asked, spans, CHUNK, newest_first=False)
            if not records:
                return
            yield records
            told = records[-1].version
            spans = [Span(max(first, told + 1), last) for first, last in spans if last > told]

    def command(self, command_id: str) -> tuple[CommandRecord, DeliveryRecord | None] | None:
        """Return a command and what came of it; None if there is none of that id."""
        with reading(self._url):
            with self._store.transaction() as cursor:
                version = self._store.index.find(cursor, command_id)
            if version is None:
                return None
            [record] = self._records([version])
            return record, self._deliveries([version]).get(version)

    def head(self) -> Head:
        """Return the newest event's version and digest."""
        with reading(self._url):
            newest = self._store.newest()
            return Head(newest.originator_version, digest(newest)) if newest else GENESIS

    def state(self, at: Moment) -> FleetState | None:
        """Return the fleet as it was after the event of a version, or at a moment.

        None if nothing was recorded by then, or the version does not exist yet. Logarithmic: a moment is
        found by bisection, and the events since the snapshot before it are replayed. Limits that had ended
        by the moment, or by the event's own time, are left out.
        """
        with reading(self._url):
            timeline = Timeline(self._store)
            version = timeline.until(at)
            fleet = self._store.fleet(version) if version in timeline.versions else None
            if fleet is None:
                return None
            moment = fleet.modified_on if isinstance(at, int) else at
            return ended_dropped(fleet.state, WallTime(moment.timestamp()))

    def close(self) -> None:
        self._store.close()

    def _spans(self, period: Period) -> list[Span]:
        return Timeline(self._store).spans(period.since, period.until)

    def formerly(self, miner_id: MinerId) -> list[Former]:
        """Return the addresses that the miner at this one had before, the latest first."""
        with reading(self._url):
            return formerly(self._store, miner_id)

    def _found(
        self, asked: Asked, spans: Sequence[Span], limit: int, *, newest_first: bool
    ) -> list[CommandRecord]:
        """Return the first of those asked for; of a miner, those of its former addresses as well."""
        former = [] if asked.miner_id is None else formerly(self._store, asked.miner_id)
        places = [(asked, _ALWAYS), *((replace(asked, miner_id=one.miner_id), one.version) for one in former)]
        versions: list[int] = []
        with self._store.transaction() as cursor:
            for first, last in spans:
                if len(versions) < limit:
                    parts = [(part, Span(first, min(last, until))) for part, until in places]
                    versions += self._merged(cursor, parts, limit, newest_first=newest_first)
        return self._records(versions[:limit])

    def _merged(
        self, cursor: Any, parts: Sequence[tuple[Asked, Span]], limit: int, *, newest_first: bool
    ) -> list[int]:
        index, found = self._store.index, set[int]()
        for asked, span in parts:
            found.update(index.versions(cursor, asked, span, limit, newest_first=newest_first))
        return sorted(found, reverse=newest_first)

    def _records(self, versions: Sequence[int]) -> list[CommandRecord]:
        with self._store.transaction() as cursor:
            progress = self._store.index.progress(cursor, versions)
            started = self._store.index.started(cursor)
        deliveries, events = self._delivered(progress), self._events(versions)
        single = {each: progress[each] for each in versions if _is_of_one_miner(events[each])}
        refusals = self._refusals(single)
        return [
            _record(
                events[version],
                _Came(progress[version], deliveries.get(version), refusals.get(version)),
                started,
            )
            for version in versions
        ]

    def _deliveries(self, versions: Sequence[int]) -> dict[int, DeliveryRecord]:
        with self._store.transaction() as cursor:
            progress = self._store.index.progress(cursor, versions)
        return self._delivered(progress)

    def _delivered(self, progress: Mapping[int, Progress]) -> dict[int, DeliveryRecord]:
        """Read the newest delivery record of each command that has one; several may share an event."""
        recorded_in = {version: each.delivered for version, each in progress.items() if each.delivered}
        events = self._events(sorted(set(recorded_in.values())))
        records = {
            (at, raw["order"]): raw  # the last of an event is the newest
            for at, event in events.items()
            for raw in event.deliveries
        }
        return {
            version: msgspec.convert(records[at, version], DeliveryRecord)
            for version, at in recorded_in.items()
        }

    def _refusals(self, progress: Mapping[int, Progress]) -> dict[int, str]:
        """Read why a miner has said no to a command, for those that one has."""
        recorded_in = {version: each.answered for version, each in progress.items() if each.answered}
        events = self._events(sorted(set(recorded_in.values())))
        return {
            version: response["reason"]
            for version, at in recorded_in.items()
            for response in events[at].responses
            if response["order"] == version and response["outcome"] == REFUSED
        }

    def _events(self, versions: Sequence[int]) -> dict[int, Any]:
        rows = self._store.recorder.select_versions(versions)
        return {row.originator_version: self._store.domain_event(row) for row in rows}


class _Came(NamedTuple):
    """What came of a command: how far it is, its newest delivery record, and why its miner said no to it."""

    progress: Progress
    delivery: DeliveryRecord | None
    refusal: str | None = None


_TAKEN_BACK = "taken back: it was refused because it was not recorded in time, and was not carried out"


def _is_of_one_miner(event: CommandRecorded) -> bool:
    return isinstance(event, Fleet.MinersCommanded) and not isinstance(event, Fleet.Dispatched)


def _record(event: CommandRecorded, came: _Came, started: int) -> CommandRecord:
    code = event.code if isinstance(event, Fleet.CommandRejected) else None
    message = event.message
    if came.progress.withdrawn is not None:
        code, message = ErrorCode.FAULT_STATE.value, f"{message} ({_TAKEN_BACK})"
    elif came.refusal is not None:
        message = f"{message} (refused by the miner: {came.refusal})"
    return CommandRecord(
        version=event.originator_version,
        timestamp=event.at,
        command_id=event.command_id,
        source=Source(event.source),
        client=event.client,
        command=event.command,
        parameters=event.parameters,
        success=code is None,
        code=code,
        message=message,
        outcome=_outcome(event, came, started),
        principal=event.principal,
        request_id=event.request_id,
    )


def _outcome(event: CommandRecorded, came: _Came, started: int) -> Outcome:
    if came.progress.withdrawn is not None:
        return Outcome.WITHDRAWN
    if isinstance(event, Fleet.CommandRejected) or came.refusal is not None:
        return Outcome.REJECTED
    if not isinstance(event, Fleet.MinersCommanded) or not event.commands_miners:
        return Outcome.DONE
    if came.delivery is not None:
        return Outcome(result(came.delivery))
    answered = came.progress.answered is not None
    if not answered and event.originator_version < started:
        return Outcome.CUT_OFF
    if isinstance(event, Fleet.Dispatched):
        return Outcome.UNDER_WAY
    return Outcome.ANSWERED if answered else Outcome.PENDING
