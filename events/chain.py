"""The hash chain over stored events: its canonical form, and the check that nothing was changed.

Pure functions of rows as they are stored. A chain alone cannot show that its end was cut off: keep a head
outside and hand it to `verify`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, pairwise
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

__all__ = ["GENESIS", "Head", "Verdict", "digest", "previous_of", "verify"]


@dataclass(frozen=True, slots=True)
class Head:
    """One event's place in the chain; its digest covers everything up to it."""

    version: int
    digest: str


GENESIS = Head(0, "0" * 64)
"""What the first event links to."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`head` is the newest event whose link holds, `bad_version` the first bad event if there is one."""

    head: Head
    bad_version: int | None = None
    reason: str = ""


def digest(row: StoredEvent) -> str:
    """Return the SHA-256, in hex, of a stored event.

    The canonical form is originator id (32 hex digits), version (decimal), topic (UTF-8) and state (the bytes
    as stored), each preceded by its length in 8 bytes, big-endian, so that no two rows share a form.
    """
    form = b""
    for part in (_hex(row.originator_id), str(row.originator_version), row.topic, row.state):
        stored = part.encode() if isinstance(part, str) else part
        form += len(stored).to_bytes(8, "big") + stored
    return hashlib.sha256(form).hexdigest()


def verify(rows: Iterable[StoredEvent], after: Head = GENESIS, expected: Head | None = None) -> Verdict:
    """Walk the events that follow `after`, in order of version, and name the first bad one.

    `expected` is a head known from elsewhere. Without it nothing vouches for the last event, and a broken
    link between the last two is held against the last.
    """
    head = after
    for row, following in pairwise(chain(rows, [None])):
        if row is None or row.originator_version > head.version + 1:
            break
        if row.originator_version != head.version + 1 or not _is_plain(row):
            return Verdict(head, row.originator_version, "it is not as the log stores events")
        current = Head(row.originator_version, digest(row))
        if previous_of(row) != head.digest:
            vouched = current == expected if following is None else previous_of(following) == current.digest
            bad = head.version if vouched and head != after else current.version
            return Verdict(head, bad, "it is not what the next event was linked to, or its own link is false")
        if expected is not None and expected.version == current.version and expected != current:
            return Verdict(head, current.version, "it is not the event of the expected head")
        head = current
    else:
        if expected is None or expected.version <= head.version:
            return Verdict(head)
    return Verdict(head, head.version + 1, "it is missing")


class _Link(msgspec.Struct):
    previous: str


_link = msgspec.json.Decoder(_Link)


def _is_plain(row: StoredEvent) -> bool:
    """Whether the columns have the types that the log writes: SQLite would store any others as well."""
    types = (type(row.originator_version), type(row.topic), type(row.state))
    return types == (int, str, bytes)


def _hex(originator_id: UUID | str) -> str:
    return originator_id.hex if isinstance(originator_id, UUID) else originator_id


def previous_of(row: StoredEvent) -> str | None:
    """Return the digest that a row says the one before it has; None if the row cannot be read."""
    try:
        return _link.decode(row.state).previous
    except (ValueError, TypeError):
        return None
