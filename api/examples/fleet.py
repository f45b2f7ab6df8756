"""The fleet as a whole."""

from api.examples.base import EARLIER, MOMENT, Example

__all__ = ["FLEET"]

HEALTH = Example(
    {
        "healthy": True,
        "role": "leader",
        "mode": "direct",
        "network_cidr": "127.0.0.0/24",
        "services": {"miner_discovery": True, "fleet_manager": True, "awesome_miner": "disabled"},
        "miners_registered": 2,
        "miners_online": 2,
        "fleet_state": "active",
        "clock_errors": [],
        "timestamp": MOMENT,
    }
)

FLEET = {
    "GET /dashboard/api/status": Example(
        {
            "state": "active",
            "is_available_for_dispatch": True,
            "running_status": 2,
            "rated_power_kw": 2.92,
            "active_power_kw": 2.45,
            "target_power_kw": 2.0,
            "total_miners": 2,
            "online_miners": 2,
            "mining_miners": 2,
            "manual_override_active": False,
            "override_target_power_kw": None,
            "last_update": MOMENT,
            "last_ems_command": EARLIER,
            "errors": [],
            "power_control_mode": "on_off",
        }
    ),
    "GET /dashboard/api/fleet/table": Example(
        {
            "version": "5f2c9a01-17",
            "miner_id": ["127.0.0.56", "127.0.0.167"],
            "name": ["S9-56", "S9-167"],
            "condition": ["hashing", "asleep"],
            "since": [1768919100, 1768915800],
            "in_transition": [None, None],
            "hold": [None, "stopped"],
            "wanted": [True, None],
            "power_watts": [1460, 51],
            "hashrate_ghs": [13500, 0],
            "temperature_c": [72, None],
            "frequency_mhz": [650, None],
            "setting": ["650 MHz", None],
            "self_tuning": [None, None],
            "reason": [None, "stopped by an operator"],
            "wakes": [3, 0],
            "restarts": [0, 0],
            "stays_until": [1768919430, None],
        }
    ),
    "GET /readyz": Example(
        {
            "ready": True,
            "checks": [
                {"name": name, "ok": True, "reason": ""}
                for name in ("leading", "control_loop", "log", "clock")
            ],
        }
    ),
    "GET /metrics": Example("netstab_active_power_watts 2450.0"),
    "POST /dashboard/api/override": Example(
        {"success": True, "message": "Manual override enabled at 1.5 kW", "override_active": True},
        {"enabled": True, "target_power_kw": 1.5},
    ),
    "GET /dashboard/api/power-mode": Example({"mode": "on_off"}),
    "POST /dashboard/api/power-mode": Example(
        {"success": True, "message": "Power control mode set to frequency", "mode": "frequency"},
        {"mode": "frequency"},
    ),
    "GET /dashboard/api/config": Example(
        {
            "rated_power_kw_override": None,
            "power_distribution_strategy": "equal",
            "miner_priority": [],
            "max_power_change_rate_kw_per_sec": 50.0,
            "min_miner_power_percent": 0,
        }
    ),
    "PATCH /dashboard/api/config": Example(
        {
            "rated_power_kw_override": 3.0,
            "power_distribution_strategy": "equal",
            "miner_priority": [],
            "max_power_change_rate_kw_per_sec": 100.0,
            "min_miner_power_percent": 0,
        },
        {"rated_power_kw_override": 3.0, "max_power_change_rate_kw_per_sec": 100.0},
    ),
    "GET /dashboard/api/health": HEALTH,
    "GET /healthz": HEALTH,
}
