"""The loop over all sockets, in place of waitress's: whoever is urgent first, the others for a while only.

Whoever is left out of a round is in the next, longest unheard first. Idle connections cost a round next to
nothing: there may be thousands.
"""

import select
import time
from contextlib import suppress
from math import inf
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped]

from api.serving.precedence import Precedence
from netstab.units import Seconds

__all__ = ["run"]

_WAIT_S = 1.0
_WHILE = Seconds(0.01)
"""How long a round serves those that are not urgent: there may be thousands, at a millisecond each."""

_INPUT = select.EPOLLIN | select.EPOLLPRI


def run(sockets: dict[int, Any], precedence: Precedence) -> None:
    """Serve until no socket is left; what is not urgent gives way to what is under way."""
    watch = _Watch()
    while sockets:
        ready = watch.ready(sockets)
        until = time.monotonic() + _WHILE
        for one, events in sorted(ready, key=_turn):
            if not _urgent(one):
                if time.monotonic() > until:
                    break
                precedence.give_way()
            if one.socket is not None:  # another one may have closed it in this round
                wasyncore.readwrite(one, events)
    watch.close()


class _Watch:
    """Finds which sockets have something to be done. One that idles is not asked until it is heard."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._wanted: dict[int, tuple[Any, int]] = {}
        self._idle: dict[int, Any] = {}
        self._looked_at = time.monotonic()

    def close(self) -> None:
        self._epoll.close()

    def ready(self, sockets: dict[int, Any]) -> list[tuple[Any, int]]:
        """Wait for any of them; gives those that can be read or written, and which of it."""
        for descriptor, one in list(sockets.items()):
            if self._idle.get(descriptor) is not one:
                self._ask(descriptor, one)
        found = self._epoll.poll(_WAIT_S, max(1, len(sockets)))
        for descriptor, _ in found:
            self._idle.pop(descriptor, None)
        if len(self._wanted) > len(sockets):
            self._forget(self._wanted.keys() - sockets.keys())
        return [(sockets[descriptor], events) for descriptor, events in self._dated(found, sockets)]

    def _dated(self, found: list[tuple[int, int]], sockets: dict[int, Any]) -> list[tuple[int, int]]:
        """Note since when those may have had something to read that had nothing at the last look."""
        before, self._looked_at = self._looked_at, time.monotonic()
        known = [(descriptor, events) for descriptor, events in found if descriptor in sockets]
        for descriptor, events in known:
            one = sockets[descriptor]
            if events & _INPUT and getattr(one, "unheard_since", before) is None:
                one.unheard_since = before
        return known

    def _ask(self, descriptor: int, one: Any) -> None:
        wanted = _INPUT if one.readable() else 0
        if one.writable() and not one.accepting:
            wanted |= select.EPOLLOUT
        before = self._wanted.get(descriptor)
        if before is None or before[0] is not one:
            self._forget({descriptor})
        if wanted != self._wanted.get(descriptor, (one, 0))[1]:
            self._want(descriptor, one, wanted)
        if wanted == _INPUT and getattr(one, "idles", False):
            self._idle[descriptor] = one

    def _want(self, descriptor: int, one: Any, wanted: int) -> None:
        if not wanted:
            self._forget({descriptor})
        elif descriptor in self._wanted:
            self._epoll.modify(descriptor, wanted)
            self._wanted[descriptor] = one, wanted
        else:
            self._epoll.register(descriptor, wanted)
            self._wanted[descriptor] = one, wanted

    def _forget(self, descriptors: set[int]) -> None:
        for descriptor in descriptors:
            self._idle.pop(descriptor, None)
            if self._wanted.pop(descriptor, None):
                with suppress(OSError):  # a socket that is closed has left by itself
                    self._epoll.unregister(descriptor)


def _urgent(one: Any) -> bool:
    """Connections of reserved paths, and all that is no connection: what accepts, and what wakes the loop.

    So is closing: what is cut off makes room for those that are accepted at the end of the same round.
    """
    return bool(getattr(one, "reserved", True) or one.will_close)


def _turn(ready: tuple[Any, int]) -> tuple[bool, float]:
    one, _ = ready
    return not _urgent(one), getattr(one, "heard_at", inf)  # what accepts comes after what it has accepted
