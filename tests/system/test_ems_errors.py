"""Every documented refusal of the EMS's three calls, provoked for real."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests
from harness import Controller, NewController, NewFleet, asleep, commands, hashing, wait_until

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage

ACTIVATE = "/api/activate"
FINITE = "activationPowerInKw must be a finite number of kW from 0 to the rated power."


def refused(answer: requests.Response, status: int, code: str) -> str:
    """Check the shape of a refusal and give its message."""
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, code), answer.text
    body = answer.json()
    assert body.keys() == {"accepted", "message"}
    assert body["accepted"] is False
    return str(body["message"])


def sent(controller: Controller, body: bytes, content_type: str = "application/json") -> requests.Response:
    """Post bytes to activate, as a client with a bug might."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Content-Type": content_type}
        return session.post(controller.base + ACTIVATE, data=body, headers=headers, timeout=20)


@contextmanager
def unwritable_log(folder: Path) -> Iterator[None]:
    """Hold the database's write lock, as a stuck backup would."""
    with closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_more_than_the_rated_power_is_refused_in_the_documented_words(controller: Controller) -> None:
    answer = controller.post(ACTIVATE, {"activationPowerInKw": 2.921})
    assert refused(answer, 400, "INVALID_POWER") == "Requested power exceeds rated limits."
    assert controller.history()[0] | {"timestamp": ""} == {
        "timestamp": "",
        "source": "ems",
        "command": "activate",
        "parameters": {"power_kw": 2.921},
        "success": False,
        "message": "Requested power exceeds rated limits.",
    }


def test_what_is_no_power_is_refused_with_the_field_and_its_bound(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    before = len(controller.history())
    bodies = (
        b'{"activationPowerInKw": true}',
        b'{"activationPowerInKw": "2.0"}',
        b'{"activationPowerInKw": null}',
        b'{"activationPowerInKw": NaN}',
        b'{"activationPowerInKw": Infinity}',
        b'{"activationPowerInKw": 1e400}',
        b'{"activationPower": 2.0}',
        b"[2.0]",
        b"{",
        b"",
    )
    for body in bodies:
        message = refused(sent(controller, body), 400, "INVALID_POWER")
        assert message.startswith(FINITE), (body, message)
    assert len(controller.history()) == before
    assert "0 or more" in refused(sent(controller, b'{"activationPowerInKw": -0.5}'), 400, "INVALID_POWER")
    assert commands(fleet) == []


def test_a_command_under_override_is_refused_and_recorded_as_such(controller: Controller) -> None:
    controller.tell("/dashboard/api/override", {"enabled": True, "target_power_kw": 1.46})
    for path, body in ((ACTIVATE, {"activationPowerInKw": 2.0}), ("/api/deactivate", {})):
        message = refused(controller.post(path, body), 409, "MANUAL_OVERRIDE")
        newest = controller.history()[0]
        assert (newest["source"], newest["success"], newest["message"]) == ("ems", False, message)
    assert controller.read("/api/status")["isAvailableForDispatch"] is False


def test_a_command_that_cannot_be_recorded_is_refused_and_touches_no_miner(
    controller: Controller, fleet: SimulatedFleet, tmp_path: Path
) -> None:
    with unwritable_log(tmp_path):
        refused(controller.post(ACTIVATE, {"activationPowerInKw": 2.0}), 409, "FAULT_STATE")
        shed = controller.post("/api/deactivate", {})
        assert (shed.status_code, "Not yet recorded" in shed.json()["message"]) == (200, True), shed.text
        status = controller.wait_for(state="fault", is_available_for_dispatch=False)
        assert "cannot be recorded" in status["errors"][0]
        assert controller.read("/dashboard/api/health")["healthy"] is False
    controller.wait_for(state="standby", is_available_for_dispatch=True, errors=[])
    assert commands(fleet) == []
    assert [entry["command"] for entry in controller.history()] == ["deactivate", "register"]
    controller.activate(2.0)
    wait_until(lambda: hashing(fleet) == 2)


def test_an_unreachable_fleet_is_offline_but_can_be_switched_off(
    controller: Controller, fleet: SimulatedFleet
) -> None:
    controller.activate(2.92)
    wait_until(lambda: controller.status()["mining_miners"] == 2)
    for miner_id in fleet.miners:
        fleet.answer_instead(miner_id, api=b"\0", web=b"<html>printer</html>")
    controller.wait_for(online_miners=0, state="fault")
    assert "none of 2 miners" in refused(controller.get("/api/status"), 503, "FLEET_OFFLINE")
    refused(controller.post(ACTIVATE, {"activationPowerInKw": 2.0}), 503, "FLEET_OFFLINE")
    controller.deactivate()
    for miner_id in fleet.miners:
        fleet.answer_instead(miner_id)
    wait_until(lambda: asleep(fleet))
    controller.wait_for(state="standby", mining_miners=0, errors=[])


def test_a_fleet_without_miners_says_so(new_fleet: NewFleet, new_controller: NewController) -> None:
    fleet = new_fleet()
    controller = new_controller(fleet, MINER_DISCOVERY_ENABLED="false")
    message = "Fleet is offline: no miner is registered."
    assert refused(controller.get("/api/status"), 503, "FLEET_OFFLINE") == message
    answer = controller.post(ACTIVATE, {"activationPowerInKw": 1.0})
    assert refused(answer, 503, "FLEET_OFFLINE") == message
    controller.deactivate()
    controller.scan({})
    controller.wait_for_miners(2)
    assert fleet.inspect(fleet.miners[0]).stage is Stage.DOWN


def test_routes_methods_and_media_types_are_refused_in_the_same_shape(controller: Controller) -> None:
    assert "/api/statuses" in refused(controller.get("/api/statuses"), 404, "NOT_FOUND")
    answer = controller.get(ACTIVATE)
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["Allow"]
    form = sent(controller, b"activationPowerInKw=2", "application/x-www-form-urlencoded")
    refused(form, 415, "UNSUPPORTED_MEDIA_TYPE")
    refused(sent(controller, b" " * 2**20), 413, "BODY_TOO_LARGE")
    assert controller.history()[0]["command"] == "register"
