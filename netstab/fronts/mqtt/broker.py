"""The connection to the broker, as it is set: address, login, TLS, and the will that it keeps for us."""

import hashlib
import logging
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import aiomqtt

from netstab.errors import CounterpartLost
from netstab.fronts.mqtt.topics import Topics
from netstab.settings.fronts import MqttSettings
from netstab.urls import authority

__all__ = ["OFFLINE", "ONLINE", "Broker", "listen_on"]

ONLINE, OFFLINE = "online", "offline"

_PORT, _TLS_PORT = 1883, 8883
_REFUSED = 128  # what a broker answers to a subscription from this code on

KEEPALIVE = 15
"""Seconds; after half as long again without a word the broker publishes our will."""

ANSWERED_WITHIN = 5.0
"""Seconds for each exchange with the broker."""

MOST_INCOMING = 256
"""Messages that wait to be looked at: they are taken from there at once."""


_quiet = logging.getLogger("netstab.fronts.mqtt.client")
_quiet.setLevel(logging.CRITICAL)  # the library tells each message that a flood has it drop


@dataclass(frozen=True, slots=True)
class Broker:
    """Where it is, and who we are to it."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: bool
    ca_file: str

    @classmethod
    def of(cls, settings: MqttSettings) -> "Broker":
        parts = urlsplit(settings.url)
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (_TLS_PORT if tls else _PORT),
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            tls=tls,
            ca_file=settings.ca_file,
        )

    @property
    def place(self) -> str:
        """Host and port."""
        return authority(self.host, self.port)

    def __str__(self) -> str:
        """Say where it is, without who we are."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.place}"

    def client(self, topics: Topics) -> aiomqtt.Client:
        """Make a client that connects anew, without what an earlier session left behind.

        Its name is the fleet's: a server that takes over takes the connection of the one before, whose will
        is published before it says that it is there. Raises `CounterpartLost` where the authority cannot be
        read.
        """
        return self._client(client_id(topics), aiomqtt.Will(topics.availability, OFFLINE, qos=1, retain=True))

    def guest(self) -> aiomqtt.Client:
        """Make a client that is nobody's, and leaves no trace. Raises `CounterpartLost` as `client` does."""
        return self._client(None, None)

    def _client(self, identifier: str | None, will: aiomqtt.Will | None) -> aiomqtt.Client:
        return _Client(
            self.host,
            self.port,
            username=self.username,
            password=self.password,
            identifier=identifier,
            clean_session=True,
            will=will,
            keepalive=KEEPALIVE,
            timeout=ANSWERED_WITHIN,
            logger=_quiet,
            max_queued_incoming_messages=MOST_INCOMING,
            tls_context=self._context() if self.tls else None,
        )

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:  # what holds no certificate is one as well
            raise CounterpartLost(f"MQTT_CA_FILE cannot be used: {error.strerror or error}.") from error


class _Client(aiomqtt.Client):
    async def __aexit__(self, *about: Any) -> None:  # noqa: PYI036  # of the library's own signature
        """Leave; where the broker has gone already the library looks at no error: asyncio tells of it."""
        await super().__aexit__(*about)
        if self._disconnected.done() and not self._disconnected.cancelled():
            self._disconnected.exception()


def client_id(topics: Topics) -> str:
    """Return a name that is the fleet's alone, and no longer than what every broker takes: 23 characters."""
    return f"netstab-{hashlib.sha256(topics.root.encode()).hexdigest()[:12]}"


async def listen_on(client: aiomqtt.Client, topics: Topics) -> None:
    """Have delivered what is for us. Raises `MqttError`, and `CounterpartLost` where that is not allowed."""
    granted = await client.subscribe([(topic, 1) for topic in topics.heard])
    for topic, code in zip(topics.heard, granted, strict=True):
        figure: int = code if isinstance(code, int) else code.value  # type: ignore[attr-defined]  # of paho
        if figure >= _REFUSED:
            raise CounterpartLost(f"The broker does not let us listen on {topic}.")
