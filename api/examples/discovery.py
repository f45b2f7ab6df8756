"""Discovery."""

from api.examples.base import MOMENT, Example

__all__ = ["DISCOVERY"]

DISCOVERY = {
    "GET /dashboard/api/discovery/scan": Example(
        {
            "running": True,
            "network": "127.0.0.0/24",
            "addresses_scanned": 127,
            "addresses_total": 254,
            "progress_percent": 50.0,
            "miners_found": 1,
            "started_at": MOMENT,
            "addresses_silent": 0,
            "addresses_unanswered": 0,
            "unrecorded": [],
            "doubles": [{"address": "127.0.0.57", "miner_id": "127.0.0.56"}],
        }
    ),
    "POST /dashboard/api/discovery/scan": Example(
        {
            "success": True,
            "miners_found": 1,
            "network_scanned": "127.0.0.0/24",
            "miners": [
                {
                    "id": "127.0.0.56",
                    "ip": "127.0.0.56",
                    "model": "Antminer S9",
                    "type": "asic",
                    "is_online": True,
                    "is_mining": True,
                }
            ],
        },
        {"network_cidr": "127.0.0.0/24"},
    ),
    "POST /dashboard/api/discovery/add": Example(
        {
            "success": True,
            "miner": {
                "id": "127.0.0.100",
                "ip": "127.0.0.100",
                "model": "Antminer S9",
                "type": "asic",
                "is_online": True,
                "rated_power_watts": 1460.0,
            },
        },
        {"ip": "127.0.0.100", "port": 4028, "rated_power_watts": 1460.0},
    ),
    "DELETE /dashboard/api/discovery/miners/{miner_id}": Example(
        {"success": True, "miner_id": "127.0.0.100"}
    ),
    "GET /dashboard/api/discovery/miners": Example(
        {
            "miners": [
                {
                    "id": "127.0.0.56",
                    "ip": "127.0.0.56",
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
                    "last_seen": MOMENT,
                    "consecutive_failures": 0,
                }
            ],
            "total": 1,
            "online": 1,
            "mining": 1,
        }
    ),
}
