"""Debian's MQTT broker on a loopback port of our own, and clients of it that are not the product's."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from waiting import PATIENCE, wait_until

from netstab.simulation.servers import bound_everywhere

__all__ = ["Broker", "MqttClient", "Received", "broker_running", "mosquitto"]

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator["Broker"]:
    """Run a broker."""
    with broker_running(tmp_path) as broker:
        yield broker


@contextmanager
def broker_running(folder: Path, *lines: str) -> Iterator["Broker"]:
    """Run a broker with further lines of configuration; skips where there is none on this host."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path=_PLACES)
    if program is None:
        pytest.skip("There is no mosquitto on this host.")
    broker = Broker(program, folder, lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
        broker.reserved.close()


class Broker:
    """A mosquitto, which keeps nothing when it ends."""

    def __init__(self, program: str, folder: Path, lines: Sequence[str]) -> None:
        self.reserved = bound_everywhere(0)  # the number is ours while it is down, too
        self.port = int(self.reserved.getsockname()[1])
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._configuration = folder / "mosquitto.conf"
        given = lines or ("allow_anonymous true",)
        text = (f"listener {self.port} 127.0.0.1", "persistence false", "log_type error", *given)
        self._configuration.write_text("\n".join(text) + "\n")

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen([self._program, "-c", str(self._configuration)])
        wait_until(self._listens)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Kill it, as a host that goes does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)


@dataclass(frozen=True, slots=True)
class Received:
    topic: str
    payload: bytes
    retained: bool

    @property
    def document(self) -> Any:
        return json.loads(self.payload)


class MqttClient:
    """One that keeps what it receives, and connects again by itself."""

    def __init__(self, broker: Broker, *topics: str) -> None:
        self.received: list[Received] = []
        self._topics = topics
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._subscribe
        self._client.on_message = lambda _client, _data, message: self.received.append(
            Received(message.topic, bytes(message.payload), bool(message.retain))
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        wait_until(self._client.is_connected)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Publish, once connected, and wait until the broker has it."""
        wait_until(self._client.is_connected)
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE)

    def of(self, topic: str) -> list[Received]:
        """Return what came of one topic, the oldest first."""
        return [each for each in list(self.received) if each.topic.endswith(topic)]

    def newest(self, topic: str) -> bytes | None:
        """Return what came last of one topic."""
        found = self.of(topic)
        return found[-1].payload if found else None

    def state(self) -> Any:
        """Return the newest state."""
        found = self.of("/state")
        return found[-1].document if found else {}

    def told(self, topic: str, payload: str | bytes) -> Any:
        """Give a command and return what was answered to it."""
        before = len(self.of("/result"))
        self.publish(topic, payload)
        return wait_until(lambda: self.of("/result")[before:])[0].document

    def _subscribe(self, client: paho.Client, *_rest: object) -> None:
        for topic in self._topics:
            client.subscribe(topic, qos=1)
