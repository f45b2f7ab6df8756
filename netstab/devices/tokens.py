"""What devices have given us to show them again: tokens, salts. Bounded in number and age, for any thread.

It is not kept over a restart, and no driver keeps anything else of a device.
"""

import threading
import time
from collections import OrderedDict

from netstab.devices.port import Endpoint
from netstab.units import Seconds

__all__ = ["Tokens"]

_MOST = 20_000  # units of a fleet, one each


class Tokens:
    """Texts by device and purpose; each is forgotten when its time is over."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Endpoint, str], tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, endpoint: Endpoint, purpose: str, token: str, lasts: Seconds) -> None:
        """Keep a token from now on, in the place of an earlier one for the same purpose."""
        with self._lock:
            self._kept[endpoint, purpose] = token, time.monotonic() + lasts
            self._kept.move_to_end((endpoint, purpose))
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)

    def kept(self, endpoint: Endpoint, purpose: str) -> str | None:
        """Return the token that is kept, None where there is none or its time is over."""
        with self._lock:
            token, expires = self._kept.get((endpoint, purpose), (None, 0.0))
        return token if time.monotonic() < expires else None

    def forget(self, endpoint: Endpoint, purpose: str) -> None:
        """Forget a token that the device does not take any more."""
        with self._lock:
            self._kept.pop((endpoint, purpose), None)
