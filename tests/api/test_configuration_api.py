"""The runtime configuration."""

from dataclasses import replace
from typing import Any

import pytest
from dashboard import ONE, get, refused, send
from falcon.testing.client import TestClient
from stub_fleet import StubFleet

from events.commands import (
    ChangeConfiguration,
)
from events.state import Configuration
from netstab.power.allocation import Strategy


def test_a_change_of_configuration_names_its_fields_and_keeps_the_others(
    client: TestClient, fleet: StubFleet
) -> None:
    kept = Configuration(min_miner_power_percent=12.5)
    fleet.snapshot = replace(fleet.snapshot, state=replace(fleet.snapshot.state, configuration=kept))
    body = {
        "rated_power_kw_override": 3.0,
        "power_distribution_strategy": "priority",
        "miner_priority": [ONE],
    }
    answer = send(client, "/config", body, "PATCH")
    assert answer.json == {
        "rated_power_kw_override": 3.0,
        "power_distribution_strategy": "priority",
        "miner_priority": [ONE],
        "max_power_change_rate_kw_per_sec": 50.0,
        "min_miner_power_percent": 12.5,
    }
    changed = Configuration(3.0, Strategy.PRIORITY, (ONE,), 50.0, 12.5)
    assert fleet.given[0][0] == ChangeConfiguration(changed, tuple(body))


def test_a_null_takes_the_override_of_the_rating_back(client: TestClient, fleet: StubFleet) -> None:
    send(client, "/config", {"rated_power_kw_override": None}, "PATCH")
    assert fleet.given[0][0] == ChangeConfiguration(Configuration(), ("rated_power_kw_override",))


def test_an_empty_change_of_configuration_is_no_command(client: TestClient, fleet: StubFleet) -> None:
    assert send(client, "/config", {}, "PATCH").json == get(client, "/config")
    assert fleet.given == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"max_power_change_rate_kw_per_sec": 0}, ("max_power_change_rate_kw_per_sec", "above 0", "got 0")),
        ({"max_power_change_rate_kw_per_sec": 1e7}, ("at most 1000000", "got 10000000.0")),
        ({"max_power_change_rate_kw_per_sec": None}, ("got null",)),
        ({"min_miner_power_percent": 101}, ("min_miner_power_percent", "from 0 to 100", "got 101")),
        ({"min_miner_power_percent": -1}, ("from 0",)),
        ({"rated_power_kw_override": 0}, ("rated_power_kw_override", "above 0", "got 0")),
        ({"rated_power_kw_override": "3"}, ('got "3"',)),
        ({"power_distribution_strategy": "fair"}, ("power_distribution_strategy", '"fair"')),
        ({"miner_priority": ["127.0.0.1", "x"]}, ("miner_priority[1]", "IPv4", "'x'")),
        ({"miner_priority": [1]}, ("miner_priority[0]", "got 1")),
        ({"miner_priority": ["127.0.0.1"] * 10_001}, ("miner_priority", "10000")),
        ({"miner_priorities": []}, ("miner_priorities",)),
        ({"max_power_change_rate_kw_per_sec": 5, "min_miner_power_percent": 101}, ("101",)),
    ],
)
def test_a_change_of_configuration_out_of_bounds_changes_nothing(
    client: TestClient, fleet: StubFleet, body: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert refused(send(client, "/config", body, "PATCH"), 400, "INVALID_INPUT", *words)
    assert fleet.given == []


@pytest.mark.parametrize("last", [b"5", b"[]", b"{}", b'"x"'])
def test_a_name_given_twice_is_refused_for_what_is_wrong_with_it(client: TestClient, last: bytes) -> None:
    body = b'{"miner_priority": [1], "miner_priority": ' + last + b"}"
    answer = client.simulate_patch(
        "/dashboard/api/config", body=body, headers={"Content-Type": "application/json"}
    )
    assert refused(answer, 400, "INVALID_INPUT", "miner_priority[0] must be a text")
