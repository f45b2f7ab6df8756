"""A broker's clients steer a real server: what they are told is what REST says, whatever dies meanwhile."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from harness import Api, NewController, NewFleet, NewProcess, wait_until
from mosquitto import Broker, MqttClient, mosquitto

__all__ = ["mosquitto"]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


SET = "netstab/site1/{}/set"


def agree(client: MqttClient, api: Api) -> bool:
    """Whether the broker's state is what REST says, but for power, which moves on between two looks."""
    told, ems, status = client.state(), api.read("/api/status"), api.status()
    return (
        told.get("available"),
        told.get("rated_kw"),
        told.get("target_kw"),
        told.get("state"),
        told.get("miners", {}).get("online"),
    ) == (
        "ON" if ems["isAvailableForDispatch"] else "OFF",
        ems["ratedPowerInKw"],
        status["target_power_kw"] or 0,
        status["state"],
        status["online_miners"],
    )


def said(client: MqttClient, name: str, payload: str) -> tuple[int, Any]:
    answer = client.told(SET.format(name), payload)
    return answer["code"], answer


def test_a_client_of_the_broker_steers_the_fleet_through_override_and_the_death_of_broker_and_server(
    new_fleet: NewFleet, new_process: NewProcess, mosquitto: Broker, stack: ExitStack
) -> None:
    with MqttClient(mosquitto) as careless:
        careless.publish(SET.format("run"), "OFF", retain=True)
    client = stack.enter_context(MqttClient(mosquitto, "netstab/#", "homeassistant/#"))
    process = new_process(new_fleet(2), MQTT_URL=mosquitto.url)
    api = process.start()
    api.wait_for_miners(2)
    wait_until(lambda: client.newest("/availability") == b"online" and agree(client, api))
    wait_until(lambda: client.of("/config")[-1].document["cmps"]["target"]["max"] == 2.92)
    assert client.of("/result")[0].document["code"] == 400  # the retained command

    assert said(client, "target", "2.92")[0] == 200
    wait_until(lambda: client.state()["target_kw"] == 2.92 and agree(client, api))
    wait_until(lambda: client.state()["active_kw"] > 2 and client.state()["state"] == "active")
    assert abs(client.state()["active_kw"] - api.read("/api/status")["activePowerInKw"]) < 0.5
    [activated] = api.history()[:1]
    assert (activated["command"], activated["source"]) == ("activate", "mqtt")
    for _ in range(20):
        assert said(client, "target_w", "2920")[0] == 200
    assert api.history()[0] == activated

    assert said(client, "target", "99")[0] == 400
    assert said(client, "target", "1,5")[0] == 400
    assert client.state()["target_kw"] == 2.92
    api.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.46})
    code, answer = said(client, "target", "2")
    assert (code, answer["accepted"]) == (409, False)
    wait_until(lambda: client.state()["override"] == "ON" and agree(client, api))
    api.tell("/dashboard/api/override", {"enabled": False})
    wait_until(lambda: client.state()["override"] == "OFF")

    times = len(client.of("/availability"))
    mosquitto.stop()
    mosquitto.start()
    wait_until(lambda: len(client.of("/availability")) > times)
    assert said(client, "run", "ON")[0] == 200
    wait_until(lambda: client.state()["energy_kwh"] > 0 and agree(client, api))
    process.end(signal.SIGKILL)
    wait_until(lambda: client.newest("/availability") == b"offline")
    counted = client.state()["energy_kwh"]
    heard = len(client.of("/state"))
    api = process.start()
    wait_until(lambda: client.newest("/availability") == b"online" and len(client.of("/state")) > heard)
    assert all(each.document["energy_kwh"] >= counted for each in client.of("/state")[heard:])
    assert said(client, "run", "OFF")[0] == 200
    wait_until(lambda: client.state()["run"] == "OFF" and agree(client, api))
    assert process.end(signal.SIGTERM) == 0
    wait_until(lambda: client.newest("/availability") == b"offline")


def test_fifty_clients_at_once_are_all_answered_and_silence_ends_what_they_asked_for(
    new_fleet: NewFleet, new_controller: NewController, mosquitto: Broker, stack: ExitStack
) -> None:
    controller = new_controller(
        new_fleet(2), MQTT_URL=mosquitto.url, EMS_TIMEOUT_SECONDS="3", EMS_FAILSAFE="standby"
    )
    controller.wait_for_miners(2)
    clients = [stack.enter_context(MqttClient(mosquitto)) for _ in range(50)]
    listener = stack.enter_context(MqttClient(mosquitto, "netstab/#"))
    wait_until(lambda: listener.newest("/availability") == b"online")
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(lambda one: one.publish(SET.format("target"), json.dumps({"kw": 1.46})), clients))
    wait_until(lambda: len(listener.of("/result")) == 50)
    assert {each.document["code"] for each in listener.of("/result")} == {200}
    assert [each["source"] for each in controller.history()].count("mqtt") == 1
    wait_until(lambda: listener.state()["target_kw"] == 1.46)
    wait_until(lambda: listener.state()["failsafe"] == "ON" and listener.state()["target_kw"] == 0)
    assert said(listener, "run", "ON")[0] == 200
    wait_until(lambda: listener.state()["failsafe"] == "OFF" and listener.state()["target_kw"] > 0)
    listener.publish("homeassistant/status", "offline")
    wait_until(lambda: listener.state()["target_kw"] == 0)
