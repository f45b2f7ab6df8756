"""The table of all miners, a column at a time."""

from dataclasses import replace
from typing import Any

import pytest
from dashboard import get
from falcon.testing.client import TestClient
from stub_fleet import (
    NOW,
    StubFleet,
    asleep,
    dependencies,
    fleet_snapshot,
    registered,
    report,
    seen_with,
    unreachable,
)

from actors.report import LastError, Step
from actors.snapshot import FleetSnapshot
from api.app import create_app
from api.renewed import LARGE, RENEWED_EVERY
from api.schemas.fleet_table import FleetTable
from events.state import Hold, HoldKind
from netstab.units import MinerId, Timestamp, WallTime, Watts

HASHING, SLEEPING, LOST, NEW = (MinerId(f"127.0.1.{n}") for n in (1, 2, 3, 4))


@pytest.fixture
def mixed() -> FleetSnapshot:
    miners = tuple(registered(address) for address in (HASHING, SLEEPING, LOST, NEW))
    trouble = LastError("timed_out", "No answer within 3 s.", Timestamp(NOW - 5))
    reports = (report(HASHING), asleep(SLEEPING), unreachable(LOST, last_error=trouble))
    return fleet_snapshot(miners, reports, target=Watts(1460.0))


def rows(client: TestClient) -> dict[str, dict[str, str | int | None]]:
    table = get(client, "/fleet/table")
    del table["version"]
    assert len({len(column) for column in table.values()}) == 1
    columns = zip(*table.values(), strict=True)
    return {values[0]: dict(zip(table, values, strict=True)) for values in columns}


def test_each_miner_is_shown_with_its_figures(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot
) -> None:
    fleet.snapshot = mixed
    shown = rows(client)
    assert list(shown) == [HASHING, SLEEPING, LOST, NEW]
    assert shown[HASHING] == {
        "miner_id": HASHING,
        "name": "S9-1",
        "condition": "hashing",
        "since": int(NOW) - 3600,
        "in_transition": None,
        "hold": None,
        "wanted": True,
        "power_watts": 1460,
        "hashrate_ghs": 13500,
        "temperature_c": 72,
        "frequency_mhz": 650,
        "setting": "650 MHz",
        "self_tuning": None,
        "reason": None,
        "wakes": 0,
        "restarts": 0,
        "stays_until": None,
    }


def test_what_is_not_known_is_null_and_what_stands_in_the_way_is_said(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot
) -> None:
    fleet.snapshot = mixed
    shown = rows(client)
    assert (shown[SLEEPING]["wanted"], shown[SLEEPING]["reason"]) == (False, None)
    assert (shown[LOST]["condition"], shown[LOST]["wanted"]) == ("unreachable", None)
    assert shown[LOST]["reason"] == "No answer within 3 s."
    assert (shown[NEW]["condition"], shown[NEW]["since"]) == ("unknown", None)
    assert shown[NEW]["reason"] == "not seen yet"


def test_a_miner_that_an_operator_holds_is_no_longer_wanted_by_dispatch(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot
) -> None:
    hold = Hold(mixed.state.miners[HASHING].miner_id, HoldKind.STOPPED, None, "c", WallTime(NOW))
    fleet.snapshot = seen_with(mixed, state=replace(mixed.state, holds={HASHING: hold}))
    shown = rows(client)[HASHING]
    assert (shown["hold"], shown["wanted"]) == ("stopped", None)
    assert shown["reason"] == "stopped by an operator"


def test_a_step_that_is_awaited_is_named(client: TestClient, fleet: StubFleet) -> None:
    woken = replace(asleep(SLEEPING), in_transition=Step.WAKE)
    fleet.snapshot = fleet_snapshot((registered(SLEEPING),), (woken,))
    assert rows(client)[SLEEPING]["in_transition"] == "wake"


def test_a_fleet_without_miners_has_empty_columns(client: TestClient, fleet: StubFleet) -> None:
    fleet.snapshot = fleet_snapshot(())
    table = get(client, "/fleet/table")
    assert len(table) == len(FleetTable.__struct_fields__)
    assert all(column == [] for name, column in table.items() if name != "version")


def test_a_table_that_has_not_changed_is_not_sent_again(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot
) -> None:
    fleet.snapshot = mixed
    first = client.simulate_get("/dashboard/api/fleet/table")
    fleet.snapshot = replace(mixed, at=Timestamp(NOW + 5))
    again = client.simulate_get(
        "/dashboard/api/fleet/table", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def changed(client: TestClient, known: str) -> dict[str, Any]:
    table: dict[str, Any] = get(client, f"/fleet/table?known={known}")
    return table


def test_whoever_names_the_version_it_knows_is_told_the_columns_that_changed(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot
) -> None:
    fleet.snapshot = mixed
    whole = get(client, "/fleet/table")
    warmer = report(HASHING, power=Watts(1470.0))
    fleet.snapshot = seen_with(mixed, reports={**mixed.reports, HASHING: warmer})
    news = changed(client, whole["version"])
    assert news == {"version": news["version"], "power_watts": [1470, 51, None, None]}
    assert {**whole, **news} == get(client, "/fleet/table")
    assert changed(client, news["version"]) == {"version": news["version"]}
    assert changed(client, whole["version"]) == news


@pytest.mark.parametrize("known", ["00000000-1", "{epoch}-99", "{epoch}-0", "{epoch}-999999999999999"])
def test_of_a_version_that_is_not_known_the_whole_table_is_told(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot, known: str
) -> None:
    fleet.snapshot = mixed
    whole = get(client, "/fleet/table")
    epoch, _, _ = whole["version"].partition("-")
    assert changed(client, known.format(epoch=epoch)) == whole


@pytest.mark.parametrize("known", ["", "x", "0-1", "-1", "{epoch}-", "{epoch}-²", "{epoch}-9999999999999999"])
def test_what_is_no_version_of_a_table_is_refused(client: TestClient, known: str) -> None:
    epoch, _, _ = get(client, "/fleet/table")["version"].partition("-")
    refused = client.simulate_get(f"/dashboard/api/fleet/table?known={known.format(epoch=epoch)}")
    assert refused.status_code == 400
    assert "known must be a text that matches ^[0-9a-f]{8}-[0-9]{1,15}$" in refused.json["message"]


def test_a_version_of_another_server_is_not_known(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot
) -> None:
    fleet.snapshot = mixed
    other = TestClient(create_app(dependencies(StubFleet(mixed))), headers={"Host": "localhost:8000"})
    assert changed(client, get(other, "/fleet/table")["version"]) == get(client, "/fleet/table")


def test_a_miner_that_is_registered_changes_every_column(
    client: TestClient, fleet: StubFleet, mixed: FleetSnapshot
) -> None:
    known = get(client, "/fleet/table")["version"]
    fleet.snapshot = mixed
    assert changed(client, known) == get(client, "/fleet/table")


def test_the_table_of_a_large_fleet_is_made_anew_no_more_than_every_two_seconds(
    client: TestClient, fleet: StubFleet
) -> None:
    addresses = [MinerId(f"127.1.{n >> 8}.{n & 255}") for n in range(LARGE + 1)]
    first = fleet_snapshot(tuple(map(registered, addresses)), tuple(map(report, addresses)))
    reports = {**first.reports, addresses[0]: report(addresses[0], power=Watts(1470.0))}
    fleet.snapshot = first
    known = get(client, "/fleet/table")["version"]
    fleet.snapshot = seen_with(first, reports=reports, at=Timestamp(NOW + 0.9 * RENEWED_EVERY))
    assert changed(client, known) == {"version": known}
    fleet.snapshot = seen_with(first, reports=reports, at=Timestamp(NOW + RENEWED_EVERY))
    assert changed(client, known)["power_watts"][0] == 1470
