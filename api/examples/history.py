"""The recorded commands, the past, and telemetry."""

from typing import Any

from api.examples.base import EARLIER, MOMENT, Example

__all__ = ["HISTORY"]

_SAID: dict[str, Any] = {
    "timestamp": EARLIER,
    "source": "ems",
    "command": "activate",
    "parameters": {"power_kw": 2.0},
    "success": True,
    "message": "Fleet activated successfully at 2000W (2 miners at full power)",
}
_COMMAND_ID = "0d3f4b0e-6c1c-4f9e-9d5b-0a4b6a3a2f11"
_COMMAND: dict[str, Any] = {
    **_SAID,
    "version": 4127,
    "command_id": _COMMAND_ID,
    "client": "127.0.0.1",
    "code": None,
    "outcome": "reached",
    "principal": "ems",
    "request_id": "ems-4711",
}

HISTORY = {
    "GET /dashboard/api/history": Example({"commands": [_SAID]}),
    "GET /dashboard/api/history/export": Example(_COMMAND),
    "GET /dashboard/api/history/{command_id}": Example(
        {
            **_COMMAND,
            "delivery": {
                "result": "reached",
                "ending": "settled",
                "begun_at": EARLIER,
                "ended_at": MOMENT,
                "target_power_kw": 2.0,
                "power_before_kw": 0.102,
                "power_at_end_kw": 1.97,
                "reaction_delay_seconds": 9.1,
                "time_to_band_seconds": 71.4,
                "share_in_band": 0.762,
                "asked_kwh": 0.166667,
                "delivered_kwh": 0.14921,
                "shortfall_kwh": 0.021013,
                "settled_after_seconds": 128.0,
                "limited_by": None,
                "disobedient": [
                    {"miner_id": "127.0.0.9", "reason": "unreachable: no answer within 2 s"},
                ],
                "disobedient_total": 1,
            },
        }
    ),
    "GET /dashboard/api/history/head": Example({"version": 4131, "hash": "3e" * 32}),
    "GET /dashboard/api/history/state": Example(
        {
            "version": 4127,
            "target_power_kw": 2.0,
            "order": {
                "target_power_kw": 2.0,
                "command_id": _COMMAND_ID,
                "source": "ems",
                "version": 4127,
                "since": EARLIER,
            },
            "override": None,
            "failsafe": None,
            "limits": [
                {
                    "source": "grid-operator",
                    "power_kw": 1.5,
                    "until": "2026-01-20T16:00:00.000Z",
                    "since": EARLIER,
                    "command_id": "0b6f1c52-3a4e-4d0a-9a53-0f2f6f3b8a21",
                }
            ],
            "in_command": "ems",
            "setpoints": [
                {
                    "source": "ems",
                    "power_kw": 2.0,
                    "since": EARLIER,
                    "until": None,
                    "command_id": "7f0c6b0e-8a57-4b5e-9d7c-4f3f6f1f5a10",
                    "in_force": True,
                }
            ],
            "power_control_mode": "on_off",
            "configuration": {
                "rated_power_kw_override": None,
                "power_distribution_strategy": "equal",
                "miner_priority": [],
                "max_power_change_rate_kw_per_sec": 50.0,
                "min_miner_power_percent": 0,
            },
            "last_ems_command": EARLIER,
            "holds": [],
            "miners": [
                {
                    "miner_id": "127.0.0.56",
                    "api_port": 4028,
                    "http_port": 80,
                    "model": "Antminer S9",
                    "firmware": "vnish",
                    "firmware_version": "3.9.0",
                    "mac": "12:34:56:78:9A:BC",
                    "hostname": "antMiner",
                    "rated_power_kw": 1.46,
                    "home_frequency_mhz": 650,
                    "home_setting": "650 MHz",
                    "controllable": True,
                    "registered_at": EARLIER,
                }
            ],
        }
    ),
    "GET /dashboard/api/telemetry/fleet": Example(
        {
            "points": [
                {
                    "at": EARLIER,
                    "target_power_kw": 2.0,
                    "power_kw": 1.97,
                    "lowest_power_kw": 1.92,
                    "highest_power_kw": 2.03,
                    "rated_power_kw": 2.92,
                    "hashrate_ths": 19.2,
                    "total_miners": 2,
                    "online_miners": 2,
                    "mining_miners": 2,
                }
            ]
        }
    ),
    "GET /dashboard/api/telemetry/power": Example(
        {
            "at": EARLIER,
            "target_power_kw": 2.0,
            "power_kw": 1.46,
            "reported_power_kw": 1.46,
            "changes": [
                {
                    "cause": "ordered",
                    "kind": "commanded",
                    "step_kw": -1.4,
                    "order": 4127,
                    "units": 1,
                    "miners": ["127.0.0.56"],
                }
            ],
        }
    ),
    "GET /dashboard/api/telemetry/miners/{miner_id}": Example(
        {
            "miner_id": "127.0.0.56",
            "points": [
                {
                    "at": EARLIER,
                    "condition": "hashing",
                    "power_watts": 1452,
                    "hashrate_ghs": 13480,
                    "frequency_mhz": 650,
                    "temperature_c": 72,
                }
            ],
        }
    ),
}
