"""The contract, endpoint by endpoint: its own requests, and answers held against its own examples."""

from typing import Any

import pytest
from harness import Controller, wait_until

from netstab.simulation.fleet import SimulatedFleet

MINER = {
    "miner_id": "192.168.1.56",
    "name": "S9-56",
    "is_online": True,
    "is_mining": True,
    "power_kw": 1.46,
    "rated_power_kw": 1.46,
    "target_power_kw": None,
    "last_update": "2026-01-20T14:30:00Z",
    "error": None,
}
EXAMPLES: list[tuple[str, str, dict[str, Any] | None, Any]] = [
    (
        "GET",
        "/api/status",
        None,
        {
            "isAvailableForDispatch": True,
            "runningStatus": 2,
            "ratedPowerInKw": 2.92,
            "activePowerInKw": 2.45,
        },
    ),
    ("POST", "/api/activate", {"activationPowerInKw": 2.0}, {"accepted": True, "message": "text"}),
    ("POST", "/api/deactivate", {}, {"accepted": True, "message": "text"}),
    (
        "GET",
        "/dashboard/api/status",
        None,
        {
            "state": "active",
            "is_available_for_dispatch": True,
            "running_status": 2,
            "rated_power_kw": 2.92,
            "active_power_kw": 2.45,
            "target_power_kw": None,
            "total_miners": 2,
            "online_miners": 2,
            "mining_miners": 2,
            "manual_override_active": False,
            "override_target_power_kw": None,
            "last_update": "2026-01-20T14:30:00Z",
            "last_ems_command": "2026-01-20T14:25:00Z",
            "errors": [],
            "power_control_mode": "on_off",
        },
    ),
    ("GET", "/dashboard/api/miners", None, [MINER]),
    ("GET", "/dashboard/api/miners/{ip}", None, MINER),
    (
        "GET",
        "/dashboard/api/miner/{ip}/details",
        None,
        {
            "ip": "192.168.1.56",
            "status": {},
            "system": {
                "minertype": "Antminer S9",
                "hostname": "antMiner",
                "macaddr": "12:34:56:78:9A:BC",
                "ipaddress": "192.168.1.56",
                "firmware_version": "vnish 3.9.0",
                "uptime": "5d 12:34:56",
            },
            "config": {
                "frequency": "650",
                "voltage": "880",
                "fan_ctrl": False,
                "fan_pwm": "100",
                "target_temp": "75",
                "shutdown_temp": "105",
                "asicboost": True,
            },
            "boards": [
                {
                    "id": 1,
                    "hashrate_ghs": 4500.0,
                    "chip_temp": 72,
                    "pcb_temp": 65,
                    "power_watts": 486.67,
                    "frequency_mhz": 650,
                    "chips_total": 63,
                    "chips_ok": 63,
                    "status": "healthy",
                }
            ],
            "pools": [
                {
                    "id": 0,
                    "url": "stratum+tcp://pool.example.com:3333",
                    "worker": "worker1",
                    "status": "Alive",
                    "accepted": 1234,
                    "rejected": 5,
                    "stratum_active": True,
                }
            ],
            "shares": {"accepted": 1234, "rejected": 5, "stale": 2, "hw_errors": 0, "reject_rate": 0.40},
            "summary": {
                "elapsed": 432000,
                "hashrate_ghs_5s": 13500.0,
                "hashrate_ghs_avg": 13450.0,
                "frequency_mhz": 650,
                "fans": [{"id": 1, "rpm": 4200}],
            },
        },
    ),
    (
        "POST",
        "/dashboard/api/override",
        {"enabled": True, "target_power_kw": 1.5},
        {"success": True, "message": "text", "override_active": True},
    ),
    ("GET", "/dashboard/api/power-mode", None, {"mode": "on_off"}),
    (
        "POST",
        "/dashboard/api/power-mode",
        {"mode": "frequency"},
        {"success": True, "message": "text", "mode": "frequency"},
    ),
    (
        "POST",
        "/dashboard/api/miners/{ip}/control",
        {"action": "stop"},
        {"success": True, "miner_id": "192.168.1.56", "action": "stop", "message": "text"},
    ),
    (
        "POST",
        "/dashboard/api/miner/{ip}/blink",
        None,
        {"success": True, "miner_ip": "192.168.1.56", "message": "Find mode toggled", "is_enabled": True},
    ),
    (
        "GET",
        "/dashboard/api/power/frequencies",
        None,
        {"valid_frequencies": [300], "min_frequency": 300, "max_frequency": 650, "default_frequency": 650},
    ),
    (
        "GET",
        "/dashboard/api/power/curve",
        None,
        {"curve": [{"frequency_mhz": 300, "power_watts": 600, "hashrate_ths": 6.5, "voltage": 8.1}]},
    ),
    (
        "POST",
        "/dashboard/api/power/calculate",
        {"target_power_kw": 2.0},
        {
            "target_power_kw": 2.0,
            "allocation": [
                {
                    "ip": "192.168.1.56",
                    "action": "full",
                    "frequency": 650,
                    "voltage": 8.8,
                    "estimated_power": 1460,
                }
            ],
            "summary": {
                "full_miners": 1,
                "swing_miners": 1,
                "idle_miners": 0,
                "estimated_power_watts": 2000,
                "estimated_power_kw": 2.0,
            },
        },
    ),
    (
        "POST",
        "/dashboard/api/power/apply",
        {"target_power_kw": 2.0},
        {"success": True, "message": "Fleet activated at 2.0 kW", "target_power_kw": 2.0},
    ),
    (
        "POST",
        "/dashboard/api/power/set-frequency",
        {"miner_ip": "{ip}", "frequency_mhz": 550, "voltage": 8.6},
        {
            "success": True,
            "message": "Frequency set to 550 MHz",
            "miner_ip": "192.168.1.56",
            "frequency_mhz": 550,
            "voltage": 8.6,
            "estimated_power_watts": 1140,
        },
    ),
    (
        "GET",
        "/dashboard/api/power/miner/{ip}",
        None,
        {
            "miner_ip": "192.168.1.56",
            "frequency_mhz": 650,
            "voltage": 8.8,
            "estimated_power_watts": 1460,
            "estimated_power_kw": 1.46,
        },
    ),
    (
        "POST",
        "/dashboard/api/discovery/scan",
        {"network_cidr": "{network}"},
        {
            "success": True,
            "miners_found": 2,
            "network_scanned": "192.168.1.0/24",
            "miners": [
                {
                    "id": "192.168.1.56",
                    "ip": "192.168.1.56",
                    "model": "Antminer S9",
                    "type": "asic",
                    "is_online": True,
                    "is_mining": True,
                }
            ],
        },
    ),
    (
        "POST",
        "/dashboard/api/discovery/add",
        {"ip": "{ip}", "port": "{port}", "rated_power_watts": 1460.0},
        {
            "success": True,
            "miner": {
                "id": "192.168.1.100",
                "ip": "192.168.1.100",
                "model": "Antminer S9",
                "type": "asic",
                "is_online": True,
                "rated_power_watts": 1460.0,
            },
        },
    ),
    (
        "GET",
        "/dashboard/api/discovery/miners",
        None,
        {
            "miners": [
                {
                    "id": "192.168.1.56",
                    "ip": "192.168.1.56",
                    "port": 4028,
                    "model": "Antminer S9",
                    "type": "asic",
                    "firmware_type": "vnish",
                    "firmware_version": "3.9.0",
                    "is_online": True,
                    "is_mining": True,
                    "hashrate_ghs": 13500.0,
                    "power_watts": 1460.0,
                    "power_kw": 1.46,
                    "rated_power_watts": 1460.0,
                    "rated_power_kw": 1.46,
                    "temperature_c": 72,
                    "fan_speed_pct": 65,
                    "power_mode": "normal",
                    "pool_url": "stratum+tcp://pool.example.com:3333",
                    "uptime_seconds": 432000,
                    "last_seen": "2026-01-20T14:30:00Z",
                    "consecutive_failures": 0,
                }
            ],
            "total": 2,
            "online": 2,
            "mining": 2,
        },
    ),
    (
        "DELETE",
        "/dashboard/api/discovery/miners/{ip}",
        None,
        {"success": True, "miner_id": "192.168.1.100"},
    ),
    (
        "GET",
        "/dashboard/api/config",
        None,
        {
            "rated_power_kw_override": None,
            "power_distribution_strategy": "equal",
            "miner_priority": [],
            "max_power_change_rate_kw_per_sec": 50.0,
            "min_miner_power_percent": 0,
        },
    ),
    (
        "PATCH",
        "/dashboard/api/config",
        {"rated_power_kw_override": 3.0, "max_power_change_rate_kw_per_sec": 100.0},
        {
            "rated_power_kw_override": 3.0,
            "power_distribution_strategy": "equal",
            "miner_priority": [],
            "max_power_change_rate_kw_per_sec": 100.0,
            "min_miner_power_percent": 0,
        },
    ),
    (
        "GET",
        "/dashboard/api/history?limit=100",
        None,
        {
            "commands": [
                {
                    "timestamp": "2026-01-20T14:25:00Z",
                    "source": "ems",
                    "command": "activate",
                    "parameters": {},
                    "success": True,
                    "message": "Fleet activated at 2.0 kW",
                }
            ]
        },
    ),
    (
        "GET",
        "/dashboard/api/health",
        None,
        {
            "healthy": True,
            "mode": "direct",
            "network_cidr": "192.168.1.0/24",
            "services": {"miner_discovery": True, "fleet_manager": True, "awesome_miner": "disabled"},
            "miners_registered": 2,
            "miners_online": 2,
            "fleet_state": "active",
            "timestamp": "2026-01-20T14:30:00.000Z",
        },
    ),
]
ADDED = {"/dashboard/api/health": {"role"}}
"""Keys that an answer has beside the document's."""

EMPTY: dict[str, Any] = {}


def differences(path: str, example: Any, answer: Any) -> list[str]:
    """Say where an answer has other keys or types than its example; an empty object holds anything."""
    if example is None or answer is None:
        return []
    if isinstance(example, dict):
        if not isinstance(answer, dict):
            return [f"{path} is no object"]
        if example != EMPTY and set(example) != set(answer):
            return [f"{path} has keys {sorted(set(answer) ^ set(example))} too many or too few"]
        return [line for key in example for line in differences(f"{path}.{key}", example[key], answer[key])]
    if isinstance(example, list):
        if not isinstance(answer, list):
            return [f"{path} is no array"]
        return (
            [line for item in answer for line in differences(f"{path}[]", example[0], item)]
            if example
            else []
        )
    number = isinstance(example, int | float) and not isinstance(example, bool)
    kinds: tuple[type, ...] = (int, float) if number else (type(example),)
    same = isinstance(answer, kinds) and (not number or not isinstance(answer, bool))
    return [] if same else [f"{path} is {answer!r}, the document has {example!r}"]


@pytest.fixture
def mining(controller: Controller) -> Controller:
    """A server whose miners both hash."""
    controller.activate(2.0)
    controller.wait_for(mining_miners=2)
    first = controller.read("/dashboard/api/miners")[0]["miner_id"]
    wait_until(lambda: controller.read(f"/dashboard/api/miner/{first}/details")["boards"])
    return controller


@pytest.mark.parametrize(
    ("method", "path", "body", "example"), EXAMPLES, ids=[f"{entry[0]} {entry[1]}" for entry in EXAMPLES]
)
def test_an_answer_has_the_documents_keys_and_types(
    mining: Controller, fleet: SimulatedFleet, method: str, path: str, body: Any, example: Any
) -> None:
    values = {"{ip}": fleet.miners[0], "{network}": f"{fleet.miners[0]}/30", "{port}": fleet.api_port}
    sent = body and {key: values.get(value, value) for key, value in body.items()}
    answer = mining.request(method, path.replace("{ip}", fleet.miners[0]), sent)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    shown = answer.json()
    for added in ADDED.get(path, set()):
        shown.pop(added, None)
    assert differences("answer", example, shown) == []
