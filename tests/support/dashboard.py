"""Asking the dashboard's API."""

from typing import Any

from falcon.testing import Result, TestClient

BASE = "/dashboard/api"


ONE = "127.0.1.56"


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
