"""The one place where trouble on the way to a meter gets its name."""

import http.client

from netstab.causes import innermost
from netstab.errors import MeterError, MeterMalformed, MeterTimedOut, MeterUnreachable

__all__ = ["meter_error"]


def meter_error(error: BaseException, peer: str) -> MeterError:
    """Name what happened on the way to `peer`, by the innermost cause under the libraries' wrappings."""
    error = innermost(error)
    match error:
        case TimeoutError():
            return MeterTimedOut(f"The meter at {peer} gave no answer in time.")
        case ConnectionRefusedError():
            return MeterUnreachable(f"The meter at {peer} refuses connections: nothing listens there.")
        case ConnectionError() | http.client.IncompleteRead():
            return MeterUnreachable(
                f"The meter at {peer} broke the connection before its answer was complete."
            )
        case OSError():
            return MeterUnreachable(f"The meter at {peer} cannot be reached: {error.strerror or error}.")
        case _:
            return MeterMalformed(f"The meter at {peer} does not speak the protocol: {type(error).__name__}.")
