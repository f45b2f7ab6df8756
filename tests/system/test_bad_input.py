"""Bad input of every kind gets a clear refusal and changes nothing."""

from typing import Any

import pytest
import requests
from harness import Controller

JSON = {"Content-Type": "application/json"}
ROUTES = {
    ("POST", "/api/activate"): "activationPowerInKw",
    ("POST", "/dashboard/api/override"): "enabled",
    ("POST", "/dashboard/api/power-mode"): "mode",
    ("POST", "/dashboard/api/power/calculate"): "target_power_kw",
    ("POST", "/dashboard/api/power/apply"): "target_power_kw",
    ("POST", "/dashboard/api/power/set-frequency"): "miner_ip",
    ("POST", "/dashboard/api/discovery/add"): "ip",
    ("PATCH", "/dashboard/api/config"): "max_power_change_rate_kw_per_sec",
}
OTHERS = {"/dashboard/api/power/set-frequency": {"frequency_mhz": 600}}
VALUES = [None, "text\x00", [], {}, "NaN", -1.5, 1e308, True, [[[]]], "1e400"]
BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"\xff\xfe{}",
    b'{"a": NaN}',
    b'{"activationPowerInKw": 1e400}',
    b"[" * 50_000,
    b"\x00",
    b'{"pad": "' + b"x" * (2 << 20) + b'"}',
]


def condition(controller: Controller) -> tuple[Any, Any, Any]:
    """Give what a command could have changed; a refused one may add to the history and nothing else."""
    status = controller.status()
    dispatch = {
        key: status[key] for key in ("state", "target_power_kw", "manual_override_active", "total_miners")
    }
    return dispatch, controller.read("/dashboard/api/config"), controller.read("/dashboard/api/power-mode")


def assert_refused(answer: requests.Response) -> None:
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    assert set(answer.json()) == {"accepted", "message"}
    assert answer.json()["accepted"] is False
    assert answer.headers["X-Error-Code"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_that_is_no_json_object_is_refused_and_changes_nothing(
    controller: Controller, method: str, path: str
) -> None:
    before, head = condition(controller), controller.read("/dashboard/api/history/head")
    for body in BODIES[method == "PATCH" :]:  # to change nothing, no body is needed
        answer = requests.request(method, controller.base + path, data=body, headers=JSON, timeout=20)
        assert_refused(answer)
    assert condition(controller) == before
    assert controller.read("/dashboard/api/history/head") == head


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_field_of_the_wrong_kind_is_named_and_changes_nothing(
    controller: Controller, method: str, path: str
) -> None:
    before, field = condition(controller), ROUTES[method, path]
    for value in VALUES:
        if path == "/dashboard/api/override" and value is True:
            continue  # that is what it takes
        answer = controller.request(method, path, OTHERS.get(path, {}) | {field: value})
        assert_refused(answer)
        known = answer.headers["X-Error-Code"] in ("INVALID_POWER", "UNKNOWN_MINER")
        assert field in answer.json()["message"] or known, answer.text
    assert condition(controller) == before


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1].startswith("/dashboard")])
def test_an_unknown_field_of_a_dashboard_body_is_a_typing_error(
    controller: Controller, method: str, path: str
) -> None:
    answer = controller.request(method, path, {"typing_eror": 1})
    assert_refused(answer)


@pytest.mark.parametrize(
    "network",
    ["0.0.0.0/0", "127.0.0.0/8", "8.8.8.0/24", "::/0", "127.0.0.1/33", "no block", "10.0.0.0/15", ""],
)
def test_a_block_that_may_not_be_scanned_is_refused(controller: Controller, network: str) -> None:
    answer = controller.post("/dashboard/api/discovery/scan", {"network_cidr": network})
    assert_refused(answer)
    assert "network_cidr" in answer.json()["message"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=ten", "limit=-1", "limit="])
def test_a_limit_out_of_bounds_is_refused(controller: Controller, query: str) -> None:
    answer = controller.get(f"/dashboard/api/history?{query}")
    assert_refused(answer)
    assert "limit" in answer.json()["message"]
