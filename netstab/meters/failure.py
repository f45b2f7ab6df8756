"""What trouble on the way to a meter is called."""

from netstab.errors import MeterError, MeterMalformed, MeterTimedOut, MeterUnreachable
from netstab.wire.failure import Failure, failure

__all__ = ["meter_error"]

_ERRORS: dict[Failure, type[MeterError]] = {
    Failure.TIMED_OUT: MeterTimedOut,
    Failure.PORT_CLOSED: MeterUnreachable,
    Failure.CONNECTION_LOST: MeterUnreachable,
    Failure.UNREACHABLE: MeterUnreachable,
    Failure.MALFORMED: MeterMalformed,
}


def meter_error(error: BaseException, peer: str) -> MeterError:
    """Name what happened on the way to the meter at `peer`."""
    kind, text = failure(error, f"The meter at {peer}")
    return _ERRORS[kind](text)
