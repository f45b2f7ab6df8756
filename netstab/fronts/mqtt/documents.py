"""What is published of the fleet and of a command, as JSON. Pure."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from netstab.fronts.reading import FleetReading
from netstab.units import WallTime, kilowatts, rfc3339

__all__ = ["Outcome", "dated", "encoded", "result", "state"]

_MOST_ERRORS, _LONGEST_ERROR = 10, 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command; `code` is a status of HTTP."""

    command: str
    code: int
    message: str


def state(reading: FleetReading) -> dict[str, Any]:
    """Return the state but for its time; numbers are numbers, and a target in standby is 0."""
    target = kilowatts(reading.target or 0.0)
    return {
        "state": reading.state.value,
        "run": _on(target > 0),
        "available": _on(reading.available),
        "override": _on(reading.override),
        "failsafe": _on(reading.failsafe),
        "rated_kw": kilowatts(reading.rated),
        "active_kw": kilowatts(reading.active),
        "target_kw": target,
        "energy_kwh": reading.energy_kwh or 0.0,
        "miners": {
            "registered": reading.registered,
            "online": reading.online,
            "hashing": reading.hashing,
        },
        "errors": [error[:_LONGEST_ERROR] for error in reading.errors[:_MOST_ERRORS]],
    }


def dated(state: dict[str, Any], at: WallTime) -> dict[str, Any]:
    """Return the state with its time."""
    return {**state, "updated": rfc3339(at)}


def result(outcome: Outcome, at: WallTime) -> dict[str, Any]:
    """Return the answer to a command."""
    return {
        "accepted": outcome.code == HTTPStatus.OK,
        "code": outcome.code,
        "message": outcome.message,
        "command": outcome.command,
        "at": rfc3339(at),
    }


def encoded(document: dict[str, Any]) -> bytes:
    return msgspec.json.encode(document)


def _on(given: bool) -> str:
    return "ON" if given else "OFF"
