"""What the fleet's refusals are in Modbus: an exception, and the status that a register shows."""

from typing import Final

from netstab.errors import ErrorCode
from netstab.fronts.modbus.registers import ExceptionCode, Refused
from netstab.statuses import STATUSES

__all__ = ["EXCEPTIONS", "as_refused"]

_VALUE, _FAILURE, _BUSY = ExceptionCode.ILLEGAL_VALUE, ExceptionCode.DEVICE_FAILURE, ExceptionCode.DEVICE_BUSY

EXCEPTIONS: Final = {
    ErrorCode.INVALID_POWER: _VALUE,
    ErrorCode.INVALID_INPUT: _VALUE,
    ErrorCode.UNKNOWN_LIMIT: _VALUE,
    ErrorCode.MANUAL_OVERRIDE: _BUSY,
    ErrorCode.TOO_MANY_LIMITS: _BUSY,
    ErrorCode.TOO_LATE: _BUSY,
    ErrorCode.BUSY: _BUSY,
}
"""Of each refusal that is no failure of the device; all others are."""


def as_refused(code: ErrorCode) -> Refused:
    return Refused(EXCEPTIONS.get(code, _FAILURE), STATUSES[code])
