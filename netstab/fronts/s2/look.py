"""One look at the CEM before a start: whether it takes the connection. Nothing is said to it."""

import asyncio

from websockets.exceptions import WebSocketException

from netstab.errors import CounterpartLost
from netstab.fronts.s2.connecting import connection, trouble
from netstab.settings.fronts import S2Settings
from netstab.urls import without_password

__all__ = ["look"]


def look(settings: S2Settings) -> str:
    """Connect and leave; return what is to be said. Raises `CounterpartLost`."""
    try:
        asyncio.run(_connect(settings))
    except (OSError, WebSocketException) as error:
        raise CounterpartLost(f"{trouble(error)} See S2_URL.") from None
    return f"The energy manager at {without_password(settings.url)} takes the connection."


async def _connect(settings: S2Settings) -> None:
    async with connection(settings):
        pass
