"""One look at the CEM before a start: whether it takes the connection. Nothing is said to it."""

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from netstab.errors import CounterpartLost
from netstab.fronts.s2.connecting import CONNECTED_WITHIN, headers, trouble
from netstab.settings.fronts import S2Settings
from netstab.urls import without_password

__all__ = ["look"]


def look(settings: S2Settings) -> str:
    """Connect and leave; return what is to be said. Raises `CounterpartLost`."""
    try:
        with connect(
            settings.url,
            additional_headers=headers(settings),
            compression=None,
            proxy=None,
            open_timeout=CONNECTED_WITHIN,
            close_timeout=1.0,
        ):
            pass
    except (OSError, WebSocketException) as error:
        raise CounterpartLost(f"{trouble(error)} See S2_URL.") from None
    return f"The energy manager at {without_password(settings.url)} takes the connection."
