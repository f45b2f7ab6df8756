"""What is kept of devices between calls: what they gave us to show again, were told last, and who refused us.

Bounded in number and age, for any thread. It is not kept over a restart, and no driver keeps anything else.
"""

import threading
import time
from collections import OrderedDict

from netstab.devices.port import Endpoint
from netstab.errors import Unauthorized
from netstab.units import Seconds

__all__ = ["Tokens"]

_MOST = 20_000  # units of a fleet, one each
_REFUSED = " refused"


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

    def refused(self, endpoint: Endpoint, purpose: str, words: str, lasts: Seconds) -> Unauthorized:
        """Remember that a device has refused our password; returns the error that says so.

        Each look would try it again, and a device that counts the tries shuts out everybody.
        """
        self.keep(endpoint, purpose + _REFUSED, words, lasts)
        return Unauthorized(words)

    def require_not_refused(self, endpoint: Endpoint, purpose: str) -> None:
        """Raise `Unauthorized`, in the words of then, while a refused password is not tried again."""
        words = self.kept(endpoint, purpose + _REFUSED)
        if words is not None:
            raise Unauthorized(words)
