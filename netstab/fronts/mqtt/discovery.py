"""The document by which Home Assistant makes the fleet one device with its entities. Pure.

The form is Home Assistant's device-based discovery (https://www.home-assistant.io/integrations/mqtt/), of its
release 2024.11 and later.
"""

import math
from typing import Any

from actors.snapshot import FleetPhase
from netstab.fronts.mqtt.topics import Topics
from netstab.units import Watts

__all__ = ["LEAST_MAXIMUM", "discovery"]

LEAST_MAXIMUM = 0.001
"""kW; a number whose largest value is no larger than its smallest is refused."""

_KILOWATTS = {"unit_of_measurement": "kW", "device_class": "power"}


def discovery(topics: Topics, rated: Watts, version: str) -> dict[str, Any]:
    """Return the document for a fleet of so much rated power, which is the most that can be asked for.

    The names of entities go without the device's; their `unique_id`s are for ever.
    """
    most = max(math.floor(rated) / 1000, LEAST_MAXIMUM)
    components = {
        "target": {
            **_entity("number", "Target power", "target_kw"),
            **_KILOWATTS,
            "command_topic": topics.command("target"),
            "min": 0,
            "max": most,
            "step": 0.001,
            "mode": "box",
        },
        "run": {**_switched("switch", "Dispatch", "run"), "command_topic": topics.command("run")},
        "active": {
            **_entity("sensor", "Active power", "active_kw"),
            **_KILOWATTS,
            "state_class": "measurement",
        },
        "energy": {
            **_entity("sensor", "Energy", "energy_kwh"),
            "unit_of_measurement": "kWh",
            "device_class": "energy",
            "state_class": "total_increasing",
        },
        "state": {
            **_entity("sensor", "State", "state"),
            "device_class": "enum",
            "options": [phase.value for phase in FleetPhase],
        },
        "available": _switched("binary_sensor", "Available for dispatch", "available"),
        "override": _switched("binary_sensor", "Manual override", "override"),
        "failsafe": _switched("binary_sensor", "Failsafe", "failsafe"),
    }
    identity = topics.fleet_id
    return {
        "dev": {"ids": [identity], "name": "Miner fleet", "mf": "Net Stabilization", "sw": version},
        "o": {"name": "netstab", "sw": version},
        "availability": [{"topic": topics.availability}],
        "state_topic": topics.state,
        "qos": 1,
        "cmps": {
            name: {**component, "unique_id": f"{identity}_{name}"} for name, component in components.items()
        },
    }


def _entity(platform: str, name: str, key: str) -> dict[str, Any]:
    return {"p": platform, "name": name, "value_template": f"{{{{ value_json.{key} }}}}"}


def _switched(platform: str, name: str, key: str) -> dict[str, Any]:
    return {**_entity(platform, name, key), "payload_on": "ON", "payload_off": "OFF"}
