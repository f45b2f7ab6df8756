"""Asking the dashboard's API."""

from typing import Any

from falcon.testing import Result, TestClient

from netstab.units import MinerId

BASE = "/dashboard/api"


ONE = MinerId("127.0.1.56")


COMMANDS = (
    ("POST", "/api/activate", '{"activationPowerInKw": 1}'),
    ("POST", "/api/deactivate", ""),
    ("POST", "/api/deactivate", "{}"),
    ("POST", "/dashboard/api/override", '{"enabled": true}'),
    ("POST", "/dashboard/api/miner/127.0.1.56/blink", ""),
    ("POST", "/dashboard/api/miners/127.0.1.56/control", '{"action": "reset"}'),
    ("POST", "/dashboard/api/discovery/add", '{"ip": "127.0.1.100"}'),
    ("PATCH", "/dashboard/api/config", '{"min_miner_power_percent": 1}'),
    ("DELETE", "/dashboard/api/discovery/miners/127.0.1.56", ""),
)
"""Commands of every kind, to be refused before they reach the fleet."""


def get(client: TestClient, path: str) -> Any:
    answer = client.simulate_get(BASE + path)
    assert answer.status_code == 200, answer.text
    return answer.json


def send(client: TestClient, path: str, body: object, method: str = "POST") -> Result:
    return client.simulate_request(method, BASE + path, json=body)


def refused(answer: Result, status: int, code: str, *words: str) -> bool:
    assert answer.status_code == status, answer.text
    assert answer.headers["X-Error-Code"] == code
    assert set(answer.json) == {"accepted", "message"}
    assert all(word in answer.json["message"] for word in words), answer.json["message"]
    return True


def is_refusal(answer: Result, status: int, code: str) -> bool:
    assert answer.status_code == status, answer.text
    assert answer.headers["X-Error-Code"] == code
    assert set(answer.json) == {"accepted", "message"}
    assert answer.json["accepted"] is False
    assert answer.json["message"]
    return True
