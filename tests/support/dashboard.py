"""Asking the dashboard's API."""

BASE = "/dashboard/api"


ONE = "127.0.1.56"


def get(client, path):
    answer = client.simulate_get(BASE + path)
    assert answer.status_code == 200, answer.text
    return answer.json


def send(client, path, body, method="POST"):
    return client.simulate_request(method, BASE + path, json=body)


def refused(answer, status, code, *words):
    assert answer.status_code == status, answer.text
    assert answer.headers["X-Error-Code"] == code
    assert set(answer.json) == {"accepted", "message"}
    assert all(word in answer.json["message"] for word in words), answer.json["message"]
    return True
