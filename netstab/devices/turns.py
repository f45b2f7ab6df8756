"""Lets calls that change a device follow one another. A call waits here no longer than its own deadline."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from netstab.devices.port import Endpoint
from netstab.errors import TimedOut
from netstab.wire.bounds import left_until

__all__ = ["Turns"]


class Turns:
    """Who is being told something now. It holds no more than there are calls under way; for any thread."""

    def __init__(self) -> None:
        self._told: set[Endpoint] = set()
        self._freed = threading.Condition()

    @contextmanager
    def taken(self, endpoint: Endpoint, expires: float) -> Iterator[None]:
        """Have the device to oneself; raises `TimedOut` where another call does not end in time."""
        with self._freed:
            while endpoint in self._told:
                self._wait(expires)
            self._told.add(endpoint)
        try:
            yield
        finally:
            with self._freed:
                self._told.discard(endpoint)
                self._freed.notify_all()

    def _wait(self, expires: float) -> None:
        try:
            self._freed.wait(left_until(expires))
        except TimeoutError:
            raise TimedOut("Another command to the miner had not ended in time.") from None
