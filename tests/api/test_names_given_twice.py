"""A name that stands twice in one object of a body: nobody knows which is meant, so nothing is done."""

import time

import pytest
from dashboard import refused
from falcon.testing.client import TestClient
from stub_fleet import StubFleet

TWICE = (
    ("/api/activate", '{"activationPowerInKw": 1, "activationPowerInKw": 2}', "activationPowerInKw"),
    ("/api/activate", '{"activationPowerInKw": 1, "activationPowerInKw": 1}', "activationPowerInKw"),
    ("/api/activate", '{"activationPowerInKw": 1, "activationPowerIn\\u004bw": 2}', "activationPowerInKw"),
    ("/api/activate", '{"activationPowerInKw": 1, "note": {"a": [{"who": 1, "who": 2}]}}', "who"),
    ("/api/activate", '{"activationPowerInKw": 1, "batch": [{"x": 1}, {"x": 1, "x": 1}]}', "x"),
    ("/api/activate", '{"activationPowerInKw": 1, "": 1, "": 2}', "The field  is"),
    ("/dashboard/api/override", '{"enabled": false, "enabled": true}', "enabled"),
    ("/dashboard/api/power/apply", '{"target_power_kw": 0, "target_power_kw": 1}', "target_power_kw"),
    ("/dashboard/api/discovery/add", '{"ip": "127.0.1.99", "ip": "127.0.1.98"}', "ip"),
)


@pytest.mark.parametrize(("path", "body", "named"), TWICE)
def test_a_name_given_twice_is_refused_and_named(
    client: TestClient, fleet: StubFleet, path: str, body: str, named: str
) -> None:
    answer = client.simulate_post(path, body=body, headers={"Content-Type": "application/json"})
    code = "INVALID_POWER" if path == "/api/activate" else "INVALID_INPUT"
    assert refused(answer, 400, code, named, "is given twice.")
    assert fleet.given == []


def test_the_same_name_in_different_objects_is_none_given_twice(client: TestClient, fleet: StubFleet) -> None:
    body = '{"activationPowerInKw": 1, "a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}'
    answer = client.simulate_post("/api/activate", body=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert len(fleet.given) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"activationPowerInKw": 1, "x": ' + "[" * 8000 + "]" * 8000 + "}",
        '{"activationPowerInKw": 1, "x": ' + '{"a":' * 2500 + "1" + "}" * 2500 + "}",
        '{"activationPowerInKw": 1, "x": ' + "9" * 16000 + "}",
        '{"activationPowerInKw": 1, "x": 1e' + "9" * 15000 + "}",
        '{"activationPowerInKw": 1' + "".join(f',"{n}":{n}' for n in range(1500)) + "}",
        '{"activationPowerInKw": 1, "\\ud800": 1, "\\ud800": 2}',
    ],
)
def test_whatever_is_nested_long_or_huge_is_read_in_no_time(client: TestClient, body: str) -> None:
    began = time.thread_time()
    for _ in range(5):
        answer = client.simulate_post(
            "/api/activate", body=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (200, 400)
        assert set(answer.json) == {"accepted", "message"}
    assert time.thread_time() - began < 1.0
