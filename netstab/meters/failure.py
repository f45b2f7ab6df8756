"""What trouble on the way to a meter is called."""

from collections.abc import Mapping

from netstab.errors import MeterError, MeterMalformed, MeterTimedOut, MeterUnreachable
from netstab.wire.failure import Failure

__all__ = ["METER_ERRORS", "meter_named"]

METER_ERRORS: Mapping[Failure, type[MeterError]] = {
    Failure.TIMED_OUT: MeterTimedOut,
    Failure.PORT_CLOSED: MeterUnreachable,
    Failure.CONNECTION_LOST: MeterUnreachable,
    Failure.UNREACHABLE: MeterUnreachable,
    Failure.MALFORMED: MeterMalformed,
}


def meter_named(place: str) -> str:
    return f"The meter at {place}"
