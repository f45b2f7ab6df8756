"""The dashboard's bodies: documented keys and types, and refusal of all others."""

import json
from typing import Any

import pytest
from dashboard import BASE, ONE, get, refused, send
from falcon.testing.client import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from stub_fleet import (
    StubFleet,
    two_miners,
)

from api.examples import EXAMPLES


def kind(value: Any) -> Any:
    """Return the JSON type of a value, and of what it holds."""
    if isinstance(value, dict):
        return {key: kind(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [kind(value[0])] if value else []
    if isinstance(value, bool) or value is None:
        return type(value)
    return float if isinstance(value, int) else type(value)


READS = {
    "/miners/127.0.1.56": "/miners/{miner_id}",
    "/miner/127.0.1.56/details": "/miner/{miner_ip}/details",
    "/power/miner/127.0.1.56": "/power/miner/{miner_ip}",
    **{
        path: path
        for path in (
            "/miners",
            "/power-mode",
            "/power/frequencies",
            "/power/curve",
            "/discovery/miners",
            "/config",
            "/health",
        )
    },
}


@pytest.mark.parametrize(("path", "template"), READS.items())
def test_a_read_has_the_documented_keys_and_types(
    client: TestClient, fleet: StubFleet, path: str, template: str
) -> None:
    fleet.snapshot = two_miners(hashing=2)
    example = EXAMPLES[f"GET {BASE}{template}"].answer
    answer = get(client, path)
    if template == "/miner/{miner_ip}/details":
        example, answer = {**example, "status": {}}, {**answer, "status": {}}
    assert kind(answer) == kind(example)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/override", {}, ("enabled",)),
        ("/override", {"enabled": "true"}, ("enabled", '"true"')),
        ("/override", {"enabled": True, "target": 1}, ("target",)),
        ("/override", {"enabled": True, "target_power_kw": True}, ("target_power_kw", "true")),
        (
            "/override",
            {"enabled": False, "target_power_kw": -1},
            ("target_power_kw must be", "of 0 or more", "got -1"),
        ),
        ("/power/apply", {"target_power_kw": -1}, ("target_power_kw must be", "of 0 or more", "got -1")),
        ("/power-mode", {"mode": "turbo"}, ("mode", '"turbo"')),
        ("/power/apply", {"target_power_kw": "2"}, ("target_power_kw",)),
        ("/power/calculate", {"target_power_kw": None}, ("target_power_kw", "null")),
        (f"/miners/{ONE}/control", {"action": "explode"}, ("action", '"explode"')),
        (
            "/power/set-frequency",
            {"miner_ip": ONE, "frequency_mhz": 99},
            ("frequency_mhz", "from 100 to 1175", "got 99"),
        ),
        ("/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 1176}, ("from 100 to 1175",)),
        ("/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 550.5}, ("frequency_mhz", "550.5")),
        ("/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 550, "voltage": 86}, ("voltage",)),
        ("/discovery/scan", {"network": "127.0.0.0/24"}, ("network",)),
    ],
)
def test_a_dashboard_body_outside_its_schema_is_refused_whole(
    client: TestClient, fleet: StubFleet, path: str, body: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert refused(send(client, path, body), 400, "INVALID_INPUT", *words)
    assert fleet.given == []


POSTS = (
    "/override",
    "/power-mode",
    "/power/calculate",
    "/power/apply",
    "/power/set-frequency",
    f"/miners/{ONE}/control",
    "/discovery/scan",
    "/discovery/add",
)


NAMES = st.sampled_from(
    ["enabled", "target_power_kw", "mode", "miner_ip", "frequency_mhz", "action", "ip", "network_cidr", "x"]
)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(ONE)


@given(path=st.sampled_from(POSTS), body=st.dictionaries(NAMES, VALUES, max_size=4) | VALUES)
@hypothesis_settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_leads_to_a_defect(client: TestClient, path: str, body: Any) -> None:
    answer = client.simulate_post(
        BASE + path, body=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 400, 404)
    if answer.status_code != 200:
        assert set(answer.json) == {"accepted", "message"}
