"""The loop over all sockets, in place of waitress's: whoever is urgent first, the others for a while only.

Whoever is left out of a round is in the next, longest unheard first.
"""

import select
import time
from math import inf
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped]

from api.serving.precedence import Precedence
from netstab.units import Seconds

__all__ = ["run"]

_WAIT_MS = 1000
_WHILE = Seconds(0.01)
"""How long a round serves those that are not urgent: there may be thousands, at a millisecond each."""


def run(sockets: dict[int, Any], precedence: Precedence) -> None:
    """Serve until no socket is left; what is not urgent gives way to what is under way."""
    while sockets:
        ready = _ready(sockets)
        until = time.monotonic() + _WHILE
        for one, events in sorted(ready, key=_turn):
            if not _urgent(one):
                if time.monotonic() > until:
                    break
                precedence.give_way()
            if one.socket is not None:  # another one may have closed it in this round
                wasyncore.readwrite(one, events)


def _ready(sockets: dict[int, Any]) -> list[tuple[Any, int]]:
    poll = select.poll()
    for descriptor, one in list(sockets.items()):
        wanted = select.POLLIN | select.POLLPRI if one.readable() else 0
        if one.writable() and not one.accepting:
            wanted |= select.POLLOUT
        if wanted:
            poll.register(descriptor, wanted)
    return [(sockets[found], events) for found, events in poll.poll(_WAIT_MS) if found in sockets]


def _urgent(one: Any) -> bool:
    """Connections of reserved paths, and all that is no connection: what accepts, and what wakes the loop."""
    return bool(getattr(one, "reserved", True))


def _turn(ready: tuple[Any, int]) -> tuple[bool, float]:
    one, _ = ready
    return not _urgent(one), getattr(one, "heard_at", inf)  # what accepts comes after what it has accepted
