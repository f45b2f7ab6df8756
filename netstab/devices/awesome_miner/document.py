"""The document of `GET /api/miners`, as far as it is needed: who is listed, and what is said of each. Pure.

Members and types as in the models of several independent clients. Any list or object may be null or absent.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from netstab.devices.antminer.naming import label
from netstab.devices.antminer.texts import cleaned
from netstab.devices.awesome_miner.texts import Rate, rate
from netstab.errors import MalformedAnswer
from netstab.units import GigahashPerSecond

__all__ = ["LARGEST_DOCUMENT", "MOST_LISTED", "Listed", "listed"]

LARGEST_DOCUMENT = 64 * 1024 * 1024  # bytes: 5,000 miners are 10 to 15 MB
MOST_LISTED = 50_000

T = TypeVar("T")

_LARGEST_ID = 2**63
_LONGEST_TEXT = 64
_HALVES = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class _Group(Struct, rename="camel"):
    """A group, and the document itself; miners are decoded one by one, so that one spoils no other."""

    miner_list: list[msgspec.Raw] | None = None
    group_list: list["_Group | None"] | None = None


class _Document(_Group, rename="camel"):
    meta_data: Any = None


class _Speed(Struct, rename="camel"):
    hashrate: Any = None
    hashrate_value: Any = None


class _Miner(Struct, rename="camel"):
    id: Any = None
    name: Any = None
    hostname: Any = None
    hardware: Any = None
    speed_info: _Speed | None = None
    updated_utc: Any = None
    has_valid_status: Any = None
    can_stop: Any = None
    can_start: Any = None


class Listed(Struct, frozen=True, gc=False):
    """One miner as Awesome Miner lists it.

    `hashes` is whether its rate is above 0, None where it is not told; `hashrate` in GH/s, 0 where its
    unit is not known. `valid` is None where that is not said. `updated` is the text of `updatedUtc`.
    """

    number: int
    name: str
    hostname: str
    hardware: str
    hashes: bool | None
    hashrate: GigahashPerSecond
    updated: str
    valid: bool | None
    can_stop: bool
    can_start: bool


_documents = msgspec.json.Decoder(_Document)
_miners = msgspec.json.Decoder(_Miner)


def listed(body: bytes) -> Mapping[int, Listed]:
    """Return all miners of all groups by their ids; one that is in several groups is one.

    What is no miner's entry is left out. Raises `MalformedAnswer` for what is no such document, or too large.
    """
    document = _decoded(_documents, body) or _decoded(_documents, _scrubbed(body))
    if document is None:
        raise MalformedAnswer("Awesome Miner's list cannot be read: it is no JSON, or not of its form.")
    if document.group_list is None and document.miner_list is None and document.meta_data is None:
        raise MalformedAnswer("What answers is not Awesome Miner: it lists no groups.")
    found: dict[int, Listed] = {}
    for entry in _entries(document):
        miner = _miner(entry)
        if miner is not None and miner.number not in found:
            found[miner.number] = miner
            if len(found) > MOST_LISTED:
                raise MalformedAnswer(f"Awesome Miner lists more than {MOST_LISTED:,} miners.")
    return found


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T | None:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _scrubbed(body: bytes) -> bytes:
    """Return an answer without halves of characters: one odd name must not hide all others."""
    return _HALVES.sub(b"?", body).decode("utf-8", "replace").encode()


def _entries(document: _Group) -> Iterator[msgspec.Raw]:
    """Walk all groups, in whatever depth, without calling itself."""
    ahead: list[_Group] = [document]
    while ahead:
        group = ahead.pop()
        yield from group.miner_list or ()
        ahead.extend(each for each in reversed(group.group_list or ()) if each is not None)


def _miner(entry: msgspec.Raw) -> Listed | None:
    told = _decoded(_miners, entry) or _decoded(_miners, _scrubbed(bytes(entry)))
    if told is None:
        return None
    if type(told.id) is not int or not 0 <= told.id < _LARGEST_ID:
        return None
    speed = told.speed_info or _Speed()
    hashes, hashrate = _rate(rate(speed.hashrate), speed.hashrate_value)
    return Listed(
        number=told.id,
        name=_text(told.name),
        hostname=_text(told.hostname),
        hardware=_text(told.hardware),
        hashes=hashes,
        hashrate=hashrate,
        updated=_text(told.updated_utc),
        valid=told.has_valid_status if isinstance(told.has_valid_status, bool) else None,
        can_stop=told.can_stop is True,
        can_start=told.can_start is True,
    )


def _text(value: object) -> str:
    return label(cleaned(value, 4 * _LONGEST_TEXT), _LONGEST_TEXT) if isinstance(value, str) else ""


def _rate(text: Rate | None, value: object) -> tuple[bool | None, GigahashPerSecond]:
    """Say whether it hashes: by the plain number, else by the text. The number's unit is not documented."""
    hashrate = text.hashrate if text is not None and text.hashrate is not None else GigahashPerSecond(0.0)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value > 0, hashrate if value > 0 else GigahashPerSecond(0.0)
    return (None if text is None else text.number > 0), hashrate
