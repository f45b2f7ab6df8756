"""What a device says of its own state, and what that comes to. Pure; no text of its messages is judged.

`CurtailMode` None, IsPowerSupplyOn true, one board at least hashing and none on its way up: it hashes. Newer
builds keep the mode over a reboot, older ones wake, so it is read each time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import plausible
from netstab.devices.antminer.naming import label, model_name
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER, NO_POWER
from netstab.devices.luxos.protocol import section
from netstab.devices.port import Activity, Reading
from netstab.errors import MalformedAnswer
from netstab.units import GigahashPerSecond, Watts

__all__ = ["ATM", "Boards", "Config", "Power", "activity", "boards", "config", "power", "reading", "stopped"]

ATM = "ATM"
"""Its agent that changes the profile by temperature."""

_AWAKE, _ASLEEP = ("none", "wakeup"), ("sleep", "idle")
_MOST_BOARDS = 16
_LONGEST_HOSTNAME = 253
_UP = 0.9
"""Of what boards are nominally to give: below it, young ones that ramp have not come up yet."""

_YOUNG = 300.0
"""Seconds that boards count as young after they were switched on. How long a start ramps is not known."""


@dataclass(frozen=True, slots=True)
class Config:
    """What counts of `config`. `curtailed`: told to sleep; `supply_on`: boards are fed, None if not told."""

    curtailed: bool
    supply_on: bool | None
    profile: str
    atm: bool
    red_led: str
    model: str
    mac: str
    hostname: str
    nameplate: GigahashPerSecond | None

    @property
    def asleep(self) -> bool:
        """Whether it sleeps for sure: told to, and nothing feeds the boards."""
        return self.curtailed and self.supply_on is False


@dataclass(frozen=True, slots=True)
class Boards:
    """What counts of `devs`: whether a board is on its way to another frequency, and rates in GH/s.

    `young`: the youngest was switched on a short time ago, so that its ramp is that of a start.
    """

    ramping: bool
    young: bool
    hashrate: GigahashPerSecond
    nominal: GigahashPerSecond


@dataclass(frozen=True, slots=True)
class Power:
    """What it draws, and whether its power supply says so: else it is an estimate of the firmware."""

    drawn: Watts
    measured: bool


def config(answer: bytes) -> Config:
    """Read the answer to `config`; raises `MalformedAnswer` where it tells of no curtailment."""
    told = _first(answer, "CONFIG")
    mode, supply_on = told.get("CurtailMode"), told.get("IsPowerSupplyOn")
    if not isinstance(mode, str) or not isinstance(supply_on, bool | None):
        raise MalformedAnswer("The miner does not say whether it is curtailed.")
    nameplate = plausible(told.get("NameplateTHS"), 0.001, MOST_HASHRATE / 1000)
    return Config(
        curtailed=_curtailed(mode, supply_on),
        supply_on=supply_on,
        profile=label(told.get("Profile")),
        atm=told.get("IsAtmEnabled") is True,
        red_led=label(told.get("RedLed")).casefold(),
        model=model_name(label(told.get("Model"))),
        mac=mac_of(told.get("MACAddr")),
        hostname=label(told.get("Hostname"), _LONGEST_HOSTNAME),
        nameplate=None if nameplate is None else GigahashPerSecond(nameplate * 1000),
    )


def _curtailed(mode: str, supply_on: bool | None) -> bool:
    """Judge the mode; one that is not known by whether the boards are fed."""
    word = mode.strip().casefold()
    return word in _ASLEEP or (word not in _AWAKE and supply_on is False)


def boards(answer: bytes) -> Boards:
    """Read the answer to `devs`."""
    entries = section(answer, "DEVS")[:_MOST_BOARDS]
    return Boards(
        ramping=any(entry.get("IsRamping") is True for entry in entries),
        young=any(plausible(entry.get("Device Elapsed"), 0, _YOUNG) is not None for entry in entries),
        hashrate=_sum(entries, "MHS 5s"),
        nominal=_sum(entries, "Nominal MHS"),
    )


def _sum(entries: list[dict[str, Any]], key: str) -> GigahashPerSecond:
    return GigahashPerSecond(
        sum(plausible(entry.get(key), 0, MOST_HASHRATE * 1000) or 0.0 for entry in entries) / 1000
    )


def power(answer: bytes) -> Power:
    """Read the answer to `power`; raises `MalformedAnswer` where no figure of it can be a miner's."""
    told = _first(answer, "POWER")
    drawn = plausible(told.get("Watts"), 0, MOST_POWER)
    if drawn is None:
        raise MalformedAnswer("The miner's answer has no figure of its power.")
    return Power(Watts(drawn), told.get("PSU") is True)


def _first(answer: bytes, name: str) -> Mapping[str, Any]:
    return next(iter(section(answer, name)), {})


def stopped(told: Config, drawn: Power | None) -> Reading:
    """Return the reading of one that sleeps; its profile is what it would wake to."""
    return Reading(
        activity=Activity.STOPPED,
        power=drawn.drawn if drawn else Watts(0.0),
        hashrate=GigahashPerSecond(0.0),
        setting=told.profile or None,
        elapsed=None,
        boards=(),
        fans=(),
        uncertain="" if drawn else NO_POWER,
        self_tuning=ATM if told.atm else "",
    )


def reading(told: Config, up: Boards, drawn: Power | None, figures: Reading) -> Reading:
    """Judge one whose boards may be fed; `figures` are those of its `stats`."""
    return replace(
        figures,
        activity=activity(told, up),
        power=drawn.drawn if drawn else Watts(0.0),
        setting=told.profile or None,
        uncertain="" if drawn else NO_POWER,
        power_at_most=None,
        self_tuning=ATM if told.atm else "",
    )


def activity(told: Config, up: Boards) -> Activity:
    """Say what it does. One that ramps to another profile hashes; one that ramps up after a wake starts."""
    if up.hashrate <= 0 or told.supply_on is False:
        return Activity.STOPPED if told.curtailed else Activity.STARTING
    starts = up.ramping and up.young and up.hashrate < _UP * up.nominal and not told.curtailed
    return Activity.STARTING if starts else Activity.HASHING
