"""Whether the broker can be reached as it is set, for whoever sets up a site: it publishes nothing."""

import asyncio

import aiomqtt

from netstab.errors import CounterpartLost
from netstab.fronts.mqtt.broker import Broker, listen_on
from netstab.fronts.mqtt.topics import Topics
from netstab.settings.fronts import MqttSettings

__all__ = ["look"]


def look(settings: MqttSettings) -> str:
    """Connect once, listen, and leave; say what was found. Raises `CounterpartLost`."""
    broker, topics = Broker.of(settings), Topics(settings.topic, settings.discovery_prefix)
    asyncio.run(_connected(broker, topics))
    return f"The broker {broker} takes us, and lets us listen on {settings.topic}."


async def _connected(broker: Broker, topics: Topics) -> None:
    try:
        async with broker.guest() as client:
            await listen_on(client, topics)
    except aiomqtt.MqttError as error:
        raise CounterpartLost(f"The broker {broker} cannot be used: {error}. See MQTT_URL.") from error
