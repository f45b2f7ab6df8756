"""The dashboard's endpoints: documented keys and types, the commands they give, and what they refuse."""

import json
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from stub_fleet import (
    HASHING,
    NOW,
    asleep,
    fleet_snapshot,
    registered,
    report,
    two_miners,
    unreachable,
)

from actors.report import Attempt, Commanded, Desired, Step, Trouble
from actors.scan import ScanProgress
from actors.snapshot import FleetPhase
from api.examples import EXAMPLES
from events.commands import (
    ApplyPower,
    ChangeConfiguration,
    ControlMiner,
    RemoveMiner,
    SetFrequency,
    SetOverride,
    SetPowerMode,
)
from events.history import CommandRecord, Outcome
from events.state import Configuration, Hold, HoldKind, Override, Source
from netstab.devices.port import Firmware
from netstab.dispatch.setpoint import Setpoint
from netstab.errors import CommandRejected, LogUnavailable
from netstab.power.allocation import PowerMode, Strategy
from netstab.settings import Network
from netstab.units import Megahertz, Seconds, Timestamp, Volts, Watts

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


def kind(value):
    """Give the JSON type of a value, and of what it holds."""
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
def test_a_read_has_the_documented_keys_and_types(client, fleet, path, template):
    fleet.snapshot = two_miners(hashing=2)
    example = EXAMPLES[f"GET {BASE}{template}"].answer
    answer = get(client, path)
    if template == "/miner/{miner_ip}/details":
        example, answer = {**example, "status": {}}, {**answer, "status": {}}
    assert kind(answer) == kind(example)


def test_the_status_shows_the_fleet(client, fleet):
    state = replace(
        fleet.snapshot.state,
        override=Override(Watts(1500.0), "id", NOW),
        last_ems_command=Timestamp(NOW - 300),
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


def test_a_miner_shows_its_share_of_the_target_and_what_ails_it(client, fleet):
    miners = tuple(registered(f"127.0.1.{n}") for n in (1, 2, 3))
    trouble = Trouble("timed_out", "No answer within 3 s.", NOW)
    reports = (report("127.0.1.1"), unreachable("127.0.1.2", trouble=trouble, seen_at=None))
    fleet.snapshot = fleet_snapshot(miners, reports, target=Watts(1460.0))
    first, lost, unseen = get(client, "/miners")
    assert (first["name"], first["target_power_kw"], first["error"]) == ("S9-1", 1.46, None)
    assert (lost["is_online"], lost["error"]) == (False, "No answer within 3 s.")
    assert (lost["target_power_kw"], lost["last_update"]) == (None, None)
    assert (unseen["is_online"], unseen["power_kw"], unseen["error"]) == (False, 0.0, None)


def test_an_old_trouble_is_no_error_of_a_healthy_miner(client, fleet):
    trouble = Trouble("timed_out", "No answer within 3 s.", Timestamp(NOW - 3600))
    fleet.snapshot = fleet_snapshot((registered(ONE),), (report(ONE, trouble=trouble),))
    assert get(client, f"/miners/{ONE}")["error"] is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/miners/127.0.1.9", None),
        ("GET", "/miners/127.0.1.9/actor", None),
        ("GET", "/miners/nonsense", None),
        ("GET", "/miner/127.0.1.9/details", None),
        ("GET", "/power/miner/127.0.1.9", None),
        ("POST", "/miners/127.0.1.9/control", {"action": "stop"}),
        ("POST", "/miner/127.0.1.9/blink", None),
        ("POST", "/power/set-frequency", {"miner_ip": "127.0.1.9", "frequency_mhz": 600}),
        ("DELETE", "/discovery/miners/127.0.1.9", None),
    ],
)
def test_an_unknown_miner_is_404(client, fleet, method, path, body):
    assert refused(send(client, path, body, method), 404, "UNKNOWN_MINER", "is registered")
    assert fleet.given in ([], [("details", "127.0.1.9")])


def test_the_details_bring_the_devices_words_into_the_documented_shape(client):
    details = get(client, f"/miner/{ONE}/details")
    assert details["system"]["minertype"] == "Antminer S9"
    assert details["system"]["firmware_version"] == "vnish 3.9.0"
    assert details["config"] == {
        "frequency": "650",
        "voltage": "880",
        "fan_ctrl": False,
        "fan_pwm": "100",
        "target_temp": "0",
        "shutdown_temp": "0",
        "asicboost": True,
    }
    assert details["shares"]["reject_rate"] == 0.4
    assert details["summary"]["hashrate_ghs_avg"] == 13450.0
    assert [board["id"] for board in details["boards"]] == [6, 7, 8]


def test_the_actor_view_shows_what_is_wanted_sent_and_seen(client, fleet):
    attempt = Attempt(failures=2, next_at=Timestamp(NOW + 60))
    shown = report(
        ONE,
        desired=Desired(Setpoint(running=True, frequency=Megahertz(600)), 12, NOW),
        commanded=Commanded(Step.WAKE, None, 12, NOW),
        in_transition=Step.WAKE,
        settled=False,
        attempts=((Step.WAKE, attempt),),
        trouble=Trouble("no_effect", "The wake had no effect.", NOW),
    )
    hold = Hold(shown.miner_id, HoldKind.FREQUENCY, Megahertz(600), "command", NOW)
    state = replace(
        fleet_snapshot((registered(ONE),)).state, holds=MappingProxyType({shown.miner_id: hold})
    )
    fleet.snapshot = fleet_snapshot((registered(ONE),), (shown,), state=state)
    inbox = SimpleNamespace(qsize=lambda: 3)
    fleet.directory.miner = lambda _id: SimpleNamespace(actor_inbox=inbox)
    view = get(client, f"/miners/{ONE}/actor")
    example = EXAMPLES[f"GET {BASE}/miners/{{miner_id}}/actor"].answer
    assert set(view) == set(example)
    assert view["age_seconds"] == 0.5
    assert view["desired"] == {
        "running": True,
        "frequency_mhz": 600,
        "order": 12,
        "since": "2026-01-20T14:30:00.000Z",
    }
    assert view["commanded"]["step"] == "wake"
    assert view["observed"]["phase"] == "hashing"
    assert view["hold"]["command_id"] == "command"
    assert view["back_off"] == [{"step": "wake", "failures": 2, "next_at": "2026-01-20T14:31:00.000Z"}]
    assert view["last_error"]["kind"] == "no_effect"
    assert (view["inbox_length"], view["restarts"]) == (3, 2)


def test_the_actor_view_answers_before_the_first_report_and_without_an_actor(client, fleet):
    fleet.snapshot = fleet_snapshot((registered(ONE),))
    view = get(client, f"/miners/{ONE}/actor")
    assert (view["published_at"], view["age_seconds"], view["inbox_length"]) == (None, None, None)


@pytest.mark.parametrize(
    ("path", "body", "command", "answer"),
    [
        (
            "/override",
            {"enabled": True, "target_power_kw": 1.5},
            SetOverride(True, Watts(1500.0)),
            {"override_active": True},
        ),
        ("/override", {"enabled": True}, SetOverride(True, None), {"override_active": True}),
        (
            "/override",
            {"enabled": False, "target_power_kw": 1.5},
            SetOverride(False, None),
            {"override_active": False},
        ),
        ("/power-mode", {"mode": "frequency"}, SetPowerMode(PowerMode.FREQUENCY), {"mode": "frequency"}),
        ("/power/apply", {"target_power_kw": 2.0}, ApplyPower(Watts(2000.0)), {"target_power_kw": 2.0}),
    ],
)
def test_a_command_reaches_the_fleet_and_its_words_the_operator(client, fleet, path, body, command, answer):
    given = send(client, path, body)
    assert given.status_code == 200
    assert given.json == {"success": True, "message": "as worded by the fleet", **answer}
    assert fleet.given == [(command, Source.DASHBOARD, "127.0.0.1")]


def test_a_miner_takes_an_action(client, fleet):
    answer = send(client, f"/miners/{ONE}/control", {"action": "stop"})
    assert answer.json == {
        "success": True,
        "miner_id": ONE,
        "action": "stop",
        "message": "Miner stopped successfully",
    }
    assert fleet.given[0][0] == ControlMiner(ONE, "stop")


def test_a_frequency_is_set_with_the_curves_voltage_where_none_is_given(client, fleet):
    answer = send(client, "/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 550})
    assert answer.json == {
        "success": True,
        "message": "Frequency set to 550 MHz",
        "miner_ip": ONE,
        "frequency_mhz": 550,
        "voltage": 8.6,
        "estimated_power_watts": 1140,
    }
    send(client, "/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 700, "voltage": 9.0})
    assert [given[0] for given in fleet.given] == [
        SetFrequency(ONE, Megahertz(550), None),
        SetFrequency(ONE, Megahertz(700), Volts(9.0)),
    ]


def test_find_mode_is_toggled(client, fleet):
    answer = client.simulate_post(f"{BASE}/miner/{ONE}/blink")
    assert answer.json == {
        "success": True,
        "miner_ip": ONE,
        "message": "Find mode toggled",
        "is_enabled": True,
    }


@pytest.mark.parametrize(
    ("code", "status"), [("MINER_REFUSED", 409), ("MINER_UNREACHABLE", 503), ("MINER_TIMEOUT", 503)]
)
def test_a_miner_that_does_not_take_an_action_is_no_success(client, fleet, code, status):
    fleet.refuse_with = CommandRejected(code, f"{ONE}: the miner's own reason.")
    assert refused(send(client, f"/miners/{ONE}/control", {"action": "reboot"}), status, code, "reason")


def test_the_power_of_a_miner_is_that_of_its_frequency(client, fleet):
    miners = (registered(ONE), registered("127.0.1.2"), registered("127.0.1.3"))
    fleet.snapshot = fleet_snapshot(
        miners, (report(ONE, frequency=Megahertz(550)), asleep("127.0.1.2"), unreachable("127.0.1.3"))
    )
    assert get(client, f"/power/miner/{ONE}") == {
        "miner_ip": ONE,
        "frequency_mhz": 550,
        "voltage": 8.6,
        "estimated_power_watts": 1140,
        "estimated_power_kw": 1.14,
    }
    assert get(client, "/power/miner/127.0.1.2")["estimated_power_watts"] == 51
    assert get(client, "/power/miner/127.0.1.2")["frequency_mhz"] == 0
    assert get(client, "/power/miner/127.0.1.3")["frequency_mhz"] is None


def test_calculate_shows_every_miner_and_gives_no_command(client, fleet):
    answer = send(client, "/power/calculate", {"target_power_kw": 1.46})
    assert answer.json["summary"] == {
        "full_miners": 1,
        "swing_miners": 0,
        "idle_miners": 1,
        "estimated_power_watts": 1460,
        "estimated_power_kw": 1.46,
    }
    by_action = {entry["action"]: entry for entry in answer.json["allocation"]}
    assert (by_action["idle"]["frequency"], by_action["idle"]["estimated_power"]) == (0, 0)
    assert (by_action["full"]["frequency"], by_action["full"]["voltage"]) == (650, 8.8)
    assert fleet.given == []


def test_calculate_names_the_target_that_was_asked_though_others_draw_a_part_of_it(client, fleet):
    miners = (registered(ONE), registered("127.0.1.2", controllable=False, firmware=Firmware.STOCK))
    fleet.snapshot = fleet_snapshot(miners, (report(ONE), report("127.0.1.2")))
    answer = send(client, "/power/calculate", {"target_power_kw": 2.92})
    assert answer.json["target_power_kw"] == 2.92
    assert [entry["ip"] for entry in answer.json["allocation"]] == [ONE]


@pytest.mark.parametrize(
    ("target", "words"), [(-1, "0 or more"), (2.9201, "Requested power exceeds rated limits."), (1e308, "")]
)
def test_calculate_refuses_a_target_out_of_bounds(client, target, words):
    answer = send(client, "/power/calculate", {"target_power_kw": target})
    assert refused(answer, 400, "INVALID_POWER", words)


def test_a_scan_covers_the_configured_network_where_none_is_given(client, fleet):
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
    send(client, "/discovery/scan", {"network_cidr": "127.9.8.7/16"})
    assert [given[1] for given in fleet.given] == [Network("127.0.1.0/24"), Network("127.9.0.0/16")]


@pytest.mark.parametrize(
    "network",
    ["127.0.0.0/8", "0.0.0.0/0", "8.8.8.0/24", "10.0.0.0/24", "127.0.0.0/33", "::1/128", "all", "", "1/1\x00"],
)
def test_a_network_that_may_not_be_scanned_is_refused(client, fleet, network):
    answer = send(client, "/discovery/scan", {"network_cidr": network})
    assert refused(answer, 400, "INVALID_INPUT", "network_cidr must")
    assert fleet.given == []


def test_the_progress_of_a_scan_is_shown(client, fleet):
    assert get(client, "/discovery/scan")["running"] is False
    fleet.scan_progress = ScanProgress(True, Network("127.0.1.0/24"), 127, 254, 3, NOW)
    assert get(client, "/discovery/scan") == {
        "running": True,
        "network": "127.0.1.0/24",
        "addresses_scanned": 127,
        "addresses_total": 254,
        "progress_percent": 50.0,
        "miners_found": 3,
        "started_at": "2026-01-20T14:30:00.000Z",
    }


def test_a_miner_is_added(client, fleet):
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
def test_a_miner_that_cannot_be_is_not_added(client, fleet, body):
    assert refused(send(client, "/discovery/add", body), 400, "INVALID_INPUT")
    assert fleet.given == []


def test_a_miner_is_removed(client, fleet):
    answer = client.simulate_delete(f"{BASE}/discovery/miners/{ONE}")
    assert answer.json == {"success": True, "miner_id": ONE}
    assert fleet.given == [(RemoveMiner(ONE), Source.DASHBOARD, "127.0.0.1")]


def test_a_discovered_miner_shows_its_figures(client, fleet):
    fleet.snapshot = fleet_snapshot((registered(ONE), registered("127.0.1.2")), (report(ONE),))
    first, unseen = get(client, "/discovery/miners")["miners"]
    assert (first["temperature_c"], first["fan_speed_pct"], first["uptime_seconds"]) == (72, 66, 432000)
    assert first["pool_url"] == "stratum+tcp://pool.example.com:3333"
    assert (unseen["temperature_c"], unseen["last_seen"], unseen["pool_url"]) == (None, None, None)


def test_a_sleeping_miner_is_in_power_mode_sleep_and_a_broken_fan_sensor_tops_at_100(client, fleet):
    broken = report("127.0.1.2", reading=replace(HASHING, fans=(16740,)))
    fleet.snapshot = fleet_snapshot((registered(ONE), registered("127.0.1.2")), (asleep(ONE), broken))
    sleeper, whirl = get(client, "/discovery/miners")["miners"]
    assert (sleeper["power_mode"], sleeper["is_mining"], sleeper["is_online"]) == ("sleep", False, True)
    assert (whirl["power_mode"], whirl["fan_speed_pct"]) == ("normal", 100)


def test_a_change_of_configuration_names_its_fields_and_keeps_the_others(client, fleet):
    kept = Configuration(min_miner_power_percent=12.5)
    fleet.snapshot = replace(fleet.snapshot, state=replace(fleet.snapshot.state, configuration=kept))
    body = {"rated_power_kw_override": 3.0, "power_distribution_strategy": "priority", "miner_priority": [ONE]}
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


def test_a_null_takes_the_override_of_the_rating_back(client, fleet):
    send(client, "/config", {"rated_power_kw_override": None}, "PATCH")
    assert fleet.given[0][0] == ChangeConfiguration(Configuration(), ("rated_power_kw_override",))


def test_an_empty_change_of_configuration_is_no_command(client, fleet):
    assert send(client, "/config", {}, "PATCH").json == get(client, "/config")
    assert fleet.given == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"max_power_change_rate_kw_per_sec": 0}, ("max_power_change_rate_kw_per_sec", "> 0", "got 0")),
        ({"max_power_change_rate_kw_per_sec": 1e7}, ("<= 1000000", "got 10000000.0")),
        ({"max_power_change_rate_kw_per_sec": None}, ("got null",)),
        ({"min_miner_power_percent": 101}, ("min_miner_power_percent", "<= 100", "got 101")),
        ({"min_miner_power_percent": -1}, (">= 0",)),
        ({"rated_power_kw_override": 0}, ("rated_power_kw_override", "> 0", "got 0")),
        ({"rated_power_kw_override": "3"}, ('got "3"',)),
        ({"power_distribution_strategy": "fair"}, ("power_distribution_strategy", '"fair"')),
        ({"miner_priority": ["127.0.0.1", "x"]}, ("miner_priority[1]", "IPv4", "'x'")),
        ({"miner_priority": [1]}, ("miner_priority[0]", "got 1")),
        ({"miner_priority": ["127.0.0.1"] * 10_001}, ("miner_priority", "10000")),
        ({"miner_priorities": []}, ("miner_priorities",)),
        ({"max_power_change_rate_kw_per_sec": 5, "min_miner_power_percent": 101}, ("101",)),
    ],
)
def test_a_change_of_configuration_out_of_bounds_changes_nothing(client, fleet, body, words):
    assert refused(send(client, "/config", body, "PATCH"), 400, "INVALID_INPUT", *words)
    assert fleet.given == []


def record(n):
    return CommandRecord(
        version=n,
        timestamp=Timestamp(NOW - n),
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


def test_the_history_has_the_documented_keys_and_its_limit(client, history):
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
def test_a_limit_out_of_bounds_is_refused(client, limit):
    answer = client.simulate_get(f"{BASE}/history", query_string=f"limit={limit}")
    assert refused(answer, 400, "INVALID_INPUT", "limit")


def test_a_history_that_cannot_be_read_is_503(client, history):
    history.error = LogUnavailable("database is locked")
    assert refused(client.simulate_get(f"{BASE}/history"), 503, "LOG_UNAVAILABLE")


@pytest.mark.parametrize(
    ("break_it", "healthy"),
    [
        (lambda fleet: None, True),
        (lambda fleet: setattr(fleet.directory, "fleet", None), False),
        (lambda fleet: setattr(fleet.directory, "discovery", None), False),
        (lambda fleet: setattr(fleet, "snapshot", replace(fleet.snapshot, at=NOW - Seconds(60))), False),
        (
            lambda fleet: setattr(fleet, "snapshot", replace(fleet.snapshot, phase=FleetPhase.FAULT)),
            False,
        ),
    ],
)
def test_health_always_answers_and_tells_what_is_dead(client, fleet, break_it, healthy):
    break_it(fleet)
    assert get(client, "/health")["healthy"] is healthy


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/override", {}, ("enabled",)),
        ("/override", {"enabled": "true"}, ("enabled", '"true"')),
        ("/override", {"enabled": True, "target": 1}, ("target",)),
        ("/override", {"enabled": True, "target_power_kw": True}, ("target_power_kw", "true")),
        ("/power-mode", {"mode": "turbo"}, ("mode", '"turbo"')),
        ("/power/apply", {"target_power_kw": "2"}, ("target_power_kw",)),
        ("/power/calculate", {"target_power_kw": None}, ("target_power_kw", "null")),
        (f"/miners/{ONE}/control", {"action": "explode"}, ("action", '"explode"')),
        ("/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 99}, ("frequency_mhz", ">= 100", "99")),
        ("/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 1176}, ("<= 1175",)),
        ("/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 550.5}, ("frequency_mhz", "550.5")),
        ("/power/set-frequency", {"miner_ip": ONE, "frequency_mhz": 550, "voltage": 86}, ("voltage",)),
        ("/discovery/scan", {"network": "127.0.0.0/24"}, ("network",)),
    ],
)
def test_a_dashboard_body_outside_its_schema_is_refused_whole(client, fleet, path, body, words):
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
@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_body_leads_to_a_defect(client, path, body):
    answer = client.simulate_post(
        BASE + path, body=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 400, 404)
    if answer.status_code != 200:
        assert set(answer.json) == {"accepted", "message"}
