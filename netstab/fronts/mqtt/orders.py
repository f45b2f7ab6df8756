"""From a message to a command and what became of it: one after the other, in the order in which they came."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from actors.messages import CommandResult
from events.commands import Activate, Command, Deactivate
from events.state import Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.fronts.link import Link
from netstab.fronts.mqtt.documents import Outcome
from netstab.fronts.mqtt.payloads import COMMANDS, Asked, BadPayload, Run
from netstab.statuses import STATUSES
from netstab.units import Timestamp, WallTime, Watts

__all__ = ["MOST_WAITING", "Orders"]

MOST_WAITING = 128
"""Commands that wait for those before them; what comes beyond is refused, for it would be too late."""

AGAIN = 0.5
"""Seconds until what came too often is said again, where nothing newer has come."""

IN_TURN = 0.5
"""Seconds that a command waits for its turn at most where a newer of its kind has come: else, where more come
than are carried out, each would be too old at its turn, and the last would never be followed."""

_OK, _BAD, _BUSY = 200, 400, 503

_RETAINED = (
    "a retained command is not carried out, for it would come again at each connection: publish it without"
    " the flag, and remove the retained one by an empty retained payload."
)


@dataclass(frozen=True, slots=True)
class _Order:
    name: str
    payload: bytes
    arrived: Timestamp


class Orders:
    """Those of one connection. `client` is recorded as who gave them; `watched`: silence has an end."""

    def __init__(self, link: Link, client: str, *, watched: bool) -> None:
        self.answered = asyncio.Event()
        """Set when a command was answered: the state is to be told at once, so that a switch jumps back."""
        self._link = link
        self._client = client
        self._watched = watched
        self._waiting: asyncio.Queue[_Order] = asyncio.Queue(MOST_WAITING)
        self._newer = asyncio.Event()
        self._newest: dict[str, _Order] = {}
        self._last: Watts | None = None

    def arrived(self, name: str, payload: bytes, *, retained: bool) -> Outcome | None:
        """Take a command up; return what becomes of it where that is clear at once."""
        if retained:
            return Outcome(name, _BAD, _RETAINED)
        order = _Order(name, payload, self._link.clock())
        try:
            self._waiting.put_nowait(order)
        except asyncio.QueueFull:
            return Outcome(name, _BUSY, f"{MOST_WAITING} commands wait already; say it again later.")
        self._newest[name] = order
        self._newer.set()
        return None

    def home_left(self) -> None:
        """Take it for silence that Home Assistant ends, where silence is watched for at all."""
        if self._watched:
            self._link.fleet.fell_silent(Source.MQTT)

    async def next_outcome(self) -> Outcome:
        """Wait for a command, hand it over, and return what became of it."""
        order = await self._waiting.get()
        if self._is_overtaken(order):
            return Outcome(order.name, _BUSY, "A newer one came before it was its turn.")
        try:
            command = self._command(COMMANDS[order.name](order.payload))
            result = await self._handed_over(command, order)
        except BadPayload as error:
            return Outcome(order.name, _BAD, str(error))
        except CommandRejected as rejected:
            return Outcome(order.name, STATUSES[rejected.code].value, rejected.message)
        return Outcome(order.name, _OK, result.message)

    def _is_overtaken(self, order: _Order) -> bool:
        waited = self._link.clock() - order.arrived
        return self._newest[order.name] is not order and waited > IN_TURN

    async def _handed_over(self, command: Command, order: _Order) -> CommandResult:
        """Hand over a command; the newest of those that come too often waits until the fleet takes it up.

        Clients here do not say again what was refused, and the last is what they want. It waits no longer
        than any: the port refuses what has become too old.
        """
        while True:
            self._newer.clear()
            try:
                return await self._link.submit(command, Source.MQTT, self._client, order.arrived)
            except CommandRejected as rejected:
                if rejected.code is not ErrorCode.BUSY or not self._waiting.empty():
                    raise
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    await self._newer.wait()

    def _command(self, asked: Asked) -> Command:
        """Say it as a command; to run is to go on at the last target that was in force, or at rated power."""
        snapshot = self._link.fleet.snapshot
        if snapshot.target:
            self._last = snapshot.target
        if isinstance(asked, Run):
            return Activate(self._last or snapshot.rated_power) if asked.on else Deactivate()
        until = None if asked.valid is None else WallTime(self._link.wall() + asked.valid)
        return Activate(asked.power, until)
