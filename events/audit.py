"""Proof that nothing stored was changed: the chain is walked, and every snapshot held against a replay.

Reads only, on connections of its own. What a chain alone cannot show is said in `events.chain`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import get_topic

from events.chain import GENESIS, Head, Verdict, digest, verify
from events.fleet import FLEET_ID, Fleet
from events.snapshot import StateSnapshot, unnumbered
from events.state import FleetState
from events.store import PAGE, FleetStore, replay

__all__ = ["audit"]

_FLEET = get_topic(Fleet)


def audit(
    store: FleetStore,
    after: Head = GENESIS,
    expected: Head | None = None,
    progress: Callable[[int], None] = lambda _version: None,
) -> Verdict:
    """Verify the events that follow a known good head, and the snapshots among them.

    The known event itself is looked at again. `progress` is called with the version reached. Snapshots after
    a known head are held against a replay from the one before it, which is taken on trust.
    """
    if after != GENESIS and not _is(store, after):
        return Verdict(GENESIS, after.version, "it is not the event of the known head")
    snapshots = _Snapshots(store, after.version)
    verdict = verify(_rows(store, after.version, snapshots, progress), after, expected)
    fault, bad = snapshots.fault, verdict.bad_version
    if fault is not None and (bad is None or fault.version < bad):
        return replace(verdict, bad_version=fault.version, reason=fault.reason)
    return verdict if verdict.bad_version is not None else _leftovers(store, verdict)


def _is(store: FleetStore, known: Head) -> bool:
    rows = store.recorder.select_events(FLEET_ID, gt=known.version - 1, lte=known.version)
    return [digest(row) for row in rows] == [known.digest]


def _rows(
    store: FleetStore, after: int, snapshots: "_Snapshots", progress: Callable[[int], None]
) -> Iterator[StoredEvent]:
    last = after or None
    while page := _page(store, last):
        snapshots.follow(page)
        yield from page
        last = page[-1].originator_version
        progress(last)


def _page(store: FleetStore, after: int | None) -> Sequence[StoredEvent]:
    try:
        return store.recorder.select_events(FLEET_ID, gt=after, limit=PAGE)
    except Exception:  # noqa: BLE001
        return _readable(store, after or 0)


def _readable(store: FleetStore, after: int) -> list[StoredEvent]:
    """Read up to the first event that cannot be read; an empty one, false in any chain, stands for it."""
    rows = []
    for version in range(after + 1, after + PAGE + 1):
        try:
            rows.append(store.event(version))
        except Exception:  # noqa: BLE001
            return [*rows, StoredEvent(FLEET_ID, version, "", b"")]
    return rows


def _leftovers(store: FleetStore, verdict: Verdict) -> Verdict:
    """Look for what belongs to no event of a chain that holds. A server may write on behind its head."""
    beyond = store.newest_snapshot_version()
    if beyond > verdict.head.version and not store.recorder.select_versions([beyond]):
        reason = f"it is missing, though a snapshot of version {beyond} was made of it"
        return replace(verdict, bad_version=verdict.head.version + 1, reason=reason)
    strangers = store.recorder.count_until(verdict.head.version) - verdict.head.version
    if strangers:
        reason = f"the table holds {strangers} rows that are not the fleet's"
        return replace(verdict, bad_version=verdict.head.version + 1, reason=reason)
    return verdict


class _Fault(NamedTuple):
    version: int
    reason: str


class _Snapshots:
    """Replays the events beside the walk along the chain, up to the first snapshot that differs.

    `fault` is that, or the first event that cannot be applied. A chain broken before it explains it.
    """

    def __init__(self, store: FleetStore, after: int) -> None:
        self._store = store
        self._fleet = store.fleet(after) if after else None
        self.fault: _Fault | None = None

    def follow(self, page: Sequence[StoredEvent]) -> None:
        if self.fault is not None:
            return
        version = page[0].originator_version
        try:
            taken = self._taken(version, page[-1].originator_version)
            for row in page:
                version = row.originator_version
                self._fleet = replay(self._fleet, [self._store.domain_event(row)])
                if version in taken and not self._agrees(taken[version]):
                    self.fault = _Fault(version, "its snapshot is not what the events until it give")
                    return
        except Exception as error:  # noqa: BLE001
            self.fault = _Fault(version, f"it, or its snapshot, cannot be used: {error}")

    def _taken(self, first: int, last: int) -> dict[int, StoredEvent | None]:
        """Read the snapshots of a range of versions; None stands for one that cannot be read."""
        try:
            rows = self._store.snapshots.recorder.select_events(FLEET_ID, gt=first - 1, lte=last)
        except Exception:  # noqa: BLE001
            if first == last:
                return {first: None}
            middle = (first + last) // 2
            return {**self._taken(first, middle), **self._taken(middle + 1, last)}
        return {row.originator_version: row for row in rows}

    def _agrees(self, row: StoredEvent | None) -> bool:
        if row is None:
            return False
        snapshot: Any = self._store.domain_event(row)
        if self._store.mapper.to_stored_event(snapshot) != row and not _is_old(row):
            return False
        told = _told if _is_old(row) else _content
        return snapshot.topic == _FLEET and told(snapshot.mutate(None)) == told(self._fleet)


def _is_old(row: StoredEvent) -> bool:
    """Whether a snapshot's format is no longer written, so that it cannot be made again to the byte."""
    return bool(msgspec.json.decode(row.state)["class_version"] < StateSnapshot.class_version)


def _told(fleet: Any) -> tuple[Any, ...]:
    """Return the content as far as older formats tell it exactly."""
    return fleet.version, fleet.modified_on, _encoded(unnumbered(fleet.state))


def _content(fleet: Any) -> tuple[Any, ...]:
    return fleet.version, fleet.modified_on, _encoded(fleet.state)


def _encoded(state: FleetState) -> bytes:
    """Encode it with what is known of miners in one order: once it differed from replay to replay."""
    experience = dict(sorted(state.experience.items()))
    return msgspec.json.encode(replace(state, experience=experience), enc_hook=dict)
