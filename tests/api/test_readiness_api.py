"""Whether a server is ready: each check by itself, in words, by what is published and how old that is."""

from dataclasses import replace
from typing import Any

import pytest
from falcon.testing.client import TestClient
from stub_fleet import NOW, StubFleet, dependencies, two_miners

from api.app import create_app
from netstab.units import Timestamp


def failed(answer: Any) -> dict[str, str]:
    return {check["name"]: check["reason"] for check in answer.json["checks"] if not check["ok"]}


def test_a_leader_that_is_on_time_is_ready(client: TestClient) -> None:
    answer = client.simulate_get("/readyz")
    assert (answer.status_code, answer.json["ready"]) == (200, True)
    assert [check["name"] for check in answer.json["checks"]] == ["leading", "control_loop", "log", "clock"]
    assert failed(answer) == {}


@pytest.mark.parametrize(
    ("changes", "check", "reason"),
    [
        ({"at": Timestamp(NOW - 7)}, "control_loop", "The fleet has told nothing for 8 s."),
        ({"log_fault": "disk full"}, "log", "Commands cannot be recorded: disk full"),
        ({"clock_off": "It is behind."}, "clock", "It is behind."),
    ],
)
def test_each_thing_that_is_wrong_is_said_by_itself(
    fleet: StubFleet, client: TestClient, changes: dict[str, Any], check: str, reason: str
) -> None:
    fleet.snapshot = replace(fleet.snapshot, **changes)
    answer = client.simulate_get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["x-error-code"] == "NOT_READY"
    assert answer.headers["retry-after"] == "5"
    assert failed(answer) == {check: reason}
    assert answer.json["message"] == reason
    assert (answer.json["accepted"], answer.json["ready"]) == (False, False)


def test_a_clock_that_was_only_set_keeps_nobody_from_being_ready(
    fleet: StubFleet, client: TestClient
) -> None:
    fleet.snapshot = replace(fleet.snapshot, clock_errors=("The host's clock was set forward by 5 s.",))
    assert client.simulate_get("/readyz").status_code == 200


def test_a_standby_is_not_ready_and_says_so() -> None:
    app = create_app(dependencies(StubFleet(two_miners(), leads=False)))
    answer = TestClient(app, headers={"Host": "localhost"}).simulate_get("/readyz")
    assert answer.status_code == 503
    assert failed(answer) == {"leading": "This server does not lead the fleet."}


def test_no_other_server_is_said_to_lead_where_the_log_itself_is_at_fault() -> None:
    fleet = StubFleet(two_miners(), leads=False)
    fleet.snapshot = replace(fleet.snapshot, log_fault="the database does not answer")
    client = TestClient(create_app(dependencies(fleet)), headers={"Host": "localhost"})
    assert failed(client.simulate_get("/readyz"))["leading"] == "This server does not lead the fleet."
    told = client.simulate_get("/healthz").json["message"]
    assert told == "This server is a standby: the database does not answer."


def test_head_tells_the_same_without_a_body(fleet: StubFleet, client: TestClient) -> None:
    assert client.simulate_head("/readyz").status_code == 200
    fleet.snapshot = replace(fleet.snapshot, log_fault="disk full")
    answer = client.simulate_head("/readyz")
    assert (answer.status_code, answer.text) == (503, "")


def test_it_asks_the_fleet_nothing(fleet: StubFleet, client: TestClient) -> None:
    client.simulate_get("/readyz")
    assert fleet.given == []
