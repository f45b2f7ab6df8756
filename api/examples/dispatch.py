"""Who commands the fleet, and what it can give."""

from api.examples.base import EARLIER, MOMENT, Example

__all__ = ["DISPATCH"]

_LIMIT = {
    "source": "grid-operator",
    "power_kw": 1.5,
    "until": "2026-01-20T16:00:00.000Z",
    "since": EARLIER,
    "command_id": "0b6f1c52-3a4e-4d0a-9a53-0f2f6f3b8a21",
}

DISPATCH = {
    "GET /dashboard/api/limits": Example({"limits": [_LIMIT]}),
    "PUT /dashboard/api/limits/{source}": Example(
        {
            "success": True,
            "message": "Limit of grid-operator set to 1.5 kW until 2026-01-20T16:00:00.000Z",
        },
        body={"power_kw": 1.5, "until": "2026-01-20T16:00:00Z"},
    ),
    "DELETE /dashboard/api/limits/{source}": Example(
        {"success": True, "message": "Limit of grid-operator lifted"}
    ),
    "GET /dashboard/api/dispatch": Example(
        {
            "in_command": "ems",
            "since": EARLIER,
            "command_id": "7f0c6b0e-8a57-4b5e-9d7c-4f3f6f1f5a10",
            "target_power_kw": 2.0,
            "pursued_power_kw": 1.5,
            "binding_limit": "grid-operator",
            "limits": [_LIMIT],
            "tolerance_percent": 5.0,
            "ramp_up_kw_per_second": 50.0,
            "ramp_down_kw_per_second": 50.0,
            "expected_power_kw": 2.05,
            "pending_up_kw": 0.0,
            "pending_down_kw": 0.0,
            "out_of_reach": {
                "sentence": "Target 1.5 kW is out of reach: 1.4 kW can be had; 1 failed to wake.",
                "target_power_kw": 1.5,
                "reachable_power_kw": 1.4,
                "minimum_power_kw": 0.1,
                "kept": [{"reason": "failed_to_wake", "units": 1, "power_kw": 1.41}],
            },
            "power_source": "meter",
            "meter": {"power_kw": 2.04, "age_seconds": 0.4, "error": None},
            "ems": {"last_command": EARLIER, "timeout_seconds": 120.0, "silent": False},
            "failsafe": None,
            "wear": {"wakes": 2.5, "restarts": 0.12, "failed_wakes": 0.1, "since": EARLIER},
            "fronts": [
                {
                    "front": "mqtt",
                    "counterpart": "mqtt://broker.example:1883",
                    "connected_since": EARLIER,
                    "error": None,
                    "error_at": None,
                    "restarts": 0,
                }
            ],
            "setpoints": [
                {
                    "source": "ems",
                    "power_kw": 2.0,
                    "since": EARLIER,
                    "until": None,
                    "command_id": "7f0c6b0e-8a57-4b5e-9d7c-4f3f6f1f5a10",
                    "in_force": True,
                    "waits_for": None,
                    "last_command": EARLIER,
                    "silent": False,
                },
                {
                    "source": "mqtt",
                    "power_kw": 1.0,
                    "since": EARLIER,
                    "until": None,
                    "command_id": "c2b43a55-3f0e-4a62-8f1d-5b6d1c0a9f77",
                    "in_force": False,
                    "waits_for": "ems",
                    "last_command": EARLIER,
                    "silent": False,
                },
            ],
        }
    ),
    "GET /dashboard/api/capacity": Example(
        {
            "at": MOMENT,
            "fleet_id": "02:9c:1f:04:7a:e3",
            "fleets_below": [],
            "rated_power_kw": 2.92,
            "reachable_power_kw": 1.51,
            "minimum_power_kw": 0.1,
            "lowest_power_kw": 1.51,
            "power_step_kw": 1.41,
            "seconds_to_maximum": 133,
            "seconds_to_minimum": 5,
            "ramp_up_kw_per_second": 50.0,
            "ramp_down_kw_per_second": 50.0,
            "units": {
                "total": 2,
                "available": 1,
                "on": 0,
                "in_transition": 0,
                "held": 0,
                "failed": 1,
                "not_controllable": 0,
            },
            "self_tuning_units": 0,
            "flexibility": [
                {"within_seconds": 4, "up_kw": 0.0, "down_kw": 0.0},
                {"within_seconds": 10, "up_kw": 0.0, "down_kw": 0.0},
                {"within_seconds": 60, "up_kw": 0.0, "down_kw": 0.0},
                {"within_seconds": 600, "up_kw": 1.41, "down_kw": 0.0},
            ],
            "passed_over": [{"reason": "failed_to_wake", "units": 1, "power_kw": 1.46}],
            "needs_hands": [
                {
                    "miner_id": "127.0.1.2",
                    "name": "S9-2",
                    "reason": "does not come to hash: 3 wakes in a row failed",
                    "since": EARLIER,
                }
            ],
        }
    ),
}
