"""Charts, over a real store."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from dashboard import BASE, ONE, get, refused
from falcon.testing.client import TestClient
from stub_fleet import NOW, StubHistory

from events.telemetry import FleetSample, MinerSample, TelemetryReader, TelemetryWriter
from events.whereabouts import Former
from netstab.dispatch.attribution import Kind, PowerChange, PowerRecord
from netstab.units import GigahashPerSecond, Megahertz, MinerId, WallTime, Watts

TWO = MinerId("127.0.1.167")


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[TelemetryReader]:
    url = str(tmp_path / "telemetry.db")
    writer = TelemetryWriter(url)
    for minute in range(120):
        at = WallTime(NOW - 60 * minute)
        sample = MinerSample(
            at, ONE, "hashing", Watts(1460.4), GigahashPerSecond(13_500.2), Megahertz(650), None
        )
        writer.add(
            FleetSample(
                at, Watts(2000.0), Watts(1460.0 + minute), Watts(2920.0), GigahashPerSecond(13_500.0), 2, 2, 1
            ),
            [sample],
        )
    lost = PowerChange(Kind.OUT_OF_REACH, None, Watts(-2920.0), 2, (ONE, TWO))
    shed = PowerChange(Kind.COMMANDED, 7, Watts(-1409.0), 1, (ONE,))
    for second, changes in enumerate([(), (lost, shed), ()]):
        at = WallTime(NOW - 3 + second)
        writer.record([PowerRecord(at, Watts(2000.0), None, Watts(1460.0), changes)], WallTime(0.0))
    reader = TelemetryReader(url)
    yield reader
    reader.close()
    writer.close()


def test_the_fleet_over_time_is_given_in_as_many_points_as_asked_for(client: TestClient) -> None:
    assert len(get(client, "/telemetry/fleet")["points"]) > 20
    points = get(client, "/telemetry/fleet?since=2026-01-20T13:30:00Z&until=2026-01-20T14:30:00Z&points=6")[
        "points"
    ]
    assert [point["at"] for point in points] == [
        f"2026-01-20T{hour}:00.000Z" for hour in ("13:30", "13:40", "13:50", "14:00", "14:10", "14:20")
    ]
    assert points[0] == {
        "at": "2026-01-20T13:30:00.000Z",
        "target_power_kw": 2.0,
        "power_kw": 1.516,
        "lowest_power_kw": 1.511,
        "highest_power_kw": 1.52,
        "rated_power_kw": 2.92,
        "hashrate_ths": 13.5,
        "total_miners": 2,
        "online_miners": 2,
        "mining_miners": 1,
    }


def test_a_miner_over_time_is_followed_to_the_address_it_had_before(
    client: TestClient, history: StubHistory
) -> None:
    history.moves = (Former(ONE, 7, WallTime(NOW - 300)),)
    half = "since=2026-01-20T14:20:00Z&until=2026-01-20T14:30:00Z&points=2000"
    points = get(client, f"/telemetry/miners/{TWO}?{half}")["points"]
    assert [point["at"][14:16] for point in points] == ["20", "21", "22", "23", "24"]
    assert get(client, f"/telemetry/miners/{TWO}?since=2026-01-20T14:25:00Z")["points"] == []


def test_a_miner_over_time_has_what_it_gave_and_null_for_what_it_did_not(client: TestClient) -> None:
    chart = get(client, f"/telemetry/miners/{ONE}?since=2026-01-20T14:00:00Z&points=2000")
    assert chart["miner_id"] == ONE
    assert len(chart["points"]) == 31
    assert chart["points"][0] == {
        "at": "2026-01-20T14:00:00.000Z",
        "condition": "hashing",
        "power_watts": 1460,
        "hashrate_ghs": 13500,
        "frequency_mhz": 650,
        "temperature_c": None,
    }


def test_a_miner_that_is_not_registered_is_unknown(client: TestClient) -> None:
    assert refused(client.simulate_get(f"{BASE}/telemetry/miners/127.0.1.99"), 404, "UNKNOWN_MINER")


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-01-20T14:00:00Z&until=2026-01-20T14:00:00Z",
        "since=2027-01-20T14:00:00Z",
        "points=0",
        "points=2001",
        "until=now",
        "since=2026-01-20T14:00:00",
        "step=5",
    ],
)
def test_a_stretch_of_time_that_is_none_is_refused(client: TestClient, query: str) -> None:
    assert refused(client.simulate_get(f"{BASE}/telemetry/fleet", query_string=query), 400, "INVALID_INPUT")


def test_the_power_of_each_second_is_given_with_what_made_it_change(client: TestClient) -> None:
    lines = client.simulate_get(f"{BASE}/telemetry/power").text.splitlines()
    seconds = [msgspec.json.decode(line) for line in lines]
    assert [len(second["changes"]) for second in seconds] == [0, 2, 0]
    assert seconds[1]["power_kw"] is None
    assert seconds[1]["changes"] == [
        {
            "cause": "fault",
            "kind": "out_of_reach",
            "step_kw": -2.92,
            "order": None,
            "units": 2,
            "miners": [ONE, TWO],
        },
        {
            "cause": "ordered",
            "kind": "commanded",
            "step_kw": -1.409,
            "order": 7,
            "units": 1,
            "miners": [ONE],
        },
    ]


def test_the_changes_alone_are_a_line_each_for_spreadsheets(client: TestClient) -> None:
    answer = client.simulate_get(f"{BASE}/telemetry/power?format=csv&only=changes")
    head, *lines = answer.text.splitlines()
    assert head == "at,target_power_kw,power_kw,reported_power_kw,cause,kind,step_kw,order,units,miners"
    assert [line.split(",", 1)[1] for line in lines] == [
        f"2.0,,1.46,fault,out_of_reach,-2.92,,2,{ONE} {TWO}",
        f"2.0,,1.46,ordered,commanded,-1.409,7,1,{ONE}",
    ]


def test_a_record_of_a_time_that_is_none_is_refused(client: TestClient) -> None:
    query = "since=2027-01-20T14:00:00Z"
    assert refused(client.simulate_get(f"{BASE}/telemetry/power", query_string=query), 400, "INVALID_INPUT")
