"""At which addresses a miner was, and until when: it goes by its present one, the log by that of the time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from events.commands import MoveMiners
from events.index import Asked, Span
from events.store import FleetStore
from netstab.units import MinerId, WallTime

__all__ = ["Former", "Stay", "formerly", "stays"]

_MOST_MOVES = 20


class Former(NamedTuple):
    """An address that was left with the event of that version."""

    miner_id: MinerId
    version: int
    at: WallTime


class Stay(NamedTuple):
    """A miner was at this address from one moment to another."""

    miner_id: MinerId
    since: WallTime
    until: WallTime


def stays(miner_id: MinerId, former: Sequence[Former], since: WallTime, until: WallTime) -> list[Stay]:
    """Say where a miner was within a time, the earliest first."""
    found = []
    for left in former:
        if left.at < until:
            found.append(Stay(miner_id, max(since, left.at), until))
        miner_id, until = left.miner_id, min(until, left.at)
        if until <= since:
            return found[::-1]
    return [Stay(miner_id, since, until), *found[::-1]]


def formerly(store: FleetStore, miner_id: MinerId) -> list[Former]:
    """Return the addresses that the miner at this one had before, the latest first, twenty at most."""
    found: list[Former] = []
    with store.transaction() as cursor:
        last = store.index.indexed(cursor)
    while len(found) < _MOST_MOVES:
        move = _move_to(store, miner_id, last)
        if move is None:
            return found
        found.append(move)
        miner_id, last = move.miner_id, move.version - 1
    return found


def _move_to(store: FleetStore, miner_id: MinerId, last: int) -> Former | None:
    """Return where the miner that is at an address came from, None if it was there from the beginning.

    The newest move that names the address tells: where one left it and none came, another joined it later.
    """
    asked = Asked(command=MoveMiners.name, miner_id=miner_id, success=True)
    with store.transaction() as cursor:
        versions = store.index.versions(cursor, asked, Span(1, last), 1, newest_first=True)
    for version in versions:
        event: Any = store.domain_event(store.event(version))
        for move in event.moves:
            if move["new"] == miner_id:
                return Former(MinerId(move["old"]), version, event.at)
    return None
