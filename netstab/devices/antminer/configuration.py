"""The configuration file of an S9 on Vnish, and the positional form that rewrites it. Pure.

The device's script ignores field names and answers `ok` to anything: a form that is not whole wipes pools.
"""

import re
from collections.abc import Mapping
from typing import Any

from netstab.devices.antminer.loose_json import parse, plausible
from netstab.errors import CommandRefused, MalformedAnswer
from netstab.power.models import MinerModel
from netstab.units import Megahertz, Volts

__all__ = [
    "Configuration",
    "check",
    "differences",
    "encode_form",
    "form_fields",
    "frequency_of",
    "is_vnish",
    "parse_configuration",
    "redacted",
    "with_frequency",
]

Configuration = Mapping[str, Any]
"""The file as it is stored: keys like `bitmain-freq`, values as text; what is off is absent."""

_CHIP_FREQUENCIES = ":".join(["0"] * 189)
_FREQUENCIES = (100, 1175)  # MHz, the ends of the web interface's list
_CENTIVOLTS = (790, 950)  # the web interface's range, in steps of 10
_MISPLACED = re.compile(
    r"_ant_\w+="
)  # a field where a value should be: the trace of a form that was not whole

# Form field, configuration key, and what the device's own web interface sends where the key is absent.
_SETTINGS = (
    ("nobeeper", "bitmain-nobeeper", "false"),
    ("notempoverctrl", "bitmain-notempoverctrl", "false"),
    ("fan_customize_switch", "bitmain-fan-ctrl", "false"),
    ("fan_customize_value", "bitmain-fan-pwm", "100"),
    ("freq", "bitmain-freq", "650"),
    ("freq1", "bitmain-freq1", "0"),
    ("freq2", "bitmain-freq2", "0"),
    ("freq3", "bitmain-freq3", "0"),
    ("voltage", "bitmain-voltage", "0"),
    ("voltage1", "bitmain-voltage1", "0"),
    ("voltage2", "bitmain-voltage2", "0"),
    ("voltage3", "bitmain-voltage3", "0"),
    ("fan_rpm_off", "bitmain-fan-rpm-off", "0"),
    ("chip_freq", "bitmain-chip-freq", _CHIP_FREQUENCIES),
    ("autodownscale", "bitmain-autodownscale", "false"),
    ("autodownscale_watch", "bitmain-autodownscale-watch", "false"),
    ("autodownscale_watchtimer", "bitmain-autodownscale-watchtimer", "false"),
    ("autodownscale_timer", "bitmain-autodownscale-timer", "1"),
    ("autodownscale_after", "bitmain-autodownscale-after", "120"),
    ("autodownscale_step", "bitmain-autodownscale-step", "2"),
    ("autodownscale_min", "bitmain-autodownscale-min", "650"),
    ("autodownscale_prec", "bitmain-autodownscale-prec", "75"),
    ("autodownscale_profile", "bitmain-autodownscale-profile", "0"),
    ("minhr", "bitmain-minhr", "0"),
    ("asicboost", "asicboost", "false"),
    ("tempoff", "bitmain-tempoff", "0"),
    ("altdf", "altdf", "true"),
    ("presave", "presave", "0"),  # no setting but the script's mode: 0 restarts the process, 1 only saves
    ("name", "", "0"),
    ("warn", "bitmain-autodownscale-hw", "0"),
    ("maxx", "bitmain-maxx", "0"),
    ("trigger_reboot", "bitmain-trigger-reboot", "0"),
    ("target_temp", "bitmain-target-temp", "0"),
    ("silentstart", "bitmain-silentstart", "false"),
    ("altdfno", "altdfno", "0"),
    ("autodownscale_reboot", "bitmain-autodownscale-reboot", "false"),
    ("hotel_fee", "hotel-fee", "false"),
    ("lpm_mode", "lpm-mode", "false"),
    ("dchain5", "dchain5", "false"),
    ("dchain6", "dchain6", "false"),
    ("dchain7", "dchain7", "false"),
)
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DECODED = frozenset("#$%&,+:;<=>?@[]^{|}/")  # the only escapes that the device's script undoes


def parse_configuration(body: bytes) -> dict[str, Any]:
    """Read `get_miner_conf.cgi`; a key without a value (`"bitmain-fan-ctrl" : ,`) counts as off."""
    return parse(body, missing_value="false")


def check(conf: Configuration) -> None:
    """Refuse a stored configuration that is no base for a new one: writing it back would spread the harm.

    Raises `MalformedAnswer` for what a form that was not whole has left behind.
    """
    corrupted = _MISPLACED.search(repr(conf)) is not None or frequency_of(conf) is None
    voltage = conf.get("bitmain-voltage")
    if corrupted or (voltage is not None and plausible(voltage, 0, 2000) is None):
        raise MalformedAnswer(
            "The miner's stored configuration is corrupted: set pools and frequency anew in its web page."
        )


def is_vnish(conf: Configuration) -> bool:
    """Tell by its keys whether Vnish wrote the configuration."""
    return "bitmain-voltage" in conf and any(key.startswith("bitmain-autodownscale-") for key in conf)


def frequency_of(conf: Configuration) -> Megahertz | None:
    """Give the frequency set for all boards, None where it is not one."""
    frequency = plausible(conf.get("bitmain-freq"), *_FREQUENCIES)
    return None if frequency is None else Megahertz(round(frequency))


def with_frequency(
    conf: Configuration, frequency: Megahertz, voltage: Volts | None, model: MinerModel
) -> dict[str, Any]:
    """Give the configuration changed so that one frequency and voltage hold for all boards and chips.

    `voltage` None takes the model curve's, within the device's range. A preset, a board's or a chip's own
    setting would override the common one, so they go. Raises `CommandRefused` outside the device's range.
    """
    slowest, fastest = model.settable
    if not slowest <= frequency <= fastest:
        raise CommandRefused(f"The miner takes frequencies from {slowest} to {fastest} MHz.")
    return {
        **conf,
        "bitmain-freq": str(frequency),
        "bitmain-voltage": str(_centivolts(frequency, voltage, model)),
        **{f"bitmain-{name}{board}": "0" for name in ("freq", "voltage") for board in (1, 2, 3)},
        "bitmain-chip-freq": _CHIP_FREQUENCIES,
        "bitmain-autodownscale-profile": "0",
    }


def form_fields(conf: Configuration, *, restart: bool = True) -> tuple[tuple[str, str], ...]:
    """Give the 50 fields of `set_miner_conf_custom.cgi` in the one order that the script understands.

    `restart` has the script restart the mining process, which also starts one that is stopped.
    """
    sent = conf if restart else {**conf, "presave": "1"}
    fields = [*_pool_fields(sent), *((name, _setting(sent, key, absent)) for name, key, absent in _SETTINGS)]
    return tuple((f"_ant_{name}", value) for name, value in fields)


def encode_form(fields: tuple[tuple[str, str], ...]) -> bytes:
    """Write a form's body. Raises `CommandRefused` for a character that the device would store escaped."""
    return "&".join(f"{name}={_encoded(name, value)}" for name, value in fields).encode("ascii")


def differences(meant: Configuration, found: Configuration) -> tuple[str, ...]:
    """Name the fields in which two configurations differ; never their values, for pools have passwords."""
    pairs = zip(form_fields(meant), form_fields(found), strict=True)
    return tuple(wanted[0].removeprefix("_ant_") for wanted, stored in pairs if wanted != stored)


def redacted(conf: Configuration) -> dict[str, Any]:
    """Give the configuration without secrets: pool passwords, and whatever a broken form has misplaced."""
    public = {key: value for key, value in conf.items() if not _MISPLACED.search(str(value))}
    if "pools" in public:
        public["pools"] = [
            {key: pool[key] for key in ("url", "user") if key in pool} for pool in _pools(conf)
        ]
    return public


def _centivolts(frequency: Megahertz, voltage: Volts | None, model: MinerModel) -> int:
    low, high = _CENTIVOLTS
    if voltage is None:
        return min(max(round(model.curve.at(frequency).voltage * 100), low), high)
    centivolts = plausible(round(voltage * 10) * 10, low, high) if plausible(voltage, 0, 100) else None
    if centivolts is None:
        raise CommandRefused(f"The miner takes voltages from {low / 100} to {high / 100} V.")
    return int(centivolts)


def _pools(conf: Configuration) -> list[Mapping[str, Any]]:
    pools = conf.get("pools")
    return [pool for pool in pools if isinstance(pool, dict)] if isinstance(pools, list) else []


def _pool_fields(conf: Configuration) -> list[tuple[str, str]]:
    pools = [*_pools(conf), {}, {}, {}][:3]
    keys = (("url", "url"), ("user", "user"), ("pw", "pass"))
    return [
        (f"pool{place}{name}", str(pool.get(key, "")).strip())
        for place, pool in enumerate(pools, start=1)
        for name, key in keys
    ]


def _setting(conf: Configuration, key: str, absent: str) -> str:
    value = conf.get(key, absent)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if key == "bitmain-autodownscale-watchtimer" and text not in ("true", "false"):
        return "true"  # as the device's web interface has it
    return text


def _encoded(name: str, value: str) -> str:
    return "".join(_encoded_character(name, character) for character in value)


def _encoded_character(name: str, character: str) -> str:
    if character in _PLAIN:
        return character
    if character == " ":
        return "+"
    if character in _DECODED:
        return f"%{ord(character):02X}"
    raise CommandRefused(f"The miner cannot store the character {character!r} of the field {name}.")
