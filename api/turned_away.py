"""What is refused for who asks: counted all of it, and told in the server's log at a bounded rate."""

import logging
import threading
import time
from collections import Counter

from netstab.errors import ErrorCode
from netstab.units import Seconds

__all__ = ["TurnedAway"]

logger = logging.getLogger(__name__)

_EVERY = Seconds(60)
_MOST_LINES = 20
"""Lines within `_EVERY`, of as many addresses; all others are counted into one that comes later."""


class TurnedAway:
    """Safe for many threads. It never holds or shows what was given as a token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[ErrorCode] = Counter()
        self._told: Counter[tuple[str, str]] = Counter()
        self._untold = 0
        self._begun = time.monotonic()

    def counts(self) -> dict[ErrorCode, int]:
        """Return how many requests were refused by each code since the start."""
        with self._lock:
            return dict(self._counts)

    def note(self, code: ErrorCode, address: str, message: str) -> None:
        """Count a refusal; say it if it is this address's first of its kind within a minute."""
        with self._lock:
            self._counts[code] += 1
            before = self._begin_anew() if time.monotonic() - self._begun >= _EVERY else ""
            known = (address, message) in self._told
            first = not known and len(self._told) < _MOST_LINES
            if known or first:
                self._told[address, message] += 1
            else:
                self._untold += 1
        if before:
            logger.warning("%s", before)
        if first:
            logger.warning("Refused %s (%s): %s", address, code, message)

    def _begin_anew(self) -> str:
        """Begin the next minute; gives a sentence on what was not said of the last."""
        again = [
            f"{address} {times - 1} times more ({message})"
            for (address, message), times in self._told.items()
            if times > 1
        ]
        others = [f"others {self._untold} times"] if self._untold else []
        self._told, self._untold, self._begun = Counter(), 0, time.monotonic()
        return f"Refused as well: {', '.join(again + others)}." if again or others else ""
