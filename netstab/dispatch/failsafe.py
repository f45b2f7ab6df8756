"""When a front counts as silent, and what becomes of the power then. Pure: every moment is an argument.

A setpoint is valid for a time-out; the front repeats it to say that it still holds.
"""

from dataclasses import dataclass
from enum import StrEnum

from netstab.units import Seconds, Timestamp, Watts

__all__ = ["Circumstances", "FailsafeAction", "Fallback", "fallback", "silent_since"]


class FailsafeAction(StrEnum):
    """What a failsafe does: leave the order in force as it is, order standby, or order a power."""

    HOLD = "hold"
    STANDBY = "standby"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the failsafe is judged by.

    `last_command` is the newest command of the front, accepted or not, None before its first; `released_at`
    the end of the newest override, None if this server has seen none; `started_at` the start of this server.
    `ordered` says whether an order is in force, and `target` which, None for standby. `lost` says that its
    protocol tells that it is gone: then no time-out is waited for.
    """

    now: Timestamp
    started_at: Timestamp
    last_command: Timestamp | None = None
    released_at: Timestamp | None = None
    ordered: bool = True
    target: Watts | None = None
    overridden: bool = False
    in_failsafe: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Fallback:
    """The failsafe that is to be entered; `power` goes with the action `POWER` alone."""

    action: FailsafeAction
    power: Watts | None
    silent_since: Timestamp


def fallback(
    seen: Circumstances, timeout: Seconds, instruction: Watts | str, rated: Watts
) -> Fallback | None:
    """Return the failsafe to enter now, None while there is no reason for one, or it was entered already.

    `timeout` 0 never counts the front as silent. `instruction` is `hold`, `standby`, or a power, which is
    clamped to `rated` (0: unknown). A standby in force is left as it is, whatever the instruction.
    """
    if seen.in_failsafe or seen.overridden or not seen.ordered:
        return None
    since = silent_since(seen, timeout)
    if since is None:
        return None
    if instruction == FailsafeAction.HOLD or not seen.target:
        return Fallback(FailsafeAction.HOLD, None, since)
    power = _clamped(instruction, rated)
    return Fallback(FailsafeAction.POWER if power else FailsafeAction.STANDBY, power, since)


def silent_since(seen: Circumstances, timeout: Seconds) -> Timestamp | None:
    """Return since when the front is silent, None if it is not: it never is before it commanded anything."""
    if seen.last_command is None:
        return None
    moments = (seen.started_at, seen.last_command, seen.released_at)
    since = max(moment for moment in moments if moment is not None)
    return since if seen.lost or (timeout and seen.now - since >= timeout) else None


def _clamped(instruction: Watts | str, rated: Watts) -> Watts | None:
    """Return the power of an instruction, None for standby: no power is standby too."""
    if isinstance(instruction, str) or not instruction:
        return None
    return Watts(min(instruction, rated)) if rated else instruction
