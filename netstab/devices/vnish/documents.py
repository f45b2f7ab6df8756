"""What Vnish 1.x answers, checked where it is parsed. Pure.

It answers any path that it does not know with status 200 and a page: only JSON of the shape asked for counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import parse, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.figures import MOST_POWER, dug
from netstab.errors import CommandRefused, MalformedAnswer, NotAMiner, Unauthorized
from netstab.units import GigahashPerSecond, Watts
from netstab.wire.http import Answer

__all__ = [
    "Info",
    "Outcome",
    "Performance",
    "Preset",
    "among",
    "document",
    "info",
    "outcome",
    "overclock",
    "performance",
    "presets",
    "token",
    "version_in",
]

_LEAST_POWER = 100.0
_LONGEST = 200  # characters of a device's sentence
_LONGEST_TOKEN = 4096
_MOST_PRESETS = 200
_VERSION = re.compile(r"(?<![\d.])(\d{1,4})\.(\d{1,4})(?:\.\d{1,4}){0,3}(?![\d.])")
_NAMES = ("vnish", "anthill")
_WATTS = re.compile(r"(\d{3,5}) ?(?:watts?|w)\b", re.IGNORECASE)
_TERAHASH = re.compile(r"(\d{1,5}(?:\.\d{1,3})?) ?th", re.IGNORECASE)
_TUNED = "tuned"


def document(answer: Answer) -> dict[str, Any]:
    """Read an object; `NotAMiner` for a page, or a login that the firmware does not know."""
    if answer.status == 404 or answer.challenge or answer.body.lstrip()[:1] == b"<":
        raise NotAMiner("What answers there is a page, and not Vnish 1.x.")
    if answer.status in (401, 403):
        raise Unauthorized(f"The miner does not let us read: {_sentence(answer)}")
    if answer.status != 200:
        raise MalformedAnswer(f"The miner answers with status {answer.status}: {_sentence(answer)}")
    return parse(answer.body)


def among(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return an object within an object, empty where there is none."""
    found = dug(told, *names)
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Info:
    """`GET info`: what it is."""

    version: str
    model: str
    mac: str
    hostname: str

    @property
    def blinks_by_name(self) -> bool:
        """Whether it is told to blink as 1.3 is: `locate-miner`."""
        return version_in(self.version) >= (1, 3)


def info(answer: Answer) -> Info:
    """Read what it is; `NotAMiner` unless it names the firmware and a version of it that is known."""
    if answer.status in (401, 403):
        raise NotAMiner("What answers there asks for a login to say what it is, and is not Vnish 1.x.")
    told = document(answer)
    name, version = label(told.get("fw_name")).casefold(), label(told.get("fw_version"))
    if not name.startswith(_NAMES) or version_in(version)[0] != 1:
        raise NotAMiner("What answers there does not name itself Vnish 1.x.")
    network = among(told, "system", "network_status")
    return Info(
        version,
        label(told.get("miner") or told.get("model")),
        mac_of(network.get("mac")),
        label(network.get("hostname")),
    )


def version_in(text: str) -> tuple[int, int]:
    """Return the first two parts of the version that a text names, (0, 0) where it names none."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


class _Preset(Struct):
    name: str
    pretty: str = ""
    status: str = ""
    modded_psu_required: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A profile of power. `watts` is what it is named after; 0 W of one that sets frequencies by hand.

    To choose one that is not `tuned` begins an auto-tune of an hour and more.
    """

    name: str
    watts: Watts
    hashrate: GigahashPerSecond
    tuned: bool
    needs_other_psu: bool = False


def _preset(told: _Preset) -> Preset:
    name, pretty = label(told.name), label(told.pretty)
    named = _WATTS.search(pretty)
    power = plausible(name if name.isascii() and name.isdigit() else named[1] if named else None, *_POWERS)
    terahash = _TERAHASH.search(pretty)
    rate = plausible(terahash[1] if terahash else None, 0, 1500) or 0.0
    return Preset(
        name,
        Watts(float(round(power or 0.0))),
        GigahashPerSecond(rate * 1000),
        told.status == _TUNED,
        told.modded_psu_required,
    )


_POWERS = (_LEAST_POWER, MOST_POWER)


class _Listed(Struct):
    presets: list[_Preset]


def presets(answer: Answer) -> tuple[Preset, ...]:
    """Read `GET autotune/presets`: a list, or an object that has one."""
    if answer.status != 200:
        raise MalformedAnswer(f"The miner tells no presets: {_sentence(answer)}")
    try:
        listed = msgspec.json.decode(answer.body, type=list[_Preset] | _Listed)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("The miner's list of presets cannot be read.") from error
    found = listed.presets if isinstance(listed, _Listed) else listed
    return tuple(_preset(each) for each in found[:_MOST_PRESETS])


@dataclass(frozen=True, slots=True)
class Performance:
    """`GET perf-summary`: the preset that it runs at, and whether its preset switcher changes that."""

    preset: Preset | None
    switches_presets: bool


def performance(answer: Answer) -> Performance:
    told = document(answer)
    if "current_preset" not in told and "preset_switcher" not in told:
        raise MalformedAnswer("The miner does not say at what preset it runs.")
    try:
        current = msgspec.convert(told.get("current_preset"), _Preset | None)
    except ValueError:
        current = None
    switches = among(told, "preset_switcher").get("enabled") is True
    return Performance(None if current is None else _preset(current), switches)


def overclock(answer: Answer) -> dict[str, Any]:
    """Return the overclock object of `GET settings`, whole: it is sent back, and replaces what is stored."""
    if answer.status == 401:
        raise Unauthorized(f"The miner does not let us read its settings: {_sentence(answer)}")
    try:
        told = msgspec.json.decode(answer.body) if answer.status == 200 else None
    except (ValueError, RecursionError):
        told = None
    found = among(told if isinstance(told, dict) else {}, "miner", "overclock")
    if not isinstance(found.get("preset"), str):
        raise MalformedAnswer("The miner's settings do not name its preset.")
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change wants done for it to hold, if it is `told`. That it was taken, it does not say."""

    restart: bool = False
    reboot: bool = False
    told: bool = False


def outcome(answer: Answer) -> Outcome:
    """See that a command was accepted: by any JSON, or by nothing, as the vendor's document says."""
    if answer.status == 401:
        raise Unauthorized(f"The miner does not know our token: {_sentence(answer)}")
    if answer.status == 403:
        raise Unauthorized(f"The miner does not let us change it: {_sentence(answer)}")
    if answer.status not in (200, 204):
        raise CommandRefused(f"The miner refuses: {_sentence(answer)}")
    if not answer.body.strip():
        return Outcome()
    if answer.body.lstrip()[:1] == b"<":
        raise CommandRefused("The miner answers with a page: this firmware does not know that command.")
    told = _any_json(answer.body)
    if told.get("err"):
        raise CommandRefused(f"The miner refuses: {_sentence(answer)}")
    restart, reboot = told.get("restart_required"), told.get("reboot_required")
    return Outcome(restart is True, reboot is True, told=isinstance(restart, bool))


def _any_json(body: bytes) -> dict[str, Any]:
    """Return the object that it is, an empty one for other JSON."""
    try:
        told = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("The miner's answer to a command is not JSON.") from error
    return told if isinstance(told, dict) else {}


class _Unlocked(Struct):
    token: str


def token(answer: Answer) -> str:
    """Read what `POST unlock` gives: it goes into a header, so it must be plain."""
    try:
        found = msgspec.json.decode(answer.body, type=_Unlocked).token
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer("The miner takes the password and gives no token.") from error
    if not (
        0 < len(found) <= _LONGEST_TOKEN and found.isascii() and found.isprintable() and " " not in found
    ):
        raise MalformedAnswer("The miner gives a token that cannot be shown to it.")
    return found


class _Failed(Struct):
    err: str


def _sentence(answer: Answer) -> str:
    try:
        return (
            label(msgspec.json.decode(answer.body, type=_Failed).err, _LONGEST) or f"status {answer.status}"
        )
    except (ValueError, RecursionError):
        return f"status {answer.status}"
