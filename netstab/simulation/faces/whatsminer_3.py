"""API 3 of a simulated Whatsminer over port 4433, and the reduced API 2 that it has beside it."""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from netstab.simulation.faces.face import Kind, Place
from netstab.simulation.faces.machine import Port
from netstab.simulation.faces.whatsminer import ACCOUNT, Model, Whatsminer, built, document, recorded

__all__ = ["WHATSMINER_3", "Whatsminer3"]

_FOLDER = "whatsminer_3"
_SLACK = 60  # s that a command's moment may be off the device's own clock; what the maker allows is not known

_MODELS = (
    Model("Whatsminer M60S", "M60S_VK40", 3600.0, 181_000.0, 625.0),
    Model("Whatsminer M60", "M60_VK30", 3480.0, 168_000.0, 590.0),
    Model("Whatsminer M50S", "M50S_VH40", 3333.0, 128_000.0, 610.0),
)
_BADLY_SIGNED, _NO_PERMISSION = (-1, "invalid token"), (-4, "no permission")
_VERSIONS = ("3.0.2", "3.0.3", "3.0.5")


class Whatsminer3(Whatsminer):
    """`knows_setting` is False of firmware that does not tell what it is set to where it should.

    `badly_signed` is what it says of a command by somebody whom it does not know.
    """

    def __init__(self, place: Place) -> None:
        model = place.rng.choice(_MODELS)
        super().__init__(built(model, place), model)
        self.salt = f"{place.rng.getrandbits(40):08x}"[:8]
        self.version = place.rng.choice(_VERSIONS)
        self.knows_setting = True
        self.badly_signed = _BADLY_SIGNED

    def framed(self, request: bytes) -> bytes | None:
        asked = document(request)
        name, param = str(asked.get("cmd", "")), asked.get("param")
        write = name.startswith("set.")
        self.note(Port.FRAMED, name, param if isinstance(param, dict) else {"param": param}, write=write)
        code, told = self._commanded(name, param, asked) if write else self._told(name, param)
        return json.dumps({"code": code, "when": self.clock, "msg": told, "desc": name}).encode()

    def api(self, request: bytes) -> bytes | None:
        """Answer as its API 2 does, which knows what it is and commands nothing."""
        asked = document(request)
        name = str(asked.get("cmd", asked.get("command", "")))
        self.note(Port.API, name, {}, write="enc" in asked)
        if name == "devdetails":
            return json.dumps(self.devdetails()).encode() + b"\0"
        if name != "get_version":
            refusal = {"STATUS": "E", "When": self.clock, "Code": 14, "Msg": "invalid cmd", "Description": ""}
            return json.dumps(refusal).encode() + b"\0"
        told = {"api_ver": "2.0.5", "fw_ver": "20251209.16.Rel2", "platform": "H616", "chip": "K8"}
        answer = {"STATUS": "S", "When": self.clock, "Code": 131, "Msg": told, "Description": ""}
        return json.dumps(answer).encode() + b"\0"

    def _told(self, name: str, param: object) -> tuple[int, object]:
        match name:
            case "get.device.info":
                return 0, self._info()
            case "get.miner.status":
                return self._status(str(param).split("+"))
            case "get.miner.setting" if self.knows_setting:
                return 0, self._setting()
        return -2, "invalid command"

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = recorded(_FOLDER, "get_device_info")["msg"]
        info["miner"] |= {
            "type": self.model.type_name,
            "working": "true" if self.working else "false",
            "hash-percent": str(self.told_percent),
            "fast-boot": "enable" if self.boots_fast else "disable",
        }
        info["network"] |= {"mac": self.machine.build.mac}
        info["system"] |= {
            "api": self.version,
            "apiswitch": "1" if self.open else "0",
            "ledstatus": "manual" if self.blinks else "auto",
        }
        return info | {"salt": self.salt}

    def _setting(self) -> dict[str, Any]:
        return {
            "power-limit": round(self.limit),
            "upfreq-speed": 0,
            "power-mode": "normal",
            "fast-boot": "enable" if self.boots_fast else "disable",
            "target-freq": 0,
            "fast-mining": "disable",
            "power": round(self.limit),
            "power-percent": self.told_percent,
        }

    def _status(self, parts: list[str]) -> tuple[int, object]:
        """Tell what was asked for; of a device that is idle, pools alone are refused."""
        known = {"summary": self._summary, "pools": self._pools, "edevs": self._boards}
        if not parts or any(part not in known for part in parts):
            return -3, "parameter missing"
        if parts == ["pools"] and not self.working:
            return -1, "miner is idle"
        return 0, {part: known[part]() for part in parts}

    def _summary(self) -> dict[str, Any]:
        machine = self.machine
        summary: dict[str, Any] = recorded(_FOLDER, "get_miner_status_summary")["msg"]["summary"]
        inlet, outlet = self.fans
        chips = [self.chip_temperature(board) for board in range(3)]
        return summary | {
            "board-temperature": [self.board_temperature(board) for board in range(3)],
            "chip-temp-avg": chips[1],
            "chip-temp-max": max(chips),
            "chip-temp-min": min(chips),
            "elapsed": int(machine.elapsed),
            "bootup-time": int(machine.elapsed),
            "fan-speed-in": inlet,
            "fan-speed-out": outlet,
            "freq-avg": round(self.model.clock * self.climbed),
            "factory-hash": self.model.hashrate / 1000,
            **dict.fromkeys(("hash-15min", "hash-1min", "hash-average", "hash-realtime"), self.terahash),
            "power-5min": round(machine.told_power, 1),
            "power-realtime": round(machine.told_power, 1),
            "power-limit": round(self.limit),
            "up-freq-finish": 1 if machine.ramped else 0,
        }

    def _pools(self) -> list[dict[str, Any]]:
        pools: list[dict[str, Any]] = recorded(_FOLDER, "get_miner_status_pools")["msg"]["pools"]
        return pools

    def _boards(self) -> list[dict[str, Any]]:
        boards: list[dict[str, Any]] = recorded(_FOLDER, "get_miner_status_edevs")["msg"]["edevs"]
        for place, board in enumerate(boards):
            board |= {
                "chip-temp-max": self.chip_temperature(place),
                "freq": round(self.model.clock * self.climbed, 1),
                "hash-average": round(self.terahash / 3, 2),
                "hash-realtime": round(self.terahash / 3, 2),
            }
        return boards if self.working else []

    def _commanded(self, name: str, param: object, asked: Mapping[str, Any]) -> tuple[int, object]:
        if not self.open:
            return _NO_PERMISSION
        if not self._is_signed(name, asked):
            return self.badly_signed
        return self._carried_out(name, param)

    def _is_signed(self, name: str, asked: Mapping[str, Any]) -> bool:
        moment = asked.get("ts")
        if asked.get("account") != ACCOUNT or not isinstance(moment, int):
            return False
        signed = sha256(f"{name}{self.password}{self.salt}{moment}".encode()).digest()
        in_time = abs(moment - self.clock) <= _SLACK
        return in_time and asked.get("token") == base64.b64encode(signed).decode()[:8]

    def _carried_out(self, name: str, param: object) -> tuple[int, object]:
        match name, param:
            case "set.miner.service", "stop" | "start" | "restart":
                {"stop": self.stop, "start": self.start, "restart": self.restart}[str(param)]()
            case "set.miner.power_percent", {"percent": str(percent), "mode": "fast" | "normal" as mode}:
                taken = percent.isdigit() and self.set_percent(int(percent), fast=mode == "fast")
                return (0, "ok") if taken else (-1, "not ready")
            case "set.miner.power_limit", int(limit):
                self.set_limit(limit)
            case "set.system.led", "auto" | [*_]:
                self.blinks = param != "auto"
            case "set.system.reboot", None:
                self.reboot()
            case "set.system.factory_reset", None:
                self.reset()
            case _:
                return -2, "invalid command"
        return 0, "ok"


WHATSMINER_3 = Kind("whatsminer", "Whatsminer with API 3", Whatsminer3)
