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

from netstab.units import Megahertz

__all__ = ["Condition", "one_condition", "packed", "unpacked"]

Packed = tuple[tuple[tuple[int | None, ...], ...], str]
"""Each different condition once, and which one each miner was in (base64 of zlib of 16-bit places from 1)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One usable miner's at one moment.

    It runs at `running_at`, None while idle. It hashes `surely`, or has been starting for so many whole
    seconds, None if it is not on its way; its last wake has failed. It has to stay as it is, or at its
    frequency. By its own tuning it runs at `own_frequency`, None where only its registration tells.
    It is idle, and `overdue` with its next answer.
    """

    running_at: Megahertz | None = None
    surely: bool = False
    starting_for: int | None = None
    wake_failed: bool = False
    stays: bool = False
    frequency_fixed: bool = False
    own_frequency: Megahertz | None = None
    overdue: bool = False


one_condition = lru_cache(maxsize=4096)(Condition)
"""Makes each different condition once: of a large fleet there are few, and all are asked for every second."""


def packed(conditions: Iterable[Condition | None]) -> Packed:
    """Write the conditions of miners, None for each that could not be used."""
    places: dict[Condition, int] = {}
    members = array(
        "H", (0 if each is None else places.setdefault(each, len(places) + 1) for each in conditions)
    )
    return tuple(map(_row, places)), base64.b64encode(zlib.compress(_little(members).tobytes())).decode()


def unpacked(rows: Sequence[Sequence[int | None]], members: str) -> list[Condition | None]:
    """Read what `packed` has written."""
    different = [None, *map(_condition, rows)]
    found = array("H")
    found.frombytes(zlib.decompress(base64.b64decode(members)))
    return [different[place] for place in _little(found)]


def _row(condition: Condition) -> tuple[int | None, ...]:
    marks = (
        condition.surely,
        condition.wake_failed,
        condition.stays,
        condition.frequency_fixed,
        condition.overdue,
    )
    flags = sum(1 << bit for bit, mark in enumerate(marks) if mark)
    row = (condition.running_at, flags, condition.starting_for)
    return row if condition.own_frequency is None else (*row, condition.own_frequency)


def _condition(row: Sequence[int | None]) -> Condition:
    running_at, flags, starting_for, *later = row
    surely, wake_failed, stays, fixed, overdue = (bool((flags or 0) >> bit & 1) for bit in range(5))
    frequency = None if running_at is None else Megahertz(running_at)
    own = Megahertz(later[0]) if later and later[0] is not None else None
    return Condition(frequency, surely, starting_for, wake_failed, stays, fixed, own, overdue)


def _little(members: "array[int]") -> "array[int]":
    """Turn the bytes round on a machine that has the higher one first."""
    if sys.byteorder == "big":
        members.byteswap()
    return members
