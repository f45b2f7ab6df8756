"""What the reserve file holds, and how: two banks of slots, each slot with its own checksum. Pure.

One bank is in force, that of the higher generation; the other is written anew, and then takes its place.
A slot is a line of text: the SHA-256 of what follows, a space, JSON, and spaces up to the slot's size. Slots
are numbered, and each names the checksum of the one before: none can be missing, or from elsewhere.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from events.chain import Head
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    Deactivate,
    EnterFailsafe,
    Origin,
    Release,
    SetLimit,
    SetOverride,
)
from events.state import Source
from netstab.units import WallTime

__all__ = ["BANK", "FILE", "MOST", "SLOT", "Entry", "Found", "Refused", "entry_of", "merged", "read", "slots"]

SLOT = 2_048
"""Bytes."""

MOST = 63
"""Entries in a bank, beside the slot that begins it: more than there are kinds of what can be in it."""

BANK = SLOT * (1 + MOST)
FILE = 2 * BANK

_DIGEST = 64  # hex digits
_LONGEST, _LONGEST_NAME = 400, 64  # characters
_KINDS: dict[str, type[Command]] = {
    kind.name: kind
    for kind in (Activate, ApplyPower, Deactivate, EnterFailsafe, Release, SetLimit, SetOverride)
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that was carried out unrecorded: what it was, when, and after which event of the log.

    `version` is the number that it went by since. It was said `count` times, and last `until` that moment.
    Of a front's, `in_command` is the one that it left in command.
    """

    command: Command
    origin: Origin
    message: str
    at: WallTime
    after: Head
    version: int
    last: WallTime
    count: int = 1
    in_command: Source | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that was refused because it was not recorded in time, and may have been after all."""

    command_id: str


Kept = Entry | Refused


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds, and what is wrong with it, "" if nothing is.

    `bank` is in force, of that `generation`. `previous` is the checksum of its last slot.
    """

    entries: tuple[Kept, ...] = ()
    damage: str = ""
    bank: int = 0
    generation: int = 0
    previous: str = ""


def entry_of(
    command: Command,
    origin: Origin,
    message: str,
    at: WallTime,
    after: Head,
    version: int,
    in_command: Source | None = None,
) -> Entry:
    """Make an entry, with its texts as short as a slot has room for."""
    names: dict[str, Any] = {name: text[:_LONGEST_NAME] for name, text in _names(origin).items()}
    short = replace(origin, **names)
    said = message[:_LONGEST].encode(errors="replace").decode()
    return Entry(command, short, said, at, after, version, at, in_command=in_command)


def _names(origin: Origin) -> dict[str, Any]:
    """Return what clients are called by, in fields of any length."""
    fields: dict[str, Any] = msgspec.to_builtins(origin)
    return {name: text for name, text in fields.items() if name not in ("command_id", "source")}


def _nameless(origin: Origin) -> Origin:
    return Origin(origin.command_id, origin.source, "")


def merged(entries: Iterable[Kept], new: Kept) -> tuple[Kept, ...]:
    """Return the entries with a new one. What only says the last of its kind again is counted.

    Where there is no room each kind keeps its newest, in the order of those: the same follows from them.
    """
    all_of = [*entries]
    for place, known in enumerate(all_of):
        if (
            isinstance(known, Entry)
            and isinstance(new, Entry)
            and _says_again(known, new, all_of[place + 1 :])
        ):
            all_of[place] = replace(known, command=new.command, last=new.at, count=known.count + 1)
            return tuple(all_of)
    all_of.append(new)
    return tuple(all_of) if len(all_of) <= MOST else tuple(_newest_of_each(all_of))


def _says_again(known: Entry, new: Entry, later: Sequence[Kept]) -> bool:
    """Whether a limit is the last of its source in power, and its end at most is another."""
    if not isinstance(known.command, SetLimit) or not isinstance(new.command, SetLimit):
        return False
    if replace(known.command, until=None) != replace(new.command, until=None):
        return False
    return all(_kind(other) != _kind(new) for other in later)


def _newest_of_each(entries: Sequence[Kept]) -> list[Kept]:
    newest: dict[object, Kept] = {}
    for each in entries:
        kind = _kind(each)
        before = newest.pop(kind, None)
        if isinstance(before, Entry) and isinstance(each, Entry):
            each = replace(each, count=each.count + before.count)  # noqa: PLW2901
        newest[kind] = each
    return list(newest.values())


def _kind(kept: Kept) -> object:
    if isinstance(kept, Refused):
        return Refused
    spoke = kept.origin.source if isinstance(kept.command, Activate | Deactivate | Release) else None
    of_front = getattr(kept.command, "front", spoke)
    return (kept.command.name, of_front, getattr(kept.command, "limit_source", None))


def slots(entries: Sequence[Kept], generation: int) -> list[tuple[str, bytes]]:
    """Return a bank's slots, the one that begins it first, each with its checksum."""
    begun = _slot({"generation": generation, "number": 0, "previous": ""})
    made = [begun]
    for number, each in enumerate(entries, start=1):
        made.append(slot(each, generation, number, made[-1][0]))
    return made


def slot(kept: Kept, generation: int, number: int, previous: str) -> tuple[str, bytes]:
    """Return one slot with its checksum."""
    place = {"generation": generation, "number": number, "previous": previous}
    if isinstance(kept, Refused):
        return _slot({**place, "refused": kept.command_id})
    made = _slot({**place, "kind": kept.command.name, "entry": msgspec.to_builtins(kept)})
    if len(made[1]) > SLOT:  # of characters that take six bytes each
        if not kept.message:
            kept = replace(kept, origin=_nameless(kept.origin))
        return slot(
            replace(kept, message=kept.message[: len(kept.message) // 2]), generation, number, previous
        )
    return made


def _slot(holds: dict[str, Any]) -> tuple[str, bytes]:
    json = msgspec.json.encode(holds)
    checksum = hashlib.sha256(json).hexdigest()
    return checksum, f"{checksum} ".encode() + json.ljust(SLOT - _DIGEST - 2) + b"\n"


def read(content: bytes) -> Found:
    """Read a whole file. What cannot be read is told, and all before it in its bank holds."""
    if not content.strip(b"\0"):
        return Found()
    banks = [_bank(content[start : start + BANK], number) for number, start in enumerate((0, BANK))]
    found = max(banks, key=lambda bank: bank.generation)
    size = "" if len(content) in (0, FILE) else f"it has {len(content)} bytes and not {FILE}"
    lost = [bank.damage for bank in banks if bank is found or not bank.generation]
    return replace(found, damage="; ".join(filter(None, (*lost, size))))


def _bank(content: bytes, number: int) -> Found:
    """Read one bank; of generation 0 if it was never begun, or cannot be told."""
    if not content.strip(b"\0"):
        return Found(bank=number)
    begun = _opened(content[:SLOT])
    if begun is None or begun[1].get("number") != 0:
        return Found(bank=number, damage=f"the beginning of bank {number + 1} is damaged")
    previous, generation = begun[0], begun[1]["generation"]
    entries: list[Kept] = []
    for place in range(1, MOST + 1):
        part = content[place * SLOT : (place + 1) * SLOT]
        if not part.strip(b"\0"):
            break
        opened = _opened(part)
        if opened is not None and opened[1]["generation"] < generation:
            break  # left over
        kept = _kept(opened[1], place, generation, previous) if opened else None
        if opened is None or kept is None:
            damage = f"entry {place} of bank {number + 1} is damaged"
            return Found(tuple(entries), damage, number, generation, previous)
        previous = opened[0]
        entries.append(kept)
    return Found(tuple(entries), "", number, generation, previous)


def _opened(part: bytes) -> tuple[str, dict[str, Any]] | None:
    """Return a slot's checksum and what it holds, None if that is not what was written."""
    checksum, json = part[:_DIGEST], part[_DIGEST + 1 :].rstrip(b"\n").rstrip(b" ")
    if len(part) != SLOT or hashlib.sha256(json).hexdigest().encode() != checksum:
        return None
    try:
        holds = msgspec.json.decode(json)
        return checksum.decode(), {**holds, "generation": int(holds["generation"])}
    except (ValueError, TypeError, KeyError):
        return None


def _kept(holds: dict[str, Any], number: int, generation: int, previous: str) -> Kept | None:
    if (holds["generation"], holds.get("number"), holds.get("previous")) != (generation, number, previous):
        return None
    if "refused" in holds:
        return Refused(str(holds["refused"]))
    try:
        fields = dict(holds["entry"])
        command = msgspec.convert(fields.pop("command"), _KINDS[holds["kind"]])
        rest = msgspec.convert(fields, _Stored)
    except (ValueError, TypeError, KeyError, msgspec.ValidationError):
        return None
    return Entry(command, **msgspec.structs.asdict(rest))


class _Stored(msgspec.Struct):
    """The fields of an entry beside its command, which has a type of its own kind."""

    origin: Origin
    message: str
    at: WallTime
    after: Head
    version: int
    last: WallTime
    count: int
    in_command: Source | None = None
