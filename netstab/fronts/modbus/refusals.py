"""What the fleet's refusals are in Modbus: an exception, and the status that a register shows."""

from typing import Final

from netstab.errors import ErrorCode
from netstab.fronts.modbus.registers import ExceptionCode, Refused

__all__ = ["REFUSALS", "as_refused"]

_VALUE, _FAILURE, _BUSY = ExceptionCode.ILLEGAL_VALUE, ExceptionCode.DEVICE_FAILURE, ExceptionCode.DEVICE_BUSY

REFUSALS: Final = {
    ErrorCode.INVALID_POWER: (_VALUE, 400),
    ErrorCode.INVALID_INPUT: (_VALUE, 400),
    ErrorCode.UNKNOWN_LIMIT: (_VALUE, 404),
    ErrorCode.MANUAL_OVERRIDE: (_BUSY, 409),
    ErrorCode.TOO_MANY_LIMITS: (_BUSY, 409),
    ErrorCode.FAULT_STATE: (_FAILURE, 409),
    ErrorCode.INTERNAL_ERROR: (_FAILURE, 500),
    ErrorCode.STANDBY: (_FAILURE, 503),
    ErrorCode.FLEET_OFFLINE: (_FAILURE, 503),
    ErrorCode.LOG_UNAVAILABLE: (_FAILURE, 503),
    ErrorCode.TOO_LATE: (_BUSY, 503),
    ErrorCode.BUSY: (_BUSY, 503),
}
"""Each refusal that a command of this way in can meet, with the status that HTTP has for it."""

_OTHER = (_FAILURE, 500)


def as_refused(code: ErrorCode) -> Refused:
    return Refused(*REFUSALS.get(code, _OTHER))
