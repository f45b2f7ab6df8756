"""Figures out of devices' documents, for all families: each is bounded, what is missing or odd is None. Pure.

Fields and values come and go with the firmware's versions, and an enumeration arrives as a number or a name.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from netstab.devices.antminer.loose_json import plausible
from netstab.devices.port import Pool
from netstab.errors import MalformedAnswer

__all__ = [
    "MOST_HASHRATE",
    "MOST_POWER",
    "NO_POWER",
    "dug",
    "entries",
    "figure",
    "kind",
    "parsed",
    "parsed_list",
    "shares_of",
    "whole",
]

MOST_POWER, MOST_HASHRATE = 20_000.0, 2_000_000.0
"""W and GH/s, beyond the largest machines on the market."""

NO_POWER = "it gives no figure of its power"

_NO_LETTER = re.compile(r"[^a-z]")
_LONGEST_KIND = 64


def parsed(body: bytes) -> dict[str, Any]:
    """Read a JSON object; raises `MalformedAnswer` for all else."""
    document = _decoded(body)
    if not isinstance(document, dict):
        raise MalformedAnswer("The miner's answer is no JSON object.")
    return document


def parsed_list(body: bytes) -> list[Any]:
    """Read a JSON list; raises `MalformedAnswer` for all else."""
    document = _decoded(body)
    if not isinstance(document, list):
        raise MalformedAnswer("The miner's answer is no JSON list.")
    return document


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("The miner's answer is not JSON, or was cut off.") from error


def dug(document: object, *path: str) -> object:
    """Return what lies at the end of a path of keys, None where it breaks off."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def entries(document: object, most: int) -> list[dict[str, Any]]:
    """Return the objects of a list, at most so many; none of what is no list."""
    listed = document[:most] if isinstance(document, list) else []
    return [entry for entry in listed if isinstance(entry, dict)]


def figure(document: object, *path: str, least: float = 0.0, most: float) -> float | None:
    """Return the number at the end of a path if it lies within the bounds."""
    return plausible(dug(document, *path), least, most)


def whole(document: object, *path: str, least: int = 0, most: int) -> int | None:
    """Return the number at the end of a path in whole units if it lies within the bounds."""
    found = figure(document, *path, least=least, most=most)
    return None if found is None else round(found)


def kind(value: object, names: Sequence[str]) -> str:
    """Return which of `names`, which count from 1, an enumeration's value is; "" for any other.

    `2`, `"2"`, `"Normal"`, `"MINER_STATUS_NORMAL"` are the same; of names within others the longest counts.
    """
    number = plausible(value, 1, len(names))
    if number is not None:
        return names[int(number) - 1] if number.is_integer() else ""
    told = _NO_LETTER.sub("", value[:_LONGEST_KIND].lower()) if isinstance(value, str) else ""
    return max((name for name in names if _NO_LETTER.sub("", name) in told), key=len, default="")


def shares_of(pools: Sequence[Pool], hw_errors: int | None = None) -> dict[str, int]:
    """Count the shares of pools, for `Details`; hardware errors only where they are told."""
    counts = {name: sum(getattr(pool, name) for pool in pools) for name in ("accepted", "rejected", "stale")}
    return counts if hw_errors is None else {**counts, "hw_errors": hw_errors}
