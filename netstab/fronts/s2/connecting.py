"""How the CEM is connected to, and what went wrong in words that help."""

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from netstab.settings.fronts import S2Settings
from netstab.units import Seconds

__all__ = ["MOST_BYTES", "PING_EVERY", "connection", "trouble"]

PING_EVERY = Seconds(20.0)
"""A connection that answers no ping within as long is closed."""

_CONNECTED_WITHIN = Seconds(10.0)
_GOOD_BYE = Seconds(1.0)
_NOT_LET_IN = (401, 403)

MOST_BYTES = 256 * 1024
"""Of one message: the longest schedule of limits has a tenth of it."""


class _Straight(connect):
    """Follows no redirection: the token is for the CEM that is set, and for no other."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def connection(settings: S2Settings) -> connect:
    """Return what connects to the CEM where it is entered; every wait in it has its bound."""
    return _Straight(
        settings.url,
        additional_headers={"Authorization": f"Bearer {settings.token}"} if settings.token else None,
        compression=None,
        proxy=None,
        open_timeout=_CONNECTED_WITHIN,
        ping_interval=PING_EVERY,
        ping_timeout=PING_EVERY,
        close_timeout=_GOOD_BYE,
        max_size=MOST_BYTES,
    )


def trouble(error: Exception) -> str:
    """Say why there is no connection, or no more."""
    match error:
        case InvalidStatus():
            text = f"The CEM refuses the connection with status {error.response.status_code}."
            return f"{text} See S2_TOKEN." if error.response.status_code in _NOT_LET_IN else text
        case ConnectionClosed():
            return f"The connection to the CEM is gone: {error}."
        case TimeoutError():
            return f"The CEM has not answered within {_CONNECTED_WITHIN:g} s."
        case _:
            return f"The CEM cannot be reached: {error}."
