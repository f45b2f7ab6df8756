"""The miner's stored configuration and the scripts that write it, with all that they get wrong.

Works on the file's text, as the scripts do: they check nothing, and a bad post leaves a bad file.
"""

import json
from typing import Any

from netstab.devices.antminer.s9 import ANTMINER_S9, POWER_CURVE
from netstab.simulation.boards import Settings
from netstab.simulation.population import Unit

__all__ = [
    "custom_conf",
    "factory",
    "fields",
    "pools",
    "read",
    "rewritten_stock_conf",
    "sed_pools",
    "settings",
]

_FIELDS = (
    "pool1url", "pool1user", "pool1pw", "pool2url", "pool2user", "pool2pw", "pool3url", "pool3user",
    "pool3pw", "nobeeper", "notempoverctrl", "fan_customize_switch", "fan_customize_value", "freq", "freq1",
    "freq2", "freq3", "voltage", "voltage1", "voltage2", "voltage3", "fan_rpm_off", "chip_freq",
    "autodownscale", "autodownscale_watch", "autodownscale_watchtimer", "autodownscale_timer",
    "autodownscale_after", "autodownscale_step", "autodownscale_min", "autodownscale_prec",
    "autodownscale_profile", "minhr", "asicboost", "tempoff", "altdf", "presave", "name", "warn", "maxx",
    "trigger_reboot", "target_temp", "silentstart", "altdfno", "autodownscale_reboot", "hotel_fee",
    "lpm_mode", "dchain5", "dchain6", "dchain7",
)  # fmt: skip
_DECODED = (
    "%23", "%24", "%25", "%26", "%2C", "%2B", "%3A", "%3B", "%3C", "%3D", "%3E", "%3F", "%40", "%5B", "%5D",
    "%5E", "%7B", "%7C", "%7D", "%2F",
)  # fmt: skip
_PRESETS = (
    (475, 860), (500, 860), (550, 870), (600, 870), (631, 880), (650, 880), (675, 880), (700, 860),
    (700, 880), (725, 880), (750, 890), (775, 900), (800, 920), (825, 920), (850, 940), (875, 940),
    (900, 940), (925, 940), (950, 940),
)  # fmt: skip
_VNISH_VALUES = (
    ("warn", "bitmain-autodownscale-hw"),
    ("maxx", "bitmain-maxx"),
    ("autodownscale_timer", "bitmain-autodownscale-timer"),
    ("autodownscale_after", "bitmain-autodownscale-after"),
    ("autodownscale_step", "bitmain-autodownscale-step"),
    ("autodownscale_min", "bitmain-autodownscale-min"),
    ("autodownscale_prec", "bitmain-autodownscale-prec"),
    ("autodownscale_profile", "bitmain-autodownscale-profile"),
    *((f"freq{chain}", f"bitmain-freq{chain}") for chain in (1, 2, 3)),
    *((f"voltage{chain}", f"bitmain-voltage{chain}") for chain in ("", 1, 2, 3)),
    ("chip_freq", "bitmain-chip-freq"),
    ("fan_rpm_off", "bitmain-fan-rpm-off"),
    ("trigger_reboot", "bitmain-trigger-reboot"),
)
_SWITCHES = (
    ("autodownscale", "bitmain-autodownscale"),
    ("autodownscale_watch", "bitmain-autodownscale-watch"),
    ("autodownscale_watchtimer", "bitmain-autodownscale-watchtimer"),
    ("autodownscale_reboot", "bitmain-autodownscale-reboot"),
    ("silentstart", "bitmain-silentstart"),
    ("hotel_fee", "hotel-fee"),
    ("lpm_mode", "lpm-mode"),
    *((f"dchain{chain}", f"dchain{chain}") for chain in (5, 6, 7)),
)
_FACTORY_POOLS = (
    ("solo.antpool.com:3333", "antminer_1", "123"),
    ("stratum.antpool.com:3333", "antminer_1", "123"),
    ("stratum+tcp://cn.ss.btc.com:3333", "antminer.1", "123"),
)


def decode(value: str) -> str:
    """Undo the form's encoding as far as the script does: the rest is stored as it came.

    It undoes one code after the other, so that what `%25` leaves behind may be undone once more.
    """
    value = value.replace("+", " ")
    for code in _DECODED:
        value = value.replace(code, chr(int(code[1:], 16)))
    return value


def fields(form: str) -> dict[str, str]:
    """Take a form's fields by position, as the script does; what is missing becomes empty.

    Only the name expected at a place is cut off: another one stays in the value.
    """
    parts = form.split("&") + [""] * len(_FIELDS)
    return {
        name: decode(part.removeprefix(f"_ant_{name}=")) for name, part in zip(_FIELDS, parts, strict=False)
    }


def custom_conf(form: str) -> str:
    """Write the file that set_miner_conf_custom.cgi leaves behind."""
    values = fields(form)
    pool_values = [(values[f"pool{n}url"], values[f"pool{n}user"], values[f"pool{n}pw"]) for n in (1, 2, 3)]
    lines = _head(pool_values, "A:stats:pools:devs:summary:version", "W:0/0")
    lines += [f'"bitmain-{name}" : true' for name in ("nobeeper", "notempoverctrl") if values[name] == "true"]
    if values["fan_customize_switch"] == "true":
        lines += ['"bitmain-fan-ctrl" : true', f'"bitmain-fan-pwm" : "{values["fan_customize_value"]}"']
    lines += [f'"bitmain-freq" : "{values["freq"]}"', f'"bitmain-minhr" : "{values["minhr"]}"']
    lines += ['"asicboost" : true'] * (values["asicboost"] == "true")
    lines += [f'"bitmain-tempoff" : "{values["tempoff"]}"'] * (values["tempoff"] != "0")
    lines += [f'"altdfno" : "{values["altdfno"]}"'] * (values["altdf"] == "true")
    lines += [f'"{key}" : true' for name, key in _SWITCHES if values[name] == "true"]
    lines += [f'"{key}" : "{values[name]}"' for name, key in _VNISH_VALUES]
    lines += [f'"bitmain-target-temp" : "{values["target_temp"]}"'] * (values["target_temp"] != "0")
    return _file(lines)


def stock_conf(pool_values: list[tuple[str, str, str]], frequency: str) -> str:
    """Write the stock firmware's file."""
    lines = _head(pool_values, "A:stats:pools:devs:summary:version:noncenum", "A:0/0,W:*")
    return _file([*lines, f'"bitmain-freq" : "{frequency}"'])


def _head(pool_values: list[tuple[str, str, str]], groups: str, allow: str) -> list[str]:
    blocks = [
        f'{{\n"url" : "{url}",\n"user" : "{user}",\n"pass" : "{word}"\n}}' for url, user, word in pool_values
    ]
    return [
        '"pools" : [\n' + ",\n".join(blocks) + "\n]\n",
        '"api-listen" : true',
        '"api-network" : true',
        f'"api-groups" : "{groups}"',
        f'"api-allow" : "{allow}"',
        '"bitmain-use-vil" : true',
    ]


def _file(lines: list[str]) -> str:
    return "{\n" + ",\n".join([*lines, '"multi-version" : "1"']) + "\n}\n"


def sed_pools(conf: str, form: str) -> str:
    """Edit the pools' lines as set_miner_conf.cgi does, in place and by number.

    A value with a slash breaks its sed command and leaves the line; `&` inserts the old text.
    """
    lines = conf.split("\n")
    values = list(fields(form).values())
    keys = ("url", "user", "pass")
    places = [(5 * pool + 3 + row, key) for pool in range(3) for row, key in enumerate(keys)]
    for (number, key), value in zip(places, values, strict=False):
        if "/" in value or number >= len(lines):
            continue
        before, quote, old = lines[number].partition('"')
        if quote:
            new = f'"{key}" : "{value}"' + "," * (key != "pass")
            lines[number] = before + new.replace("&", quote + old)
    return "\n".join(lines)


def rewritten_stock_conf(form: str) -> str:
    """Write what the stock script stores of its 14 fields."""
    values = list(fields(form).values())
    triples = [(values[n], values[n + 1], values[n + 2]) for n in (0, 3, 6)]
    return stock_conf(triples, values[13])


def factory(unit: Unit) -> str:
    """Write the configuration that a unit comes with."""
    if unit.stock:
        return stock_conf(list(_FACTORY_POOLS), str(unit.frequency))
    volts = POWER_CURVE.at(unit.frequency).voltage
    return custom_conf(_factory_form(unit.frequency, round(volts * 100), unit.asicboost))


def _factory_form(frequency: int, voltage: int, asicboost: bool) -> str:
    values = dict.fromkeys(_FIELDS, "0")
    for number, triple in enumerate(_FACTORY_POOLS, 1):
        for name, value in zip(("url", "user", "pw"), triple, strict=True):
            values[f"pool{number}{name}"] = value.replace("+", "%2B")
    values |= {
        "freq": str(frequency),
        "voltage": str(voltage),
        "chip_freq": ":".join("0" * ANTMINER_S9.chips),
        "autodownscale_timer": "1",
        "autodownscale_after": "120",
        "autodownscale_step": "2",
        "autodownscale_min": "650",
        "autodownscale_prec": "75",
        "altdf": "true",
        "asicboost": str(asicboost).lower(),
    }
    return "&".join(f"_ant_{name}={value}" for name, value in values.items())


def read(conf: str) -> dict[str, Any]:
    """Parse a stored file; one that is no JSON reads as empty, as the mining process would find it."""
    try:
        parsed = json.loads(conf, strict=False)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def pools(conf: dict[str, Any]) -> list[dict[str, str]]:
    listed = conf.get("pools")
    return listed if isinstance(listed, list) else []


def settings(conf: dict[str, Any], fallback: int) -> Settings:
    """Say how the mining process drives the boards by this file; nonsense leaves the `fallback` in MHz.

    An active preset overrides frequency and voltage.
    """
    preset = _number(conf.get("bitmain-autodownscale-profile"), 1, len(_PRESETS))
    if preset:
        frequency, voltage = _PRESETS[preset - 1]
    else:
        frequency = _number(conf.get("bitmain-freq"), 100, 1175) or fallback
        usual = round(POWER_CURVE.at(frequency).voltage * 100)
        voltage = _number(conf.get("bitmain-voltage"), 790, 950) or usual
    return Settings(frequency, voltage / 100, conf.get("asicboost") is True)


def _number(text: object, low: int, high: int) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    return 0
