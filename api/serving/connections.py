"""Waitress's listener with the bounds that it leaves out.

Where there is no room for another connection, or in memory for what all of them are owed, some give way: so
clients that hold connections or do not read their answers keep nobody else out.
"""

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nsmallest
from typing import Any, Protocol, Self

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]

from api.serving.channel import Channel
from api.serving.lanes import Lanes
from api.serving.loop import run
from netstab.units import Seconds

__all__ = ["Listener", "crowded_out", "to_give_way"]

_IPV4_IN_IPV6 = "::ffff:"
_SPARE = 10  # a tenth of all connections is kept free, and made free at once
_ACCEPTING = Seconds(0.01)
_LOOK_EVERY = Seconds(0.3)
_YOUNG = Seconds(1.0)
_KERNEL_BUFFER = 64 * 1024
MOST_HELD = 48 * 1024 * 1024
"""Bytes of requests and answers that are held in memory for all connections together."""


class Holder(Protocol):
    """A connection, as far as it holds memory: objects by identity with their sizes, and since when."""

    reserved: bool

    @property
    def held_since(self) -> float: ...

    def held(self) -> dict[int, int]: ...


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """`refused` is told the status of each answer to what never reached the application.

    `stranger` says of an address and a path why that request is not read to its end, None where it is.
    """

    channel_class = Channel
    refused: Callable[[int], None] = staticmethod(lambda _status: None)
    stranger: Callable[[str, str], str | None] | None = None

    @classmethod
    def on(cls, listening: socket.socket, application: Any, lanes: Lanes, **adjustments: Any) -> Self:
        """Serve on a socket; `adjustments` are waitress's."""
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BUFFER)
        adjusted = Adjustments(sockets=[listening], **adjustments)
        where = (listening.family, listening.type, listening.proto, listening.getsockname())
        return cls(application, {}, True, listening, lanes, adjusted, sockinfo=where, bind_socket=False)

    _next_look = 0.0
    unheard_since: float | None = None
    """When it was last seen that no connection waits, None while none does."""

    def readable(self) -> bool:
        """Whether to accept; asked at every turn of the loop, which is when all else is looked after."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_EVERY
            self._look_after(now)
        return bool(self.accepting)

    def handle_accept(self) -> None:
        limit, spare = self.adj.connection_limit, self.adj.connection_limit // _SPARE
        alive = sum(not channel.will_close for channel in self.active_channels.values())
        if limit - alive <= spare:
            self._make_room(spare)
        until = time.monotonic() + _ACCEPTING
        for _ in range(limit - len(self.active_channels)):  # those cut off hold a descriptor until closed
            if not self._accept() or time.monotonic() > until:
                return

    def run(self) -> None:
        run(self._map, self.task_dispatcher.precedence)

    def add_task(self, channel: Channel) -> None:
        channel.reserved |= self.task_dispatcher.is_reserved(channel)
        super().add_task(channel)

    def _accept(self) -> bool:
        """Take the next connection that waits, if one does."""
        try:
            connection, address = self.socket.accept()
        except BlockingIOError:
            self.unheard_since = None
            return False
        except OSError:  # one that is gone already, or no descriptor is left for it
            self._make_room(1)
            return False
        client = address[0].removeprefix(_IPV4_IN_IPV6)
        channel = Channel(self, connection, (client, *address[1:]), self.adj, map=self._map)
        channel.reserved = self.task_dispatcher.alone
        channel.unheard_since = self.unheard_since
        wasyncore.read(channel)  # what it asks for is there already where many wait, and may be urgent
        return True

    def _look_after(self, now: float) -> None:
        channels = [channel for channel in self.active_channels.values() if not channel.will_close]
        for channel in channels:
            channel.expire(now)
            if channel.overdue(now, self.adj.channel_timeout):
                channel.cut_off()
        for channel in crowded_out(channels, MOST_HELD):
            channel.cut_off()

    def _make_room(self, count: int) -> None:
        channels = [channel for channel in self.active_channels.values() if not channel.will_close]
        for channel in to_give_way(channels, count, time.monotonic()):
            channel.cut_off()


def to_give_way(connections: Sequence[Any], count: int, now: float) -> list[Any]:
    """Return so many of those that no thread is at: reserved ones last, the newest before them.

    Of the others those go first that share their address with most, then those that were silent longest.
    """
    from_there = Counter(one.addr[0] for one in connections)

    def turn(one: Any) -> tuple[bool, bool, int, float]:
        return one.reserved, one.served_at > now - _YOUNG, -from_there[one.addr[0]], one.served_at

    return nsmallest(count, (one for one in connections if not one.in_turn), key=turn)


def crowded_out(holders: Iterable[Holder], most: int) -> Iterator[Any]:
    """Return who must go, those that have held the longest first, until the others hold at most `most` bytes.

    Those that asked for something reserved go last, however long they wait for their answer.
    What many hold together, as a file that is sent to all of them, counts once.
    """
    holdings = [(holder, held) for holder in holders if (held := holder.held())]
    sizes = {one: size for _, held in holdings for one, size in held.items()}
    total = sum(sizes.values())
    shares = Counter(one for _, held in holdings for one in held)
    for holder, held in sorted(holdings, key=lambda holding: (holding[0].reserved, holding[0].held_since)):
        if total <= most:
            return
        yield holder
        shares.subtract(held.keys())
        total -= sum(size for one, size in held.items() if not shares[one])
