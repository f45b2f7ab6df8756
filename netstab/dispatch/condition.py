"""What a decision knew of its miners that is not in the log otherwise, small enough to be recorded with it.

A database format: add, never change.
"""

import base64
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from netstab.units import Setting

__all__ = ["PARTS_TO_RISE", "Condition", "one_condition", "packed", "unpacked"]

PARTS_TO_RISE = 8
"""Parts in which a miner that hashes comes up to its power."""

Row = tuple[Setting | None, ...]
Packed = tuple[tuple[Row, ...], str]
"""Each different condition once, and which one each miner was in (base64 of zlib of 16-bit places from 1)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One usable miner's at one moment.

    It runs at the setting `running_at`, None while idle. It hashes `surely`, or has been starting for so
    many whole seconds, None if it is not on its way; its last wake has failed. It has to stay as it is,
    or at its point. By its own tuning it runs at `own_setting`, None where only its registration tells. It is
    idle, and `overdue` with its next answer, or it was woken, and is with the answer to that. It can draw
    `reach` W at the most, None where it does not tell. It sets its own power, now `self_tuned` W; None of one
    that does not. It starts, and `climbs` to its full power by what it draws; or it
    hashes, and its boards have so many of `PARTS_TO_RISE` of that `to_rise` yet.
    """

    running_at: Setting | None = None
    surely: bool = False
    starting_for: int | None = None
    wake_failed: bool = False
    stays: bool = False
    point_fixed: bool = False
    own_setting: Setting | None = None
    overdue: bool = False
    reach: int | None = None
    self_tuned: int | None = None
    climbs: bool = False
    to_rise: int = 0


one_condition = lru_cache(maxsize=4096)(Condition)
"""Makes each different condition once: of a large fleet there are few, and all are asked for every second."""


def packed(conditions: Iterable[Condition | None]) -> Packed:
    """Write the conditions of miners, None for each that could not be used."""
    found = list(conditions)
    places: dict[Condition, int] = {}
    place_of = {id(None): 0}  # of each object, for most are one of few
    for each in found:
        if each is not None and id(each) not in place_of:
            place_of[id(each)] = places.setdefault(each, len(places) + 1)
    members = array("H", [place_of[id(each)] for each in found])
    return tuple(map(_row, places)), base64.b64encode(zlib.compress(_little(members).tobytes())).decode()


def unpacked(rows: Sequence[Sequence[Setting | None]], members: str) -> list[Condition | None]:
    """Read what `packed` has written."""
    different = [None, *map(_condition, rows)]
    found = array("H")
    found.frombytes(zlib.decompress(base64.b64decode(members)))
    return [different[place] for place in _little(found)]


def _row(condition: Condition) -> Row:
    marks = (
        condition.surely,
        condition.wake_failed,
        condition.stays,
        condition.point_fixed,
        condition.overdue,
        condition.climbs,
    )
    flags = sum(1 << bit for bit, mark in enumerate(marks) if mark) | condition.to_rise << len(marks)
    row = (condition.running_at, flags, condition.starting_for)
    if condition.self_tuned is not None:
        return (*row, condition.own_setting, condition.reach, condition.self_tuned)
    if condition.reach is not None:
        return (*row, condition.own_setting, condition.reach)
    return row if condition.own_setting is None else (*row, condition.own_setting)


def _condition(row: Sequence[Setting | None]) -> Condition:
    running_at, flags, starting_for, *later = row
    surely, wake_failed, stays, fixed, overdue, climbs = (
        bool(int(flags or 0) >> bit & 1) for bit in range(6)
    )
    waited = None if starting_for is None else int(starting_for)
    own, *powers = (*later, None, None, None)[:3]
    most, tuned = (None if power is None else int(power) for power in powers)
    told = (surely, waited, wake_failed, stays, fixed, own, overdue)
    return Condition(running_at, *told, most, tuned, climbs, int(flags or 0) >> 6)


def _little(members: "array[int]") -> "array[int]":
    """Turn the bytes round on a machine that has the higher one first."""
    if sys.byteorder == "big":
        members.byteswap()
    return members
