"""Reading the command history, from any thread and without ever touching the writer's connections."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol

from events.fleet import FLEET_ID, Fleet
from events.state import Source
from events.store import FleetStore, reading
from netstab.units import Timestamp

__all__ = ["CommandRecord", "HistoryReader", "Outcome"]

PAGE = 128


class Outcome(StrEnum):
    """What became of a command, as far as it is recorded."""

    REJECTED = "rejected"
    DONE = "done"  # it asks nothing of miners: recorded is done
    PENDING = "pending"  # no miner's response is recorded yet
    ANSWERED = "answered"  # miners' responses are recorded
    CUT_OFF = "cut_off"  # the server was started anew, and no response is recorded


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """One command of the history. `code` is the error table's, None if the command was accepted."""

    version: int
    timestamp: Timestamp
    command_id: str
    source: Source
    client: str
    command: str
    parameters: dict[str, Any]
    success: bool
    code: str | None
    message: str
    outcome: Outcome


class HistoryReader:
    """Reads the log at `url`. Raises `LogUnavailable` where it cannot be read."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store = FleetStore(url, read_only=True)

    def recent(self, limit: int) -> list[CommandRecord]:
        """Give the newest `limit` commands, newest first."""
        with reading(self._url):
            return list(islice(_commands(self._newest_first()), limit))

    def close(self) -> None:
        self._store.close()

    def _newest_first(self) -> Iterator[DomainEventProtocol[UUID]]:
        version: int | None = None
        while version != 0:
            page = list(self._store.events.get(FLEET_ID, lte=version, desc=True, limit=PAGE))
            yield from page
            version = page[-1].originator_version - 1 if page else 0


def _commands(newest_first: Iterable[DomainEventProtocol[UUID]]) -> Iterator[CommandRecord]:
    answered: set[int] = set()
    restarted = False
    for event in newest_first:
        match event:
            case Fleet.MinersResponded():
                answered.update(response["order"] for response in event.responses)
            case Fleet.ServerStarted():
                restarted = True
            case Fleet.CommandRecorded():
                answered_it = event.originator_version in answered
                yield _command_record(event, _outcome(event, answered=answered_it, restarted=restarted))


def _outcome(event: Fleet.CommandRecorded, *, answered: bool, restarted: bool) -> Outcome:
    if isinstance(event, Fleet.CommandRejected):
        return Outcome.REJECTED
    if not isinstance(event, Fleet.MinersCommanded):
        return Outcome.DONE
    if answered:
        return Outcome.ANSWERED
    return Outcome.CUT_OFF if restarted else Outcome.PENDING


def _command_record(event: Fleet.CommandRecorded, outcome: Outcome) -> CommandRecord:
    code = event.code if isinstance(event, Fleet.CommandRejected) else None
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
        message=event.message,
        outcome=outcome,
    )
