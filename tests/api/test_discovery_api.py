"""Finding, adding and removing miners."""

from typing import Any

import pytest
from dashboard import BASE, ONE, get, refused, send
from falcon.testing.client import TestClient
from msgspec import structs
from stub_fleet import (
    HASHING,
    NOW,
    StubFleet,
    asleep,
    fleet_snapshot,
    registered,
    report,
)

from actors.discovery.scan import ScanProgress
from events.commands import (
    RemoveMiner,
)
from events.state import Source
from netstab.reach import Network
from netstab.units import MinerId, WallTime

TWO = MinerId("127.0.1.57")


def test_a_scan_covers_the_configured_network_where_none_is_given(
    client: TestClient, fleet: StubFleet
) -> None:
    answer = client.simulate_post(f"{BASE}/discovery/scan")
    assert answer.json == {
        "success": True,
        "miners_found": 1,
        "network_scanned": "127.0.1.0/24",
        "miners": [
            {
                "id": ONE,
                "ip": ONE,
                "model": "Antminer S9",
                "type": "asic",
                "is_online": True,
                "is_mining": True,
            }
        ],
    }
    send(client, "/discovery/scan", {"network_cidr": "127.0.1.99/28"})
    assert [given[1] for given in fleet.given] == [Network("127.0.1.0/24"), Network("127.0.1.96/28")]


@pytest.mark.parametrize(
    "network",
    [
        "127.0.0.0/8",
        "0.0.0.0/0",
        "8.8.8.0/24",
        "10.0.0.0/24",
        "127.0.2.0/24",
        "169.254.169.254/32",
        "127.0.0.0/33",
        "::1/128",
        "all",
        "",
        "1/1\x00",
    ],
)
def test_a_network_that_may_not_be_scanned_is_refused(
    client: TestClient, fleet: StubFleet, network: str
) -> None:
    answer = send(client, "/discovery/scan", {"network_cidr": network})
    assert refused(answer, 400, "INVALID_INPUT", "network_cidr must")
    assert fleet.given == []


def test_the_progress_of_a_scan_is_shown(client: TestClient, fleet: StubFleet) -> None:
    assert get(client, "/discovery/scan")["running"] is False
    fleet.scan_progress = ScanProgress(
        True, Network("127.0.1.0/24"), 127, 254, 3, WallTime(NOW), 7, 2, (ONE,), {TWO: ONE}
    )
    assert get(client, "/discovery/scan") == {
        "running": True,
        "network": "127.0.1.0/24",
        "addresses_scanned": 127,
        "addresses_total": 254,
        "progress_percent": 50.0,
        "miners_found": 3,
        "started_at": "2026-01-20T14:30:00.000Z",
        "addresses_silent": 7,
        "addresses_unanswered": 2,
        "unrecorded": [ONE],
        "doubles": [{"address": TWO, "miner_id": ONE}],
    }


def test_a_miner_is_added(client: TestClient, fleet: StubFleet) -> None:
    body = {"ip": "127.0.1.100", "port": 4029, "rated_power_watts": 1300.0}
    answer = send(client, "/discovery/add", body)
    assert answer.json == {
        "success": True,
        "miner": {
            "id": "127.0.1.100",
            "ip": "127.0.1.100",
            "model": "Antminer S9",
            "type": "asic",
            "is_online": True,
            "rated_power_watts": 1300.0,
        },
    }
    send(client, "/discovery/add", {"ip": "127.0.1.101"})
    assert fleet.given == [
        ("add", "127.0.1.100", 4029, 1300.0),
        ("add", "127.0.1.101", 4028, None),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ip": "127.0.0.256"},
        {"ip": "127.0.0.01"},
        {"ip": "127.1"},
        {"ip": "localhost"},
        {"ip": "::1"},
        {"ip": "127.0.0.1\x00"},
        {"ip": " 127.0.0.1"},
        {"ip": "8.8.8.8"},
        {"ip": "127.0.2.1"},
        {"ip": "169.254.169.254"},
        {"ip": "127.0.1.1", "port": 22},
        {"ip": 2130706433},
        {"ip": None},
        {"ip": "127.0.0.1", "port": 0},
        {"ip": "127.0.0.1", "port": 65536},
        {"ip": "127.0.0.1", "port": "80"},
        {"ip": "127.0.0.1", "port": True},
        {"ip": "127.0.0.1", "port": 10**400},
        {"ip": "127.0.0.1", "rated_power_watts": 0},
        {"ip": "127.0.0.1", "rated_power_watts": 100_001},
        {"ip": "127.0.0.1", "rated_power": 1460},
        ["127.0.0.1"],
    ],
)
def test_a_miner_that_cannot_be_is_not_added(client: TestClient, fleet: StubFleet, body: Any) -> None:
    assert refused(send(client, "/discovery/add", body), 400, "INVALID_INPUT")
    assert fleet.given == []


def test_a_miner_is_removed(client: TestClient, fleet: StubFleet) -> None:
    answer = client.simulate_delete(f"{BASE}/discovery/miners/{ONE}")
    assert answer.json == {"success": True, "miner_id": ONE}
    assert fleet.given == [(RemoveMiner(ONE), Source.DASHBOARD, "127.0.0.1")]


def test_a_discovered_miner_shows_its_figures(client: TestClient, fleet: StubFleet) -> None:
    fleet.snapshot = fleet_snapshot((registered(ONE), registered("127.0.1.2")), (report(ONE),))
    first, unseen = get(client, "/discovery/miners")["miners"]
    assert (first["temperature_c"], first["fan_speed_pct"], first["uptime_seconds"]) == (72, 66, 432000)
    assert first["pool_url"] == "stratum+tcp://pool.example.com:3333"
    assert (unseen["temperature_c"], unseen["last_seen"], unseen["pool_url"]) == (None, None, None)


def test_a_sleeping_miner_is_in_power_mode_sleep_and_a_broken_fan_sensor_tops_at_100(
    client: TestClient, fleet: StubFleet
) -> None:
    broken = report("127.0.1.2", reading=structs.replace(HASHING, fans=(16740,)))
    fleet.snapshot = fleet_snapshot((registered(ONE), registered("127.0.1.2")), (asleep(ONE), broken))
    sleeper, whirl = get(client, "/discovery/miners")["miners"]
    assert (sleeper["power_mode"], sleeper["is_mining"], sleeper["is_online"]) == ("sleep", False, True)
    assert (whirl["power_mode"], whirl["fan_speed_pct"]) == ("normal", 100)
