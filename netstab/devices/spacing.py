"""How fast calls may start, so that those who ask the server meanwhile are served. Pure: time is told."""

import threading

from netstab.units import Seconds

__all__ = ["Spacing"]

_WEIGHT = 1 / 8
"""Of one call in what the next is expected to take: one that is unlike the others must count for little."""
_FIRST = 0.001
"""Seconds between two starts as long as nothing is known."""
_ARREARS = 0.02
"""Seconds that are made up for when they were slept too long: a busy host wakes nobody to the millisecond."""
_LONGEST = 0.005
"""Seconds between two starts at most: however slow the host is, nobody waits longer for those before him."""


class Spacing:
    """Spaces calls by what they take, so that all together take no more than a share of one processor.

    It bounds what they compute and not how many wait for an answer. Safe to use from many threads.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._gap = _FIRST
        self._next = float("-inf")
        self._lock = threading.Lock()

    def turn(self, now: float) -> Seconds:
        """Take the next turn; returns how long it is until then."""
        with self._lock:
            start = max(now - _ARREARS, self._next)
            self._next = start + self._gap
        return Seconds(max(0.0, start - now))

    def took(self, processor_time: float) -> None:
        """Note how many seconds of a processor a call has taken."""
        gap = min(processor_time / self._share, _LONGEST)
        with self._lock:
            self._gap += (gap - self._gap) * _WEIGHT
