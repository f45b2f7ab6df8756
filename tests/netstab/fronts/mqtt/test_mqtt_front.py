"""The MQTT front as a broker and its other clients see it; the fleet behind it is made by hand."""

import asyncio
import gc
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from mosquitto import Broker, MqttClient, broker_running, mosquitto
from stub_fleet import StubFleet, two_miners
from waiting import stays, wait_until

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard, FrontStatus
from events.commands import Activate, Deactivate
from events.state import Source
from netstab.check.ways_in import looks
from netstab.clock import steady_clock, wall_clock
from netstab.errors import CommandRejected, CounterpartLost, ErrorCode
from netstab.fronts import runner
from netstab.fronts.mqtt import broker as mqtt_broker
from netstab.fronts.mqtt import orders, session
from netstab.fronts.mqtt.front import MqttFront
from netstab.fronts.mqtt.topics import Topics
from netstab.fronts.runner import FrontParts, Fronts
from netstab.settings import read_settings
from netstab.units import Seconds, Watts

__all__ = ["mosquitto"]

HOME = "homeassistant/device/netstab_site1/config"


@dataclass
class Running:
    """A front over a fleet made by hand, and a client that hears all that is said."""

    fleet: StubFleet
    board: FrontBoard
    fronts: Fronts
    client: MqttClient

    @property
    def status(self) -> FrontStatus:
        return self.board.statuses[0]

    def told(self, name: str, payload: str) -> tuple[bool, int]:
        answer = self.client.told(f"netstab/site1/{name}/set", payload)
        assert answer["command"] == name
        return answer["accepted"], answer["code"]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "FIRST_PAUSE", Seconds(0.05))
    monkeypatch.setattr(runner, "LONGEST_PAUSE", Seconds(0.1))
    monkeypatch.setattr(session, "ANNOUNCE_WITHIN", 0.1)
    monkeypatch.setattr(session, "LOOK_EVERY", 0.02)


def begun(broker: Broker, stack: ExitStack, *, watched: bool = False, **settings: str) -> Running:
    fleet, board, energy = StubFleet(two_miners()), FrontBoard(wall_clock), EnergyBoard()
    energy.joules = 3_600_000.0
    client = stack.enter_context(MqttClient(broker, "#"))
    front = MqttFront(read_settings({"MQTT_URL": broker.url} | settings).fronts.mqtt, watched=watched)
    fronts = Fronts(FrontParts(fleet, board, energy, steady_clock()), [front], [])
    fronts.start()
    stack.callback(fronts.stop, Seconds(5))
    return Running(fleet, board, fronts, client)


def _more_than(client: MqttClient, states: int) -> bool:
    return len(client.of("/state")) > states


@pytest.fixture
def running(mosquitto: Broker, stack: ExitStack) -> Running:
    running = begun(mosquitto, stack)
    wait_until(lambda: running.client.newest("/state"))
    return running


def test_state_availability_and_device_are_published_and_kept_by_the_broker(
    running: Running, mosquitto: Broker
) -> None:
    wait_until(lambda: running.status.connected)
    with MqttClient(mosquitto, "#") as late:
        wait_until(lambda: late.newest("/availability") == b"online" and late.state() and late.of(HOME))
        assert all(each.retained for each in late.received[:3])
        assert late.of(HOME)[0].document["cmps"]["target"]["max"] == 2.92
    running.fronts.stop(Seconds(5))
    wait_until(lambda: running.client.newest("/availability") == b"offline")


def test_commands_become_the_fleets_and_each_is_answered(running: Running) -> None:
    assert running.told("target", "1.5") == (True, 200)
    assert running.told("target_w", "1250") == (True, 200)
    assert running.told("run", "OFF") == (True, 200)
    assert running.told("run", "ON") == (True, 200)
    taken = [command for command, _, _ in running.fleet.given]
    assert taken == [
        Activate(Watts(1500)),
        Activate(Watts(1250)),
        Deactivate(),
        Activate(running.fleet.snapshot.rated_power),
    ]
    assert {source for _, source, _ in running.fleet.given} == {Source.MQTT}
    assert {client[:16] for _, _, client in running.fleet.given} == {"netstab/site1 at"}
    assert running.told("target", '{"kw": 2, "valid_s": 60}') == (True, 200)
    assert running.fleet.given[-1][0].until == pytest.approx(wall_clock() + 60, abs=30)


def test_what_cannot_be_carried_out_is_answered_and_the_state_is_told_again(running: Running) -> None:
    assert running.told("target", "1,5") == (False, 400)
    assert running.fleet.given == []
    for code, status in (
        (ErrorCode.MANUAL_OVERRIDE, 409),
        (ErrorCode.INVALID_POWER, 400),
        (ErrorCode.STANDBY, 503),
    ):
        running.fleet.refuse_with = CommandRejected(code, "as worded by the fleet")
        before = len(running.client.of("/state"))
        assert running.told("target", "1.5") == (False, status)
        wait_until(partial(_more_than, running.client, before))


def test_a_retained_command_is_dropped_and_that_is_said(mosquitto: Broker, stack: ExitStack) -> None:
    with MqttClient(mosquitto) as careless:
        careless.publish("netstab/site1/run/set", "ON", retain=True)
    running = begun(mosquitto, stack)
    answer = wait_until(lambda: running.client.of("/result"))[0].document
    assert (answer["code"], "retained" in answer["message"]) == (400, True)
    assert running.fleet.given == []


def test_a_rated_power_that_changes_and_a_home_assistant_that_begins_have_the_device_announced_anew(
    running: Running,
) -> None:
    wait_until(lambda: len(running.client.of(HOME)) == 1)
    running.fleet.snapshot = replace(running.fleet.snapshot, rated_power=Watts(4380.0))
    wait_until(lambda: len(running.client.of(HOME)) == 2)
    assert running.client.of(HOME)[1].document["cmps"]["target"]["max"] == 4.38
    running.client.publish("homeassistant/status", "online")
    wait_until(lambda: len(running.client.of(HOME)) == 3)


@pytest.mark.parametrize("watched", [True, False])
def test_a_home_assistant_that_ends_is_silence_where_silence_is_watched_for(
    mosquitto: Broker, stack: ExitStack, *, watched: bool
) -> None:
    running = begun(mosquitto, stack, watched=watched)
    wait_until(lambda: running.client.newest("/state"))
    running.client.publish("homeassistant/status", "offline")
    assert running.told("run", "OFF") == (True, 200)
    assert running.fleet.silenced == ([Source.MQTT] if watched else [])


def test_without_a_prefix_home_assistant_is_told_nothing(mosquitto: Broker, stack: ExitStack) -> None:
    running = begun(mosquitto, stack, MQTT_DISCOVERY_PREFIX="", MQTT_TOPIC="hall/7")
    wait_until(lambda: running.client.newest("hall/7/state"))
    assert running.client.told("hall/7/target/set", "1")["code"] == 200
    assert {each.topic.split("/")[0] for each in running.client.received} == {"hall"}


def test_a_broker_that_goes_and_comes_back_is_connected_with_again(
    running: Running, mosquitto: Broker
) -> None:
    mosquitto.stop()
    wait_until(lambda: not running.status.connected and "broker mqtt://127.0.0.1" in running.status.error)
    mosquitto.start()
    wait_until(lambda: running.status.connected)
    wait_until(lambda: running.client.newest("/availability") == b"online")
    assert running.told("target", "1") == (True, 200)


def test_a_broker_that_goes_while_it_is_left_leaves_no_error_that_nobody_looked_at(
    mosquitto: Broker,
) -> None:
    told = list[str]()

    async def leave() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, about: told.append(about["message"]))
        given = read_settings({"MINER_DISCOVERY_ENABLED": "false", "MQTT_URL": mosquitto.url}).fronts.mqtt
        async with mqtt_broker.Broker.of(given).client(Topics(given.topic, "")) as client:
            mosquitto.stop()
            await asyncio.wait([client._disconnected])

    asyncio.run(leave())
    gc.collect()
    assert told == []


def test_a_look_at_the_broker_says_what_is_wrong_and_disturbs_nobody(
    running: Running, mosquitto: Broker
) -> None:
    given = {"MQTT_URL": mosquitto.url, "MINER_NETWORK_CIDR": "127.0.9.0/28"}
    [(name, seen)] = looks(read_settings(given)).items()
    assert name == "mqtt"
    assert seen() == f"The broker {mosquitto.url} takes us, and lets us listen on netstab/site1."
    assert running.status.restarts == 0
    mosquitto.stop()
    with pytest.raises(CounterpartLost, match=r"cannot be used: .*refused.* See MQTT_URL"):
        seen()


def test_more_commands_than_can_be_in_time_are_refused_and_none_is_left_without_an_answer(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.fleet.wait_for = Future[None]()
    for _ in range(orders.MOST_WAITING + 30):
        running.client.publish("netstab/site1/target/set", "1")
    wait_until(lambda: len(running.client.of("/result")) >= 29)
    assert {each.document["code"] for each in running.client.of("/result")} == {503}
    running.fleet.wait_for.set_result(None)
    wait_until(lambda: len(running.client.of("/result")) == orders.MOST_WAITING + 30)


def test_the_newest_of_commands_that_come_too_often_is_carried_out_and_the_overtaken_are_answered(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "AGAIN", 0.05)
    running.fleet.refuse_with = CommandRejected(ErrorCode.BUSY, "It came too often.")
    for kilowatts in ("1", "1.1", "1.2"):
        running.client.publish("netstab/site1/target/set", kilowatts)
    wait_until(lambda: len(running.client.of("/result")) == 2)
    running.fleet.refuse_with = None
    wait_until(lambda: len(running.client.of("/result")) == 3)
    assert [each.document["code"] for each in running.client.of("/result")] == [503, 503, 200]
    assert running.fleet.given[-1][0] == Activate(Watts(1200.0))


def test_the_state_is_not_published_without_a_change(running: Running) -> None:
    wait_until(lambda: len(running.client.of("/state")) == 1)
    assert stays(lambda: len(running.client.of("/state")) == 1, 1.5)


def test_a_password_and_tls_are_used_and_never_shown(tmp_path: Path, stack: ExitStack) -> None:
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    named = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "ca.pem"))
    subprocess.run([*made, *named, *files], check=True, capture_output=True)
    (tmp_path / "passwords").write_text("")
    subprocess.run(["mosquitto_passwd", "-b", str(tmp_path / "passwords"), "site", "s@cret"], check=True)
    broker = stack.enter_context(
        broker_running(
            tmp_path,
            *("allow_anonymous false", f"password_file {tmp_path / 'passwords'}", "user root"),
            *(f"certfile {tmp_path / 'ca.pem'}", f"keyfile {tmp_path / 'key.pem'}"),
        )
    )
    board = FrontBoard(wall_clock)
    for password in ("wrong", "s%40cret"):
        url = f"mqtts://site:{password}@localhost:{broker.port}"
        given = read_settings({"MQTT_URL": url, "MQTT_CA_FILE": str(tmp_path / "ca.pem")})
        assert "cret" not in repr(given) + repr(given.fronts)
        front = MqttFront(given.fronts.mqtt, watched=False)
        fronts = Fronts(
            FrontParts(StubFleet(two_miners()), board, EnergyBoard(), steady_clock()), [front], []
        )
        fronts.start()
        stack.callback(fronts.stop, Seconds(5))
        if password == "wrong":
            wait_until(lambda: board.statuses[0].error)
            assert "ot authori" in board.statuses[0].error
            assert "wrong" not in board.statuses[0].error
            fronts.stop(Seconds(5))
    wait_until(lambda: board.statuses[0].connected)
    assert board.statuses[0].counterpart == f"mqtts://localhost:{broker.port}"
