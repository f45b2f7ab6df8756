"""How the CEM is connected to, and what went wrong in words that help."""

from websockets.exceptions import ConnectionClosed, InvalidStatus

from netstab.settings.fronts import S2Settings
from netstab.units import Seconds

__all__ = ["CONNECTED_WITHIN", "MOST_BYTES", "headers", "trouble"]

CONNECTED_WITHIN = Seconds(10.0)

MOST_BYTES = 256 * 1024
"""Of one message: the longest schedule of limits has a tenth of it."""


def headers(settings: S2Settings) -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.token}"} if settings.token else {}


def trouble(error: Exception) -> str:
    """Say why there is no connection, or no more."""
    match error:
        case InvalidStatus():
            text = f"The CEM refuses the connection with status {error.response.status_code}."
            return f"{text} See S2_TOKEN." if error.response.status_code in _NOT_LET_IN else text
        case ConnectionClosed():
            return f"The connection to the CEM is gone: {error}."
        case TimeoutError():
            return f"The CEM has not answered within {CONNECTED_WITHIN:g} s."
        case _:
            return f"The CEM cannot be reached: {error}."


_NOT_LET_IN = (401, 403)
