"""What a miner on LuxOS tells: recorded answers with figures of the machine in them. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from netstab.simulation.faces.face import golden
from netstab.simulation.faces.machine import Machine

__all__ = ["Told", "told", "watts_of"]

_AMBIENT, _HOT = 25.0, 47.0  # °C of a board that is off, and of one at full power
_BOARDS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """What the figures are taken from. `elapsed` is the age of the mining process, in s."""

    machine: Machine
    profile: str
    curtailed: bool
    ramping: bool
    atm: bool
    measured: bool
    red_led: str
    elapsed: float

    @property
    def megahash(self) -> float:
        """MH/s of one board."""
        return self.machine.hashrate * 1000 / _BOARDS

    @property
    def temperature(self) -> float:
        return round(_AMBIENT + (_HOT - _AMBIENT) * min(1.0, self.machine.power / self.machine.build.full), 1)


@cache
def _profiles() -> tuple[Mapping[str, Any], ...]:
    return tuple(json.loads(golden("luxos", "profiles.json"))["PROFILES"])


@cache
def watts_of() -> Mapping[str, float]:
    """Return what each profile draws, in W, ascending."""
    return {profile["Profile Name"]: float(profile["Watts"]) for profile in _profiles()}


def told(command: str, present: Told) -> bytes:
    """Answer a read, ended by a NUL as all answers are."""
    answer = json.loads(golden("luxos", f"{command}.json"))
    if fill := _FILLED.get(command):
        fill(answer, present)
    return json.dumps(answer).encode() + b"\0"


def _profile(name: str) -> Mapping[str, Any]:
    return next(profile for profile in _profiles() if profile["Profile Name"] == name)


def _config(answer: dict[str, Any], present: Told) -> None:
    machine = present.machine
    answer["CONFIG"][0].update({
        "CurtailMode": "Sleep" if present.curtailed else "None",
        "IsAtmEnabled": present.atm,
        "IsPowerSupplyOn": not machine.asleep,
        "MACAddr": machine.build.mac,
        "Model": machine.build.model,
        "Profile": present.profile,
        "ProfileStep": _profile(present.profile)["Step"],
        "RedLed": present.red_led,
    })  # fmt: skip


def _devs(answer: dict[str, Any], present: Told) -> None:
    nominal = _profile(present.profile)["Hashrate"] * 1e6 / _BOARDS
    rates = dict.fromkeys(("MHS 5s", "MHS 1m", "MHS 5m", "MHS av"), present.megahash)
    for board in answer["DEVS"]:
        board.update(rates)
        board.update({
            "Device Elapsed": int(present.machine.elapsed),
            "IsRamping": present.ramping,
            "IsUserShutdown": present.curtailed,
            "Nominal MHS": nominal,
            "Profile": present.profile,
            "Temperature": present.temperature,
        })  # fmt: skip


def _power(answer: dict[str, Any], present: Told) -> None:
    answer["POWER"][0].update({"PSU": present.measured, "Watts": round(present.machine.told_power)})


def _stats(answer: dict[str, Any], present: Told) -> None:
    figures, gigahash = answer["STATS"][1], present.machine.hashrate
    figures.update({"Elapsed": int(present.elapsed), "GHS 5s": gigahash, "GHS av": gigahash})
    for board in range(1, _BOARDS + 1):
        figures[f"chain_rate{board}"] = f"{present.megahash / 1000:.2f}"
        figures[f"temp{board}"] = figures[f"temp2_{board}"] = present.temperature


def _summary(answer: dict[str, Any], present: Told) -> None:
    gigahash = present.machine.hashrate
    answer["SUMMARY"][0].update({"Elapsed": int(present.elapsed), "GHS 5s": gigahash, "GHS av": gigahash})


def _fans(answer: dict[str, Any], present: Told) -> None:
    for fan in answer["FANS"]:
        fan["RPM"] = 1200 if present.curtailed else fan["RPM"]


_FILLED: Mapping[str, Callable[[dict[str, Any], Told], None]] = {
    "config": _config,
    "devs": _devs,
    "fans": _fans,
    "power": _power,
    "stats": _stats,
    "summary": _summary,
}
