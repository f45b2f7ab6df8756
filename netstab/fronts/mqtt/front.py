"""The MQTT front: connects, has a session, and says why it ended."""

import aiomqtt

from netstab.errors import CounterpartLost
from netstab.fronts.link import Link
from netstab.fronts.mqtt.broker import Broker
from netstab.fronts.mqtt.orders import Orders
from netstab.fronts.mqtt.session import Session
from netstab.fronts.mqtt.topics import Topics
from netstab.settings.fronts import MqttSettings

__all__ = ["MqttFront"]


class MqttFront:
    """A `netstab.fronts.front.Front`; `watched` says whether silence of an EMS has an end."""

    name = "mqtt"

    def __init__(self, settings: MqttSettings, *, watched: bool) -> None:
        self._broker = Broker.of(settings)
        self._topics = Topics(settings.topic, settings.discovery_prefix)
        self._watched = watched

    @property
    def counterpart(self) -> str:
        return str(self._broker)

    async def run(self, link: Link) -> None:
        """Have one session. Raises `CounterpartLost` when the broker is not there, or goes."""
        orders = Orders(link, f"{self._topics.root} at {self._broker.place}", watched=self._watched)
        try:
            async with self._broker.client(self._topics) as client:
                await Session(client, link, self._topics, orders).run()
        except aiomqtt.MqttError as error:
            raise CounterpartLost(f"The broker {self._broker} is not connected: {error}.") from error
