"""API 2 of a simulated Whatsminer over port 4028: reads in the plain, commands sealed with a token."""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from netstab.simulation.faces.face import Kind, Place
from netstab.simulation.faces.machine import Port
from netstab.simulation.faces.whatsminer import DOWN, Model, Whatsminer, built, document, recorded
from netstab.wire.md5_crypt import md5_crypt

__all__ = ["WHATSMINER_2", "Whatsminer2"]

_FOLDER = "whatsminer_2"
_LASTS = 1800.0  # s of a token
_MOST_TOKENS = 100
_OK, _TOKEN = 131, 134
_UNSEALED = b"\0"

_MODELS = (
    Model("Whatsminer M30S++", "M30S++_VH60", 3472.0, 112_000.0, 640.0),
    Model("Whatsminer M50", "M50_VG30", 3306.0, 114_000.0, 600.0),
    Model("Whatsminer M50S", "M50S_VH40", 3300.0, 126_000.0, 610.0),
)


class Whatsminer2(Whatsminer):
    """`tokens` are the moments it gave them by their signatures, `given` counts all that it ever gave.

    `password` is that of its web server's account; while it is `flooded` others hold all tokens.
    """

    default_password = "admin"  # noqa: S105  # nosec B105  # the maker's

    def __init__(self, place: Place) -> None:
        model = place.rng.choice(_MODELS)
        super().__init__(built(model, place), model)
        self.tokens: dict[str, float] = {}
        self.given = 0
        self.flooded = False
        self.salt = f"{place.rng.getrandbits(40):08x}"[:8]

    @property
    def _key(self) -> str:
        return md5_crypt(self.password, self.salt)

    def api(self, request: bytes) -> bytes | None:
        asked = document(request)
        if not asked:
            return self._said("E", 23, "invalid json") + b"\0"
        if "enc" in asked:
            return self._sealed(str(asked.get("data", "")))
        name = str(asked.get("cmd", asked.get("command", "")))
        self.note(Port.API, name, {}, write=False)
        return self._told(name) + b"\0"

    def _said(self, status: str, code: int, message: object) -> bytes:
        answer = {"STATUS": status, "When": self.clock, "Code": code, "Msg": message, "Description": ""}
        return json.dumps(answer).encode()

    def _told(self, name: str) -> bytes:
        match name:
            case "get_token":
                return self._token()
            case "status":
                return self._answer(name, self._status())
            case "get_miner_info":
                led = "manual" if self.blinks else "auto"
                return self._answer(name, {"mac": self.machine.build.mac, "ledstat": led})
            case "get_version" | "get_psu" | "get_error_code":
                return self._answer(name, {})
            case "summary":
                return self._section(name, "SUMMARY", [self._summary()])
            case "devs" | "edevs":
                return self._section("devs", "DEVS", self._boards())
            case "devdetails":
                return json.dumps(self.devdetails()).encode()
            case "pools":
                return self._section(name, "POOLS", recorded(_FOLDER, name)["POOLS"])
        return self._said("E", 14, "invalid cmd")

    def _answer(self, name: str, figures: Mapping[str, Any]) -> bytes:
        answer = recorded(_FOLDER, name)
        return json.dumps({**answer, "When": self.clock, "Msg": {**answer["Msg"], **figures}}).encode()

    def _section(self, name: str, section: str, entries: list[dict[str, Any]]) -> bytes:
        return json.dumps({"STATUS": recorded(_FOLDER, name)["STATUS"], section: entries, "id": 1}).encode()

    def _status(self) -> dict[str, str]:
        return {
            "mineroff": "false" if self.working else "true",
            "hash_percent": str(self.told_percent),
            "power_limit_set": "",
            "power_mode": "normal",
        }

    def _summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = recorded(_FOLDER, "summary")["SUMMARY"][0]
        inlet, outlet = self.fans
        return summary | {
            "Chip Temp Max": self.chip_temperature(2),
            "Elapsed": int(self.machine.elapsed),
            "Factory GHS": round(self.model.hashrate),
            "Fan Speed In": inlet,
            "Fan Speed Out": outlet,
            "HS RT": self.terahash * 1e6,
            "MHS av": self.terahash * 1e6,
            "Hash Stable": self.machine.ramped,
            "MAC": self.machine.build.mac,
            "Power": round(self.machine.told_power),
            "Power Limit": round(self.limit),
            "Upfreq Complete": 1 if self.machine.ramped else 0,
        }

    def _boards(self) -> list[dict[str, Any]]:
        boards: list[dict[str, Any]] = recorded(_FOLDER, "devs")["DEVS"]
        for place, board in enumerate(boards):
            board |= {
                "Chip Frequency": round(self.model.clock * self.climbed),
                "Chip Temp Max": self.chip_temperature(place),
                "MHS av": round(self.terahash / 3 * 1e6, 2),
                "Temperature": self.board_temperature(place),
            }
        return boards if self.working else []

    def _token(self) -> bytes:
        if not self.open:
            return self._said("E", 45, "permission denied")
        now = self.machine.now
        self.tokens = {sign: at for sign, at in self.tokens.items() if now - at < _LASTS}
        if len(self.tokens) >= _MOST_TOKENS:
            return self._said("S", _TOKEN, "over max connect")
        self.given += 1
        time, new_salt = f"{self.given:04d}", f"{self.machine.random.getrandbits(40):08x}"[:8]
        self.tokens[md5_crypt(self._key + time, new_salt)] = now
        return self._said("S", _TOKEN, {"time": time, "salt": self.salt, "newsalt": new_salt})

    def _sealed(self, data: str) -> bytes:
        """Carry out a command; its answer is sealed as the command was, a refusal comes in the plain."""
        try:
            secret = base64.b64decode(data, validate=True)
        except ValueError:
            return self._said("E", 137, "base64 decode error") + b"\0"
        key = self._key
        asked = document(_cipher(key, secret, opens=True).partition(_UNSEALED)[0])
        name = str(asked.pop("cmd", asked.pop("command", "")))
        token = str(asked.pop("token", ""))
        self.note(Port.API, name or "what it cannot decipher", asked, write=True)
        code, message = self._commanded(name, token, asked)
        answer = self._said("S" if code == _OK else "E", code, message)
        if code != _OK:
            return answer + b"\0"
        filled = answer + bytes(-len(answer) % 16)
        return json.dumps({"enc": base64.b64encode(_cipher(key, filled)).decode()}).encode() + b"\0"

    def _commanded(self, name: str, token: str, asked: Mapping[str, Any]) -> tuple[int, str]:
        given = self.tokens.get(token)
        if not name:
            return 23, "enc json load err"
        if not self.open:
            return 45, "permission denied"
        if self.flooded:
            return 136, "over max connect"
        if given is None or self.machine.now - given >= _LASTS:
            return 135, "token check err"
        return (_OK, "API command OK") if self._carried_out(name, asked) else (132, "API command ERROR")

    def _carried_out(self, name: str, asked: Mapping[str, Any]) -> bool:
        match name, asked:
            case "power_off", _:
                self.stop()
            case "power_on", _:
                self.start()
            case "set_power_pct" | "set_power_pct_v2", {"percent": str(percent)} if percent.isdigit():
                # While the clock climbs it says yes, and nothing comes of it.
                self.set_percent(int(percent), fast=name == "set_power_pct")
            case "adjust_power_limit", {"power_limit": str(limit)} if limit.isdigit():
                self.set_limit(float(limit))
            case "set_led", _:
                self.blinks = asked.get("param") != "auto"
            case "restart_btminer" | "reboot" | "factory_reset", _:
                {"restart_btminer": self.restart, "reboot": self.reboot, "factory_reset": self.reset}[name]()
            case _:
                return False
        return True

    def restart(self, gone: float = DOWN) -> None:
        """Forget all tokens as well."""
        self.tokens = {}
        super().restart(gone)


def _cipher(key: str, content: bytes, *, opens: bool = False) -> bytes:
    """AES-256 in ECB mode, as the maker's manual has it; what is not in blocks comes to nothing."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    if len(content) % 16:
        return b""
    cipher = Cipher(algorithms.AES256(sha256(key.encode()).digest()), modes.ECB())  # noqa: S305  # nosec B305
    turned = cipher.decryptor() if opens else cipher.encryptor()
    return turned.update(content) + turned.finalize()


WHATSMINER_2 = Kind("whatsminer_2", "Whatsminer with API 2", Whatsminer2)
