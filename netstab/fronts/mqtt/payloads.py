"""From the payload of a command to what it asks for; what cannot be used is refused with a sentence. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from netstab.units import Seconds, Watts, asked_watts

__all__ = ["COMMANDS", "LONGEST", "LONGEST_VALID", "Asked", "BadPayload", "Run", "Target"]

LONGEST = 64
"""Bytes of a payload: no command has more."""

LONGEST_VALID = Seconds(86_400.0)


class BadPayload(ValueError):
    """A payload that is no command; the text says what would be one."""


@dataclass(frozen=True, slots=True)
class Target:
    """A power to be drawn, for so long from now, or with None until something else is said."""

    power: Watts
    valid: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Go on at the last target, or stop."""

    on: bool


Asked = Target | Run


class _InKilowatts(msgspec.Struct, forbid_unknown_fields=True):
    kw: float
    valid_s: float | None = None


class _InWatts(msgspec.Struct, forbid_unknown_fields=True):
    w: float
    valid_s: float | None = None


def _in_kilowatts(payload: bytes) -> Target:
    given = _number_or(_InKilowatts, payload, '1.5 in kW, or {"kw": 1.5, "valid_s": 60}')
    return _target(given, None) if isinstance(given, float) else _target(given.kw, given.valid_s)


def _in_watts(payload: bytes) -> Target:
    given = _number_or(_InWatts, payload, '1500 in W, or {"w": 1500, "valid_s": 60}')
    return _target(given / 1000, None) if isinstance(given, float) else _target(given.w / 1000, given.valid_s)


def _run(payload: bytes) -> Run:
    word = payload.strip().upper()
    if word not in (b"ON", b"OFF"):
        raise BadPayload("run must be ON or OFF.")
    return Run(word == b"ON")


def _number_or(kind: type[Any], payload: bytes, wanted: str) -> Any:
    """Read a plain number or a document, as JSON writes them: no comma in a number, no unit, no text."""
    try:
        if len(payload) > LONGEST:
            raise BadPayload(f"a payload must have at most {LONGEST} bytes, got {len(payload)}.")
        return msgspec.json.decode(payload, type=float | kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(f"the power must be written like {wanted}: {error}.") from None


def _target(kilowatts: float, valid: float | None) -> Target:
    if not math.isfinite(kilowatts):
        raise BadPayload("the power must be a finite number.")
    if valid is not None and not 0 < valid <= LONGEST_VALID:
        raise BadPayload(f"valid_s must be above 0 and at most {LONGEST_VALID:g}, got {valid:g}.")
    return Target(asked_watts(kilowatts), None if valid is None else Seconds(valid))


COMMANDS: Mapping[str, Callable[[bytes], Asked]] = MappingProxyType(
    {"target": _in_kilowatts, "target_w": _in_watts, "run": _run}
)
"""How the payload of each command is read. Raises `BadPayload`."""
