"""Has all other requests wait while a reserved one is under way: the interpreter runs one thread at a time.

It knows neither sockets nor requests.
"""

import threading

from netstab.units import Seconds

__all__ = ["Precedence"]

_LONGEST = Seconds(0.02)
"""How long others give way: a reserved call that hangs, or one after the other, only slows them down."""


class Precedence:
    """Safe for many threads. `begin` and `end` come in pairs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self._free = threading.Event()
        self._free.set()

    def begin(self) -> None:
        with self._lock:
            self._under_way += 1
            self._free.clear()

    def end(self) -> None:
        with self._lock:
            self._under_way -= 1
            if not self._under_way:
                self._free.set()

    def give_way(self) -> None:
        """Wait until nothing reserved is under way, or for as long as that may take."""
        self._free.wait(_LONGEST)
