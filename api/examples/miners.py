"""Single miners."""

from api.examples.base import EARLIER, MOMENT, Example

__all__ = ["MINERS"]

_MINER = {
    "miner_id": "127.0.0.56",
    "name": "S9-56",
    "is_online": True,
    "is_mining": True,
    "power_kw": 1.46,
    "rated_power_kw": 1.46,
    "target_power_kw": None,
    "last_update": MOMENT,
    "error": None,
}

MINERS = {
    "GET /dashboard/api/miners": Example([_MINER]),
    "GET /dashboard/api/miners/{miner_id}": Example(_MINER),
    "GET /dashboard/api/miners/{miner_id}/actor": Example(
        {
            "miner_id": "127.0.0.56",
            "published_at": MOMENT,
            "age_seconds": 0.4,
            "desired": {
                "running": True,
                "frequency_mhz": 650,
                "setting": "650 MHz",
                "order": 12,
                "since": EARLIER,
            },
            "commanded": {
                "step": "wake",
                "frequency_mhz": None,
                "setting": None,
                "order": 12,
                "at": EARLIER,
            },
            "observed": {
                "phase": "hashing",
                "since": EARLIER,
                "seen_at": MOMENT,
                "activity": "hashing",
                "power_kw": 1.46,
                "hashrate_ghs": 13500.0,
                "frequency_mhz": 650,
                "setting": "650 MHz",
                "self_tuning": None,
            },
            "in_transition": None,
            "settled": True,
            "hold": None,
            "back_off": [{"step": "wake", "failures": 1, "next_at": MOMENT}],
            "last_error": {
                "kind": "timed_out",
                "message": "No answer from 127.0.0.56:4028 within 3 s.",
                "at": EARLIER,
            },
            "poll_latency_seconds": 0.021,
            "consecutive_failures": 0,
            "running_hours": 120.5,
            "wear": {"wakes": 3, "restarts": 1, "failed_wakes": 0, "since": EARLIER},
            "minimum_time": {"stays": "on", "until": MOMENT},
            "inbox_length": 0,
            "restarts": 0,
            "not_controllable": None,
            "offers": ["switch", "frequency", "restart", "find"],
        }
    ),
    "POST /dashboard/api/miners/{miner_id}/control": Example(
        {
            "success": True,
            "miner_id": "127.0.0.56",
            "action": "stop",
            "message": "Miner stopped successfully",
        },
        {"action": "stop"},
    ),
    "POST /dashboard/api/miner/{miner_ip}/blink": Example(
        {
            "success": True,
            "miner_ip": "127.0.0.56",
            "message": "Find mode toggled",
            "is_enabled": True,
        }
    ),
    "GET /dashboard/api/miner/{miner_ip}/details": Example(
        {
            "ip": "127.0.0.56",
            "status": {},
            "system": {
                "minertype": "Antminer S9",
                "hostname": "antMiner",
                "macaddr": "12:34:56:78:9A:BC",
                "ipaddress": "127.0.0.56",
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
            "shares": {
                "accepted": 1234,
                "rejected": 5,
                "stale": 2,
                "hw_errors": 0,
                "reject_rate": 0.40,
            },
            "summary": {
                "elapsed": 432000,
                "hashrate_ghs_5s": 13500.0,
                "hashrate_ghs_avg": 13450.0,
                "frequency_mhz": 650,
                "setting": "650 MHz",
                "self_tuning": None,
                "fans": [{"id": 1, "rpm": 4200}, {"id": 2, "rpm": 4180}],
            },
        }
    ),
}
