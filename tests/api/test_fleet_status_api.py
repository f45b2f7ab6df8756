"""The status, the health and the history of the fleet."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from dashboard import BASE, get, refused
from falcon.testing.client import TestClient
from stub_fleet import (
    NOW,
    StubFleet,
    StubHistory,
)

from actors.snapshot import FleetPhase
from events.history import CommandRecord, Outcome
from events.state import Override, Source
from netstab.errors import LogUnavailable
from netstab.units import Seconds, Timestamp, WallTime, Watts


def test_the_status_shows_the_fleet(client: TestClient, fleet: StubFleet) -> None:
    state = replace(
        fleet.snapshot.state,
        override=Override(Watts(1500.0), "id", WallTime(NOW)),
        last_ems_command=WallTime(Timestamp(NOW - 300)),
    )
    fleet.snapshot = replace(fleet.snapshot, state=state, errors=("127.0.1.9 is locked: 401",))
    assert get(client, "/status") == {
        "state": "active",
        "is_available_for_dispatch": True,
        "running_status": 2,
        "rated_power_kw": 2.92,
        "active_power_kw": 2.92,
        "target_power_kw": None,
        "total_miners": 2,
        "online_miners": 2,
        "mining_miners": 2,
        "manual_override_active": True,
        "override_target_power_kw": 1.5,
        "last_update": "2026-01-20T14:30:00.000Z",
        "last_ems_command": "2026-01-20T14:25:00.000Z",
        "errors": ["127.0.1.9 is locked: 401"],
        "power_control_mode": "on_off",
    }


@pytest.mark.parametrize(
    ("break_it", "healthy"),
    [
        (lambda fleet: None, True),
        (lambda fleet: setattr(fleet, "leads", False), False),
        (lambda fleet: setattr(fleet, "discovers", False), False),
        (lambda fleet: setattr(fleet, "snapshot", replace(fleet.snapshot, at=NOW - Seconds(60))), False),
        (
            lambda fleet: setattr(fleet, "snapshot", replace(fleet.snapshot, phase=FleetPhase.FAULT)),
            False,
        ),
    ],
)
def test_health_always_answers_and_tells_what_is_dead(
    client: TestClient, fleet: StubFleet, break_it: Callable[..., Any], healthy: bool
) -> None:
    break_it(fleet)
    assert get(client, "/health")["healthy"] is healthy


def test_health_tells_a_leader_from_a_standby(client: TestClient, fleet: StubFleet) -> None:
    assert get(client, "/health")["role"] == "leader"
    fleet.leads = False
    assert get(client, "/health")["role"] == "standby"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("break_it", "status"),
    [
        (lambda fleet: None, 200),
        (lambda fleet: setattr(fleet, "snapshot", replace(fleet.snapshot, phase=FleetPhase.FAULT)), 200),
        (lambda fleet: setattr(fleet, "leads", False), 503),
        (lambda fleet: setattr(fleet, "snapshot", replace(fleet.snapshot, at=NOW - Seconds(60))), 500),
    ],
    ids=["leader", "leader in fault", "standby", "fleet that tells nothing"],
)
def test_a_balancer_is_told_by_the_status_where_the_ems_is_served(
    client: TestClient, fleet: StubFleet, method: str, break_it: Callable[..., Any], status: int
) -> None:
    break_it(fleet)
    answer = client.simulate_request(method, "/healthz")
    assert answer.status_code == status
    assert bool(answer.content) == (method == "GET")


def record(n: int) -> CommandRecord:
    return CommandRecord(
        version=n,
        timestamp=WallTime(Timestamp(NOW - n)),
        command_id=f"id-{n}",
        source=Source.EMS,
        client="127.0.0.1",
        command="activate",
        parameters={"power_kw": 2.0},
        success=True,
        code=None,
        message="Fleet activated at 2.0 kW",
        outcome=Outcome.DONE,
    )


def test_the_history_has_the_documented_keys_and_its_limit(client: TestClient, history: StubHistory) -> None:
    history.records = tuple(record(n) for n in range(150))
    entries = get(client, "/history")["commands"]
    assert len(entries) == 100
    assert entries[0] == {
        "timestamp": "2026-01-20T14:30:00.000Z",
        "source": "ems",
        "command": "activate",
        "parameters": {"power_kw": 2.0},
        "success": True,
        "message": "Fleet activated at 2.0 kW",
    }
    assert len(get(client, "/history?limit=1")["commands"]) == 1


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "", "1&limit=2", "9" * 5000, "%00", "1.5"])
def test_a_limit_out_of_bounds_is_refused(client: TestClient, limit: str) -> None:
    answer = client.simulate_get(f"{BASE}/history", query_string=f"limit={limit}")
    assert refused(answer, 400, "INVALID_INPUT", "limit")


def test_a_history_that_cannot_be_read_is_503(client: TestClient, history: StubHistory) -> None:
    history.error = LogUnavailable("database is locked")
    assert refused(client.simulate_get(f"{BASE}/history"), 503, "LOG_UNAVAILABLE")
