"""Which request an order came from, for whoever writes a line about it; and how many lines may be.

An order to ten thousand miners is told of some of them: the history has them all.
"""

import logging
from collections.abc import Mapping
from threading import Lock

from events.commands import Origin
from netstab.units import Seconds

__all__ = ["Lately", "Stories", "ids_of"]

logger = logging.getLogger(__name__)

_KEPT = 256
_LINES = 200
_AGAIN_AFTER = Seconds(60.0)

Ids = Mapping[str, object]


def ids_of(origin: Origin, version: int | None = None) -> dict[str, object]:
    """Return by what a command's lines are found: its request's id, its own if that is another, its event."""
    ids: dict[str, object] = {"request_id": origin.request_id or origin.command_id}
    if origin.request_id:
        ids["command_id"] = origin.command_id
    return ids if version is None else {**ids, "order": version}


class Stories:
    """The newest orders by the versions of their events. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ids: dict[int, Ids] = {}
        self._left: dict[int, int] = {}

    def __contains__(self, version: int) -> bool:
        return version in self._ids

    def begin(self, version: int, ids: Ids) -> None:
        """Take note of an order before any miner is told."""
        with self._lock:
            if version in self._ids:
                return
            self._ids[version], self._left[version] = ids, _LINES
            while len(self._ids) > _KEPT:
                oldest = next(iter(self._ids))
                del self._ids[oldest], self._left[oldest]

    def line(self, version: int) -> Ids | None:
        """Return the ids for one more line of an order; None where nothing more is told of it."""
        with self._lock:
            left = self._left.get(version, 0)
            if not left:
                return None
            self._left[version] = left - 1
            ids = self._ids[version]
        if left == 1:
            logger.info(
                "Of this order nothing more is told here; the history has all of it.", extra=dict(ids)
            )
            return None
        return ids


class Lately:
    """Whether something was said within the last minute already; it keeps few things. For one thread."""

    def __init__(self) -> None:
        self._said: dict[object, float] = {}

    def __call__(self, what: object, now: float) -> bool:
        """Note that something is said now, unless it was just before."""
        if now < self._said.get(what, now) + _AGAIN_AFTER and what in self._said:
            return True
        self._said.pop(what, None)
        self._said[what] = now
        while len(self._said) > _KEPT:
            del self._said[next(iter(self._said))]
        return False
