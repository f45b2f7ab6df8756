"""What an address says of its software on the API port: asked there once, for all families that look at it.

A stranger is not to be asked the same by each of them, for each may wait for it up to a deadline.
"""

import asyncio
import re

from netstab.devices.port import Endpoint
from netstab.devices.transport import ask_api
from netstab.errors import ConnectionLost, DeviceError, TimedOut
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["VERSION", "FirstLook", "version_of"]

VERSION = b'{"command":"version"}'

ANSWERS_WITHIN = Seconds(3.0)


def version_of(endpoint: Endpoint, expires: float) -> bytes:
    """Ask what software answers on the API port; gives the raw answer."""
    return asyncio.run(ask_api(endpoint, VERSION, expires))


class FirstLook:
    """The answer to `version` at one address, asked for when somebody first wants to know. For one thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._outcome: bytes | DeviceError | None = None

    def version(self, expires: float) -> bytes:
        """Return the raw answer, or raise what asking for it has raised."""
        if self._outcome is None:
            try:
                self._outcome = version_of(self._endpoint, expires)
            except DeviceError as error:
                self._outcome = error
        if isinstance(self._outcome, DeviceError):
            raise self._outcome.with_traceback(None)
        return self._outcome

    def bears(self, sign: re.Pattern[str]) -> bool:
        """Whether the answer has a sign; one that never came is "", and where nobody listens is none."""
        try:
            said = self.version(after(ANSWERS_WITHIN)).decode("utf-8", "replace")
        except (TimedOut, ConnectionLost):
            said = ""
        except DeviceError:
            return False
        return sign.search(said) is not None
