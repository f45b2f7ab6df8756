"""What was carried out before it could be recorded: recorded late, once, and foreseen until then.

What was recorded after its sender was told that it is not is withdrawn here. It knows no database.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from copy import copy
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import uuid4

import msgspec

from events.chain import digest
from events.command_events import accepted, said
from events.commands import Activate, SetLimit
from events.fleet import Fleet
from events.fleet_event import Event
from events.index import Asked, Span
from events.reserve_format import Entry, Kept, Refused
from events.state import FleetState, Limit, Order
from events.store import FleetStore
from netstab.units import WallTime, rfc3339

__all__ = ["LateRecording", "foreseen"]


class Recorder(Protocol):
    """What records, after the newest event; raises what `FleetLog` does."""

    @property
    def fleet(self) -> Fleet: ...

    def record(self, event: type[Event], at: datetime | None = None, **fields: Any) -> int: ...


class LateRecording:
    """Takes up at `now`, for the reason `why`, what an earlier fault has left."""

    def __init__(self, log: Recorder, store: FleetStore, now: WallTime, why: str) -> None:
        self._log, self._store = log, store
        self._now, self._why = now, why

    def take_up(self, kept: Sequence[Kept]) -> dict[int, int]:
        """Record what was carried out; give the versions of that, by the numbers that it went by."""
        entries = [each for each in kept if isinstance(each, Entry)]
        refused = [each.command_id for each in kept if isinstance(each, Refused)]
        for command_id in refused:
            self._withdraw(command_id)
        ours = {*refused, *(each.origin.command_id for each in entries)}
        overtaken = [each for each in entries if self._is_overtaken(each, ours)]
        return {each.version: self._record(each, overtaken=each in overtaken) for each in entries}

    def _record(self, entry: Entry, *, overtaken: bool) -> int:
        known = self._version_of(entry.origin.command_id)
        if known is not None:
            self._prolong(entry)
            return known
        fields = self._said(entry, entry.origin.command_id)
        if entry.count > 1:
            fields["parameters"] |= {"repeated": entry.count, "until": rfc3339(entry.last)}
        if overtaken:
            return self._log.record(Fleet.ShedOvertaken, _moment(entry.at), **fields)
        fields |= {**msgspec.to_builtins(entry.command), **_outcome(entry)}
        return self._log.record(accepted(entry.command), _moment(entry.at), **fields)

    def _prolong(self, entry: Entry) -> None:
        """Record to when a limit was refreshed since: what came through by itself does not have that."""
        limits, command = self._log.fleet.state.limits, entry.command
        known = limits.get(command.limit_source) if isinstance(command, SetLimit) else None
        if known is None or known.command_id != entry.origin.command_id:
            return
        if _ends_sooner(known, msgspec.to_builtins(command)["until"]):
            times = entry.count - 1
            told = {"repeats": known.command_id, "count": times, "first": entry.at, "last": entry.last}
            fields = self._said(entry, str(uuid4())) | msgspec.to_builtins(command) | told
            fields["parameters"]["repeated"] = times
            self._log.record(Fleet.LimitRepeated, _moment(entry.last), **fields)

    def _said(self, entry: Entry, command_id: str) -> dict[str, Any]:
        message = f"{entry.message} (recorded late, at {rfc3339(self._now)}: {self._why})"
        fields = {**said(entry.command, entry.origin, message), "command_id": command_id}
        fields["parameters"]["recorded_late"] = rfc3339(self._now)
        return {**fields, "recorded_late": self._now}

    def _is_overtaken(self, entry: Entry, ours: AbstractSet[str]) -> bool:
        """Whether another order, or another limit of the same source, came after what was known then."""
        state, source = self._log.fleet.state, getattr(entry.command, "limit_source", None)
        newer: Order | Limit | None = state.order if source is None else state.limits.get(source)
        if newer is None or newer.command_id in ours:
            return False
        if newer.version <= entry.after.version and (source or not self._was_repeated_since(entry)):
            return False
        rows = self._store.recorder.select_versions([entry.after.version])
        return [digest(row) for row in rows] == [entry.after.digest]  # else it is the log of another past

    def _was_repeated_since(self, entry: Entry) -> bool:
        """Whether another server has led since, and a front has told that one again to activate."""
        span = Span(entry.after.version + 1, self._log.fleet.version)
        asked = Asked(None, Activate.name, None, success=True)
        with self._store.transaction() as cursor:
            if self._store.index.started(cursor) < span.first:
                return False
            return bool(self._store.index.versions(cursor, asked, span, 1, newest_first=True))

    def _withdraw(self, command_id: str) -> None:
        """Take back the newest event, if it is that command's: nobody has gone by it yet."""
        version, fleet = self._version_of(command_id), self._log.fleet
        if version is None or version != fleet.version:
            return
        event: Any = self._store.domain_event(self._store.event(version))
        before = self._store.fleet(version - 1)
        if before is not None and not isinstance(event, Fleet.CommandRejected):
            told = {"source": event.source, "command": event.command, "parameters": event.parameters}
            was = _what_changed(before.state, fleet.state)
            at = fleet.modified_on  # at no moment was it in force
            self._log.record(
                Fleet.CommandWithdrawn, at, withdrawn=command_id, order=version, before=was, **told
            )

    def _version_of(self, command_id: str) -> int | None:
        with self._store.transaction() as cursor:
            return self._store.index.find(cursor, command_id)


def foreseen(fleet: Fleet, kept: Sequence[Kept]) -> FleetState:
    """Return the state of a fleet after what was carried out, by the rules of the events that it becomes."""
    ahead = copy(fleet)
    ahead._pending_events = []  # noqa: SLF001 - else shared with the original, which a thread may be storing
    for each in kept:
        if isinstance(each, Entry):
            fields = {**said(each.command, each.origin, ""), **msgspec.to_builtins(each.command)}
            fields |= _outcome(each)
            ahead.trigger_event(accepted(each.command), timestamp=_moment(each.at), previous="", **fields)
            ahead.collect_events()
    return ahead.state


def _outcome(entry: Entry) -> dict[str, Any]:
    """Return which front a command left in command, where it tells of one."""
    return {} if entry.in_command is None else {"in_command": entry.in_command.value}


def _what_changed(before: FleetState, after: FleetState) -> dict[str, Any]:
    """Return the fields that differ, as they were.

    Setpoints go with the order, changed or not: a log that has them not is one that knew one front.
    """
    names = [each.name for each in fields(FleetState) if each.name != "version"]
    changed = {name for name in names if getattr(before, name) != getattr(after, name)}
    if "order" in changed:
        changed.add("setpoints")
    return {
        name: msgspec.to_builtins(getattr(before, name), enc_hook=dict) for name in names if name in changed
    }


def _ends_sooner(limit: Limit, until: float | None) -> bool:
    return limit.until is not None and (until is None or limit.until < until)


def _moment(at: WallTime) -> datetime:
    return datetime.fromtimestamp(at, UTC)
