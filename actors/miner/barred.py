"""Devices that answer and take nothing from here: why, since when, and when they are asked again. Pure.

That is no failure of theirs: somebody has to open them, or another client to let go of them.
"""

from msgspec import Struct

from actors.report import Backoff, LastError
from netstab.devices.family import Timings, Waits
from netstab.devices.port import Reading
from netstab.errors import (
    DeviceError,
    FirmwareTooOld,
    HeldByAnother,
    Unauthorized,
    WriteAccessClosed,
)
from netstab.units import Timestamp

__all__ = ["Barred", "barred_by", "still_barred"]


class Barred(Struct, frozen=True):
    """Why a device takes nothing, since when, and when it may be asked again.

    It `may_be_open` where there was nothing to ask it for by then: the next command will tell.
    """

    why: LastError
    since: Timestamp
    backoff: Backoff
    may_be_open: bool = False


def barred_by(before: Barred | None, error: DeviceError, now: Timestamp, timings: Timings) -> Barred | None:
    """Return what an error of a command says of the device, None where it says no such thing.

    The wait is doubled up to its longest as long as it is the same.
    """
    waits = _waits(error, timings)
    if waits is None:
        return None
    same = before if before is not None and before.why.kind == error.kind else None
    failures = same.backoff.failures + 1 if same is not None else 1
    since = before.since if before is not None else now
    return Barred(
        LastError(error.kind, str(error), now),
        since,
        Backoff(failures, Timestamp(now + waits.after(failures))),
    )


def still_barred(before: Barred | None, reading: Reading) -> Barred | None:
    """Return what holds after a look: one that says itself that it takes commands is taken at its word.

    What an agent of its own firmware keeps from being set may be switched all the same.
    """
    if before is None:
        return None
    opened = reading.closed == "" and before.why.kind == WriteAccessClosed.kind
    by_itself = bool(reading.self_tuning) and before.why.kind == HeldByAnother.kind
    return None if opened or by_itself else before


def _waits(error: DeviceError, timings: Timings) -> Waits | None:
    match error:
        case WriteAccessClosed() | FirmwareTooOld():
            return timings.closed
        case HeldByAnother():
            return timings.held
        case Unauthorized():
            return timings.wrong_password
        case _:
            return None
