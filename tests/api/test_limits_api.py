"""Limits over the dashboard's API, and how they are shown."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from dashboard import refused, send
from falcon.testing import TestClient
from stub_fleet import NOW, StubFleet

from events.commands import LiftLimit, SetLimit
from events.state import Limit, Order, Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import Timestamp, WallTime, Watts

LIMITS = "/dashboard/api/limits"
SHOWN = {
    "source": "grid",
    "power_kw": 1.5,
    "until": "2026-01-20T15:30:00.000Z",
    "since": "2026-01-20T14:30:00.000Z",
    "command_id": "an id",
}


def given(fleet: StubFleet, **limits: float) -> None:
    """Have an order of 2 kW in force, and limits in W that last for an hour."""
    order = Order(Watts(2000.0), "an id", Source.EMS, 7, WallTime(NOW))
    found = {
        source: Limit(source, Watts(power), WallTime(NOW + 3600), "an id", WallTime(NOW), 8)
        for source, power in limits.items()
    }
    fleet.snapshot = replace(fleet.snapshot, state=replace(fleet.snapshot.state, order=order, limits=found))


def test_a_limit_is_set_in_watts_and_by_the_clock(client: TestClient, fleet: StubFleet) -> None:
    answer = send(
        client, "/limits/grid", {"power_kw": 1.5, "until": "2026-01-20T16:30:00+01:00"}, method="PUT"
    )
    assert answer.json == {"success": True, "message": "as worded by the fleet"}
    until = WallTime(datetime.fromisoformat("2026-01-20T15:30:00+00:00").timestamp())
    [(command, source, _)] = fleet.given
    assert (command, source) == (SetLimit("grid", Watts(1500.0), until), Source.DASHBOARD)


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-12:00"])
def test_an_end_beyond_the_calendar_is_taken_and_shown(
    client: TestClient, fleet: StubFleet, until: str
) -> None:
    send(client, "/limits/grid", {"power_kw": 1.5, "until": until}, method="PUT")
    [(command, _, _)] = fleet.given
    assert isinstance(command, SetLimit)
    given(fleet, grid=1500.0)
    [limit] = fleet.snapshot.limits
    state = replace(fleet.snapshot.state, limits={"grid": replace(limit, until=command.until)})
    fleet.snapshot = replace(fleet.snapshot, state=state)
    [shown] = client.simulate_get(LIMITS).json["limits"]
    assert shown["until"] == "9999-12-31T23:59:59.999Z"


def test_a_limit_without_an_end_lasts_until_it_is_lifted(client: TestClient, fleet: StubFleet) -> None:
    send(client, "/limits/site.A-1_b", {"power_kw": 0}, method="PUT")
    client.simulate_delete(f"{LIMITS}/site.A-1_b")
    assert [command for command, _, _ in fleet.given] == [
        SetLimit("site.A-1_b", Watts(0.0), None),
        LiftLimit("site.A-1_b"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "power_kw"),
        ({"power_kw": -0.1}, "power_kw"),
        ({"power_kw": "1"}, "power_kw"),
        ({"power_kw": True}, "power_kw"),
        ({"power_kw": None}, "power_kw"),
        ({"power_kw": 1e9}, "power_kw"),
        ({"power_kw": 1, "until": "2026-01-20T16:30:00"}, "until"),
        ({"power_kw": 1, "until": 1_768_921_500}, "until"),
        ({"power_kw": 1, "untill": None}, "untill"),
    ],
)
def test_a_body_that_is_none_is_refused_as_a_whole(
    client: TestClient, fleet: StubFleet, body: dict[str, Any], field: str
) -> None:
    assert refused(send(client, "/limits/grid", body, method="PUT"), 400, "INVALID_INPUT", field)
    assert fleet.given == []


@pytest.mark.parametrize(
    ("code", "status"),
    [("TOO_MANY_LIMITS", 409), ("UNKNOWN_LIMIT", 404), ("INVALID_INPUT", 400), ("TOO_LATE", 503)],
)
def test_refusals_are_answered_by_their_code(
    client: TestClient, fleet: StubFleet, code: str, status: int
) -> None:
    fleet.refuse_with = CommandRejected(ErrorCode(code), "no")
    assert refused(client.simulate_delete(f"{LIMITS}/grid"), status, code)


def test_limits_in_force_are_shown_and_which_of_them_binds(client: TestClient, fleet: StubFleet) -> None:
    given(fleet, grid=1500.0, site=5000.0)
    assert client.simulate_get(LIMITS).json["limits"][0] == SHOWN
    shown = client.simulate_get("/dashboard/api/dispatch").json
    assert [each["source"] for each in shown["limits"]] == ["grid", "site"]
    assert (shown["target_power_kw"], shown["pursued_power_kw"]) == (2.0, 1.5)
    assert shown["binding_limit"] == "grid"
    assert client.simulate_get("/dashboard/api/status").json["target_power_kw"] == 2.0


def test_a_limit_that_has_ended_is_shown_no_more(client: TestClient, fleet: StubFleet) -> None:
    given(fleet, grid=1500.0)
    fleet.snapshot = replace(fleet.snapshot, at=Timestamp(NOW + 3600))
    assert client.simulate_get(LIMITS).json == {"limits": []}
    shown = client.simulate_get("/dashboard/api/dispatch").json
    assert (shown["limits"], shown["binding_limit"], shown["pursued_power_kw"]) == ([], None, 2.0)
