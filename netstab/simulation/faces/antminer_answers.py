"""What an Antminer on Bitmain's firmware tells: recorded answers of an S19 Pro, with own values. Pure.

The page `stats.cgi` and the configuration are made by hand after the maker's own web page: none was recorded.
"""

import json
from collections.abc import Mapping
from typing import Any

from netstab.simulation.faces.face import golden
from netstab.simulation.faces.machine import Machine

__all__ = ["configuration", "stats_page", "system_page", "told"]

_BOARDS = 3
_ASLEEP_RPM, _RPM = 960, (6000, 5880, 5040, 5040)


def told(command: str, machine: Machine, conf: Mapping[str, Any], elapsed: float) -> bytes | None:
    """Answer a command of the API's port; None for one that is not known."""
    answers = {"stats": _stats, "version": _version, "summary": _summary, "pools": _pools}
    answer = answers.get(command)
    return None if answer is None else json.dumps(answer(machine, conf, elapsed)).encode() + b"\0"


def configuration() -> dict[str, Any]:
    return _golden("configuration.json")


def system_page(machine: Machine) -> dict[str, Any]:
    return {**_golden("system_info.json"), "minertype": machine.build.model, "macaddr": machine.build.mac}


def stats_page(machine: Machine, mode: object, elapsed: float) -> dict[str, Any]:
    """Give `stats.cgi`; asleep its lists are empty."""
    rate = machine.hashrate
    chain = {"freq_avg": 525, "rate_ideal": machine.build.hashrate / _BOARDS, "rate_real": rate / _BOARDS}
    chips = {"asic_num": 108, "asic": "ooo ooo " * 18, "temp_pcb": [54, 56], "temp_chip": [68, 71]}
    figures = {
        "elapsed": int(elapsed),
        "rate_5s": rate,
        "rate_30m": rate,
        "rate_avg": rate,
        "rate_ideal": machine.build.hashrate,
        "rate_unit": "GH/s",
        "chain_num": _BOARDS,
        "fan_num": len(_RPM),
        "fan": [_ASLEEP_RPM] * len(_RPM) if machine.asleep else list(_RPM),
        "miner-mode": int(str(mode)) if str(mode).isdigit() else 0,
        "chain": [] if machine.asleep else [{"index": place, **chain, **chips} for place in range(_BOARDS)],
    }
    info = {"miner_version": "49.0.1.3", "type": machine.build.model}
    status = {"STATUS": "S", "when": 1755615295, "Msg": "stats", "api_version": "1.0.0"}
    return {"STATUS": status, "INFO": info, "STATS": [figures]}


def _stats(machine: Machine, _conf: Mapping[str, Any], elapsed: float) -> dict[str, Any]:
    document = _golden("stats.json")
    about, figures = document["STATS"]
    about["Type"] = machine.build.model
    rate = round(machine.hashrate, 2)
    figures |= {"Elapsed": int(elapsed), "GHS 5s": rate, "GHS av": rate, "rate_30m": rate, "total rate": rate}
    figures["total_rateideal"] = machine.build.hashrate
    for board in range(1, _BOARDS + 1):
        figures[f"chain_rate{board}"] = f"{rate / _BOARDS:.2f}"
    document["STATS"] = [] if machine.asleep else [about, figures]
    return document


def _version(machine: Machine, _conf: Mapping[str, Any], _elapsed: float) -> dict[str, Any]:
    document = _golden("version.json")
    document["VERSION"][0]["Type"] = machine.build.model
    return document


def _summary(machine: Machine, _conf: Mapping[str, Any], elapsed: float) -> dict[str, Any]:
    document = _golden("summary.json")
    rate = machine.hashrate
    document["SUMMARY"][0] |= {"Elapsed": int(elapsed), "GHS 5s": rate, "GHS av": rate, "GHS 30m": rate}
    return document


def _pools(machine: Machine, conf: Mapping[str, Any], _elapsed: float) -> dict[str, Any]:
    document = _golden("pools.json")
    for listed, own in zip(document["POOLS"], conf["pools"], strict=False):
        listed |= {"URL": own["url"], "User": own["user"], "Status": "Alive" if own["url"] else "Dead"}
        listed["Stratum Active"] = machine.hashing and listed["POOL"] == 0
    return document


def _golden(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(golden("antminer", name))
    return document
