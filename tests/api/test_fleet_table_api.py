"""The table of all miners, a column at a time."""

from dataclasses import replace

import pytest
from dashboard import get
from falcon.testing.client import TestClient
from stub_fleet import NOW, StubFleet, asleep, fleet_snapshot, registered, report, seen_with, unreachable

from actors.report import LastError, Step
from actors.snapshot import FleetSnapshot
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
        "reason": None,
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
    assert set(map(len, get(client, "/fleet/table").values())) == {0}


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
