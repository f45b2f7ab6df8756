"""The configuration of an Antminer on Bitmain's firmware: from what was read to what is written. Pure.

To set the work mode is to write pools and fans anew, and whatever is not in what is written is lost. So
nothing is written but what a whole and checked document says; what is not understood is left alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

from netstab.devices.antminer.naming import label
from netstab.devices.antminer.texts import LONGEST_TEXT
from netstab.devices.web import Content
from netstab.errors import CommandRefused, ConfigurationUnwritable, MalformedAnswer

__all__ = [
    "WORK_MODE",
    "Form",
    "Stored",
    "WorkMode",
    "checked",
    "differences",
    "parsed",
    "refuse_refusal",
    "work_mode",
    "written",
]


class WorkMode(IntEnum):
    """Only `NORMAL` and `ASLEEP` mean the same on all models; others are written where a device had them."""

    NORMAL = 0
    ASLEEP = 1
    EFFICIENT = 2  # so on S19k Pro
    LOW_POWER = 3


class Form(Enum):
    """How a document is written: builds differ in what they take, and some take and ignore it."""

    PAGE = "page"  # as the device's own page does
    TEXT = "text"  # the mode as text and under its read name as well, and all of it as plain text


@dataclass(frozen=True, slots=True)
class Stored:
    """A configuration that was read whole: `document` has all of it, and `mode` is its work mode."""

    document: Mapping[str, Any]
    mode: WorkMode
    pools: tuple[Mapping[str, str], ...]


WORK_MODE = ("bitmain-work-mode", "miner-mode")
"""Its names: that of most builds, and that of older ones, by which all take it."""

# The name that each is written by, and those that it is read by.
_CARRIED = {
    "bitmain-fan-ctrl": ("bitmain-fan-ctrl",),
    "bitmain-fan-pwn": ("bitmain-fan-pwm", "bitmain-fan-pwn"),  # written as its maker spells it
    "freq-level": ("bitmain-freq-level", "freq-level"),
}
_POOLS = "pools"
_POOL = frozenset({"url", "user", "pass"})
_HOW_MANY_POOLS = 3
_ESCAPED = frozenset('"\\')
_LONGEST = 1024  # characters of a pool's field
_MOST_PERCENT = 200
_MOST_NAMED = 6


def parsed(body: bytes) -> dict[str, Any]:
    """Read `get_miner_conf.cgi` to the letter: nothing is repaired or cut, for it is to be written back.

    Raises `MalformedAnswer`.
    """
    try:
        document = json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("The miner's configuration is not JSON, or was cut off.") from error
    if not isinstance(document, dict):
        raise MalformedAnswer("The miner's configuration is no object.")
    return document


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def work_mode(document: Mapping[str, Any]) -> int | None:
    """Return the work mode that a document tells, None where it tells none."""
    told = [_whole(document[name]) for name in WORK_MODE if name in document]
    return told[0] if told else None


def checked(document: Mapping[str, Any]) -> Stored:
    """Return a document that can be written back without a loss.

    Raises `ConfigurationUnwritable` where something is missing, or nothing that could be written back.
    """
    mode = work_mode(document)
    if mode is None or mode not in tuple(WorkMode) or not _agree(document, WORK_MODE):
        raise _unwritable("work mode")
    for name, keys in _CARRIED.items():
        if not _agree(document, keys) or not _may_be(name, document[_present(document, keys)[0]]):
            raise _unwritable(name)
    for name, value in document.items():
        if name != _POOLS and ("pool" in name.lower() or isinstance(value, dict | list)):
            raise _unwritable(name)  # it has more of its own than can be written back
    return Stored(document, WorkMode(mode), _checked_pools(document.get(_POOLS)))


def _checked_pools(pools: object) -> tuple[Mapping[str, str], ...]:
    if not isinstance(pools, list) or len(pools) != _HOW_MANY_POOLS:
        raise _unwritable("pools")
    for place, pool in enumerate(pools, start=1):
        if not isinstance(pool, dict) or pool.keys() != _POOL or not all(map(_is_text, pool.values())):
            raise _unwritable(f"pool {place}")
    if not any(pool["url"].strip() for pool in pools):
        raise _unwritable("pools")
    return tuple(pools)


def written(stored: Stored, mode: WorkMode, form: Form = Form.PAGE) -> Content:
    """Return what is posted to `set_miner_conf.cgi` so that the mode is set and all else stays as it is."""
    document: dict[str, Any] = {
        name: stored.document[_present(stored.document, keys)[0]] for name, keys in _CARRIED.items()
    }
    document["miner-mode"] = int(mode) if form is Form.PAGE else str(int(mode))
    if form is Form.TEXT:
        document["bitmain-work-mode"] = str(int(mode))
    document[_POOLS] = [{name: pool[name] for name in ("url", "user", "pass")} for pool in stored.pools]
    kind = "application/json" if form is Form.PAGE else "text/plain"
    return Content(json.dumps(document, ensure_ascii=False, allow_nan=False).encode(), kind)


def differences(meant: Stored, mode: WorkMode, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what was found otherwise after a write than meant; never values, for pools have passwords."""
    names = [*meant.document, *(name for name in found if name not in meant.document)]
    differing = (
        name
        for name in names
        if name not in WORK_MODE and (name not in found or _differs(meant.document.get(name), found[name]))
    )
    return (*differing, *(("work mode",) if work_mode(found) != mode else ()))


def named(names: Sequence[str]) -> str:
    """Return names for an operator, as many as can be read."""
    more = len(names) - _MOST_NAMED
    return ", ".join(map(label, names[:_MOST_NAMED])) + (f" and {more} more" if more > 0 else "")


def refuse_refusal(body: bytes) -> None:
    """Raise `CommandRefused` where the device says so (M001); that it says OK proves nothing."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(told, dict) and (told.get("stats") == "error" or told.get("code") == "M001"):
        reason = label(told.get("msg"), LONGEST_TEXT) or "no reason given"
        raise CommandRefused(f"The miner refuses the configuration: {reason}")


def _differs(meant: object, found: object) -> bool:
    """Whether two values differ: a build may give as a number what it took as text."""
    if isinstance(meant, str | int) and isinstance(found, str | int):
        return str(meant).lower() != str(found).lower() if _is_switch(meant) else str(meant) != str(found)
    return meant != found


def _present(document: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [name for name in names if name in document]


def _agree(document: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether one of the names is there, and others do not contradict it."""
    values = {str(document[name]) for name in _present(document, names)}
    return len(values) == 1


def _may_be(name: str, value: object) -> bool:
    """Whether a value is one that the device gives for what is written by that name."""
    if name == "bitmain-fan-ctrl":
        return _is_switch(value)
    percent = _whole(value)
    return percent is not None and percent <= _MOST_PERCENT


def _is_switch(value: object) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def _whole(value: object) -> int | None:
    """Return a whole number up to 999 that was given as such or as text."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None


def _is_text(value: object) -> bool:
    """Whether a pool's field survives any build: one may put what it takes into its file as it is."""
    plain = isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()
    return plain and not _ESCAPED.intersection(str(value))


def _unwritable(name: str) -> ConfigurationUnwritable:
    return ConfigurationUnwritable(
        f"The miner's configuration has no {label(name)} that could be written back as it is, so nothing is "
        "written: see to it in the miner's own web page."
    )
