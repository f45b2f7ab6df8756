"""One run of the front: events come in one line, and what `session` makes of each is done before the next."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from actors.port import DispatchPort
from events.state import Source
from netstab.clock import WallClock
from netstab.errors import CommandRejected, CounterpartLost
from netstab.fronts.link import Link
from netstab.fronts.s2.offer import Offer
from netstab.fronts.s2.reading import offer_of, view_of
from netstab.fronts.s2.sent import encoded
from netstab.fronts.s2.session import Answered, Event, Frame, Opened, Ticked, handle
from netstab.fronts.s2.turn import Close, Effect, Note, Send, Session, Submit
from netstab.units import Seconds

__all__ = ["Talk"]

_MOST_FRAMES = 64
_MOST_ORDERS = 16
"""For the fleet, that wait: a CEM that says more is read no faster than they are carried out."""

_TICK = Seconds(0.25)
_LOOKS_EVERY = Seconds(2.0)
_SHAKEN_WITHIN = Seconds(15.0)
_SENT_WITHIN = Seconds(10.0)
_TOLD_WITHIN = Seconds(5.0)


@dataclass(frozen=True, slots=True)
class _Lost:
    reason: str


class Talk:
    """From a connection to its end: `follow`, beside `look_at_the_fleet` and `tell_the_fleet`."""

    def __init__(self, link: Link, client: str, wall: WallClock, session: Session) -> None:
        self.session = session
        self._link = link
        self._client = client
        self._wall = wall
        self._events = asyncio.Queue[Event | _Lost]()
        self._room = asyncio.Semaphore(_MOST_FRAMES)
        self._orders = asyncio.Queue[Submit](_MOST_ORDERS)
        self._offer: Offer | None = None
        self._socket: Connection | None = None
        self._shaken_by = 0.0

    async def carry(self, socket: Connection, ping_every: Seconds) -> None:
        """Carry what comes over a connection, until that ends."""
        self._socket, self._shaken_by = socket, self._link.clock() + _SHAKEN_WITHIN
        self._events.put_nowait(Opened(uuid4()))
        pings = asyncio.create_task(self._ping(socket, ping_every))
        try:
            async for content in socket:
                self._fleet.heard(Source.S2)
                await self._room.acquire()
                self._events.put_nowait(Frame(content))
        finally:
            pings.cancel()
            await socket.close()  # a session that is ended on purpose has not failed

    def lose(self, reason: str) -> None:
        self._events.put_nowait(_Lost(reason))

    async def look_at_the_fleet(self) -> None:
        """Work out the offer now and then, beside the loop: it takes a look at each miner."""
        while True:
            self._offer = await asyncio.to_thread(offer_of, self._fleet.snapshot)
            await asyncio.sleep(_LOOKS_EVERY if self._offer else _TICK)

    async def tell_the_fleet(self) -> None:
        """Hand over commands, one after the other."""
        while True:
            order = await self._orders.get()
            refused = None
            try:
                await self._link.submit(order.command, Source.S2, self._client)
            except CommandRejected as rejected:
                refused = rejected.message
            self._orders.task_done()
            self._events.put_nowait(Answered(order.ticket, refused))

    async def follow(self) -> None:
        """Work in all that happens. Raises `CounterpartLost` once the connection is gone."""
        while True:
            event = await self._next()
            if isinstance(event, _Lost):
                raise CounterpartLost(event.reason)
            view = view_of(self._fleet.snapshot, self._offer)
            was_opened = self.session.opened
            self.session, effects = handle(self.session, event, self._wall(), view)
            await self._do(effects)
            if isinstance(event, Frame):
                self._room.release()
            if self.session.opened and not was_opened:
                self._link.connected()
            self._check_deadline()

    @property
    def _fleet(self) -> DispatchPort:
        return self._link.fleet

    async def _next(self) -> Event | _Lost:
        try:
            async with asyncio.timeout(_TICK):
                return await self._events.get()
        except TimeoutError:
            return Ticked()

    def _check_deadline(self) -> None:
        late = self._socket is not None and self._link.clock() > self._shaken_by
        if late and not self.session.opened:
            raise CounterpartLost(f"The CEM has selected no version within {_SHAKEN_WITHIN:g} s.")

    async def _do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(message):
                    await self._send(encoded(message))
                case Submit():
                    await self._orders.put(effect)
                case Note(text):
                    self._link.trouble(text)
                case Close(reason):
                    await self._settle()
                    raise CounterpartLost(reason)

    async def _send(self, text: str) -> None:
        if self._socket is None:
            return
        try:
            async with asyncio.timeout(_SENT_WITHIN):
                await self._socket.send(text)
        except TimeoutError:
            raise CounterpartLost(f"The CEM has taken no message for {_SENT_WITHIN:g} s.") from None
        except ConnectionClosed:
            raise CounterpartLost("The connection to the CEM is gone.") from None

    async def _settle(self) -> None:
        """Have the fleet told what it is to be told before the end."""
        try:
            async with asyncio.timeout(_TOLD_WITHIN):
                await self._orders.join()
        except TimeoutError:
            self._link.trouble("The fleet has not been told in time how the session with the CEM ended.")

    async def _ping(self, socket: Connection, every: Seconds) -> None:
        """Keep up that the CEM is there: between its messages its WebSocket answers for it."""
        try:
            while True:
                await asyncio.sleep(every)
                await (await socket.ping())
                self._fleet.heard(Source.S2)
        except ConnectionClosed:
            return
