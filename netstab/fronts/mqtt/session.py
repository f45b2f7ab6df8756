"""One connection with the broker: what is published at its beginning, and on and on; its end is raised."""

import asyncio
import random
from contextlib import suppress

import aiomqtt

from netstab import __version__
from netstab.fronts.link import Link
from netstab.fronts.mqtt import documents
from netstab.fronts.mqtt.broker import OFFLINE, ONLINE, listen_on
from netstab.fronts.mqtt.discovery import discovery
from netstab.fronts.mqtt.orders import Orders
from netstab.fronts.mqtt.payloads import COMMANDS
from netstab.fronts.mqtt.topics import Topics
from netstab.units import Seconds, Timestamp, Watts

__all__ = ["Session"]

LOOK_EVERY = 0.25
"""Seconds; the fleet publishes each second, and after each command."""

TELL_EVERY = Seconds(10.0)

CHANGES_EVERY = Seconds(1.0)
"""The state is published no more often than this for a change that no command made."""

ANNOUNCE_WITHIN = 5.0
"""Seconds: of many devices not all are to answer Home Assistant's birth at once."""

_GOOD_BYE = 1.0


class Session:
    """From a connection's beginning to its end. Raises `MqttError` or `CounterpartLost`."""

    def __init__(self, client: aiomqtt.Client, link: Link, topics: Topics, orders: Orders) -> None:
        self._client = client
        self._link = link
        self._topics = topics
        self._orders = orders
        self._names = {topics.command(name): name for name in COMMANDS}
        self._announce_at: Timestamp | None = None

    async def run(self) -> None:
        """Take commands and tell the state until the connection ends, or this is cancelled."""
        await listen_on(self._client, self._topics)
        await self._publish(self._topics.availability, ONLINE, retain=True)
        self._link.connected()
        tasks = [asyncio.create_task(work()) for work in (self._listen, self._obey, self._tell)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(aiomqtt.MqttError, TimeoutError):  # a clean end has no will published
                async with asyncio.timeout(_GOOD_BYE):
                    await self._publish(self._topics.availability, OFFLINE, retain=True)

    async def _listen(self) -> None:
        async for message in self._client.messages:
            topic, payload = str(message.topic), _bytes(message.payload)
            if topic in self._names:
                answer = self._orders.arrived(self._names[topic], payload, retained=message.retain)
                if answer is not None:
                    await self._answer(answer)
            elif topic == self._topics.home_status:
                self._heard_of_home(payload, retained=bool(message.retain))

    def _heard_of_home(self, payload: bytes, *, retained: bool) -> None:
        if payload == ONLINE.encode():
            pause = random.uniform(0.0, ANNOUNCE_WITHIN)  # noqa: S311  # nosec B311  # no secret
            self._announce_at = Timestamp(self._link.clock() + pause)
        elif payload == OFFLINE.encode() and not retained:
            self._orders.home_left()

    async def _obey(self) -> None:
        while True:
            await self._answer(await self._orders.next_outcome())

    async def _answer(self, outcome: documents.Outcome) -> None:
        document = documents.result(outcome, self._link.wall())
        await self._publish(self._topics.result, documents.encoded(document))
        self._orders.answered.set()

    async def _tell(self) -> None:
        """Publish the state on a change, after each command, and from time to time."""
        told, told_at, announced = None, Timestamp(0.0), None
        while True:
            reading, now = self._link.reading(), self._link.clock()
            due = self._orders.answered.is_set() or now >= told_at + TELL_EVERY
            self._orders.answered.clear()
            if reading.rated != announced or (self._announce_at is not None and now >= self._announce_at):
                await self._announce(reading.rated)
                announced, self._announce_at, due = reading.rated, None, True
            state = documents.state(reading)
            if due or (state != told and now >= told_at + CHANGES_EVERY):
                document = documents.encoded(documents.dated(state, reading.at))
                await self._publish(self._topics.state, document, retain=True)
                told, told_at = state, now
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._orders.answered.wait()

    async def _announce(self, rated: Watts) -> None:
        if self._topics.home:
            document = documents.encoded(discovery(self._topics, rated, __version__))
            await self._publish(self._topics.discovery, document, retain=True)

    async def _publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        await self._client.publish(topic, payload, qos=1, retain=retain)


def _bytes(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else b""
