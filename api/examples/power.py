"""Power control."""

from api.examples.base import Example

__all__ = ["POWER"]

POWER = {
    "GET /dashboard/api/power/frequencies": Example(
        {
            "valid_frequencies": list(range(300, 651, 25)),
            "min_frequency": 300,
            "max_frequency": 650,
            "default_frequency": 650,
        }
    ),
    "GET /dashboard/api/power/curve": Example(
        {
            "curve": [
                {"frequency_mhz": 300, "power_watts": 600, "hashrate_ths": 6.5, "voltage": 8.1},
                {"frequency_mhz": 650, "power_watts": 1460, "hashrate_ths": 14.0, "voltage": 8.8},
            ]
        }
    ),
    "POST /dashboard/api/power/calculate": Example(
        {
            "target_power_kw": 2.41,
            "allocation": [
                {
                    "ip": "127.0.0.56",
                    "action": "full",
                    "frequency": 650,
                    "voltage": 8.8,
                    "estimated_power": 1460,
                },
                {
                    "ip": "127.0.0.167",
                    "action": "swing",
                    "frequency": 475,
                    "voltage": 8.4,
                    "estimated_power": 950,
                },
            ],
            "summary": {
                "full_miners": 1,
                "swing_miners": 1,
                "idle_miners": 0,
                "estimated_power_watts": 2410,
                "estimated_power_kw": 2.41,
            },
        },
        {"target_power_kw": 2.41},
    ),
    "POST /dashboard/api/power/apply": Example(
        {"success": True, "message": "Fleet activated at 2.0 kW", "target_power_kw": 2.0},
        {"target_power_kw": 2.0},
    ),
    "POST /dashboard/api/power/set-frequency": Example(
        {
            "success": True,
            "message": "Frequency set to 550 MHz",
            "miner_ip": "127.0.0.56",
            "frequency_mhz": 550,
            "voltage": 8.6,
            "estimated_power_watts": 1140,
        },
        {"miner_ip": "127.0.0.56", "frequency_mhz": 550, "voltage": 8.6},
    ),
    "GET /dashboard/api/power/miner/{miner_ip}": Example(
        {
            "miner_ip": "127.0.0.56",
            "frequency_mhz": 650,
            "voltage": 8.8,
            "estimated_power_watts": 1460,
            "estimated_power_kw": 1.46,
        }
    ),
}
