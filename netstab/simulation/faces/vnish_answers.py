"""What a machine on Vnish 1.x tells, after the recorded answers of an S21 Pro on 1.2.7. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netstab.simulation.faces.face import golden

__all__ = [
    "PAGE",
    "Told",
    "api_answer",
    "info",
    "performance",
    "preset_names",
    "presets",
    "settings",
    "status",
    "summary",
]

PAGE = b"<!doctype html><html><head><title>AnthillOS</title></head><body><div id=app></div></body></html>"
"""What any path that is not known is answered with, and status 200."""

_FOLDER = "vnish"
_TUNED, _UNTUNED = "tuned", "untuned"


@dataclass(frozen=True, slots=True)
class Told:
    """What the answers are made of. `throttled` is the percent of 1.3, None of 1.2; powers in W, GH/s."""

    version: str
    mac: str
    state: str
    lasted: float
    preset: str
    tuned: frozenset[str]
    throttled: int | None
    switches: bool
    power: float
    hashrate: float
    metered: bool
    failure: int | None

    @property
    def is_1_3(self) -> bool:
        return self.version.startswith("1.3")


def _golden(name: str) -> Any:
    return json.loads(golden(_FOLDER, name))


def preset_names() -> tuple[str, ...]:
    """Return the presets that are named after their watts, in ascending order."""
    return tuple(row["name"] for row in _golden("presets.json") if row["name"].isdigit())


def info(told: Told) -> dict[str, Any]:
    found: dict[str, Any] = _golden("info.json")
    found["fw_version"] = told.version
    found["fw_name"] = "AnthillOS" if told.is_1_3 else "Vnish"
    found["system"]["network_status"]["mac"] = told.mac
    return found


def status(told: Told, *, blinks: bool) -> dict[str, Any]:
    found = {
        "miner_state": told.state,
        "miner_state_time": int(told.lasted),
        "find_miner": blinks,
        "restart_required": False,
        "reboot_required": False,
        "unlocked": False,
    }
    code = {} if told.failure is None else {"failure_code": told.failure}
    return {**found, **code, **_throttled(told)}


def _throttled(told: Told) -> dict[str, int]:
    return {} if told.throttled is None else {"throttled": told.throttled}


def summary(told: Told) -> dict[str, Any]:
    found: dict[str, Any] = _golden("summary.json")
    miner = found["miner"]
    state = {"miner_state": told.state, "miner_state_time": int(told.lasted)}
    miner["miner_status"] = {**state, **_throttled(told)}
    miner["miner_type"] = f"Antminer S21 Pro ({'AnthillOS' if told.is_1_3 else 'Vnish'} {told.version})"
    miner["hr_realtime"] = miner["hr_average"] = miner["hr_nominal"] = round(told.hashrate, 2)
    miner["instant_hashrate"] = miner["average_hashrate"] = round(told.hashrate / 1000, 5)
    miner["power_consumption"] = miner["power_usage"] = round(told.power)
    miner["psu"]["psu_power_metering"] = told.metered
    for chain in miner["chains"]:
        chain["power_consumption"] = round(told.power / 3) if told.hashrate else 0
        chain["hashrate_rt"] = round(told.hashrate / 3, 3)
        chain["status"]["state"] = "mining" if told.hashrate else "stopped"
    return found


def _preset(row: Mapping[str, Any], told: Told) -> dict[str, Any]:
    return {**row, "status": _TUNED if row["name"] in told.tuned else _UNTUNED}


def presets(told: Told) -> list[dict[str, Any]]:
    return [_preset(row, told) for row in _golden("presets.json")]


def performance(told: Told) -> dict[str, Any]:
    found: dict[str, Any] = _golden("perf-summary.json")
    row = next(row for row in presets(told) if row["name"] == told.preset)
    found["current_preset"] = {name: row[name] for name in found["current_preset"]}
    found["preset_switcher"]["enabled"] = told.switches
    return found


def settings(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with what is stored of `overclock`; a factory's is that of the record."""
    found: dict[str, Any] = _golden("settings.json")
    found["miner"]["overclock"].update(stored)
    return found


def api_answer(command: str, told: Told) -> bytes:
    """Return what the API of the mining process says; a command that it has not is refused."""
    if command not in ("stats", "summary", "pools"):
        return golden(_FOLDER, "api_version.json")
    found: dict[str, Any] = _golden(f"api_{command}.json")
    if command == "stats":
        found["STATS"][0]["Type"] = f"Antminer S21 Pro (Vnish {told.version})"
        found["STATS"][0]["Cgminer"] = told.version
    if command != "pools":
        row = found["STATS"][1] if command == "stats" else found["SUMMARY"][0]
        row["Elapsed"] = int(told.lasted)
        row["GHS 5s"] = round(told.hashrate, 2)
    return json.dumps(found).encode()
