"""The configuration file of an S9 on Vnish: what is stored, and whether it is sound. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from netstab.devices.antminer.loose_json import parse_exactly, plausible
from netstab.errors import MalformedAnswer
from netstab.units import Megahertz

__all__ = [
    "Configuration",
    "check",
    "frequency_of",
    "is_vnish",
    "parse_configuration",
    "pools_of",
    "power_share",
    "redacted",
]

Configuration = Mapping[str, Any]
"""The file as it is stored: keys like `bitmain-freq`, values as text; what is off is absent."""

_FREQUENCIES = (100, 1175)  # MHz, the ends of the web interface's list
_ASICBOOST = 0.87
_MISPLACED = re.compile(r"_ant_\w{1,40}=")  # a field as a value: the trace of a form that was not whole


def parse_configuration(body: bytes) -> dict[str, Any]:
    """Read `get_miner_conf.cgi`; a key without a value (`"bitmain-fan-ctrl" : ,`) counts as off."""
    return parse_exactly(body, "false")


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
    """Return the frequency set for all boards, None where it is not one."""
    frequency = plausible(conf.get("bitmain-freq"), *_FREQUENCIES)
    return None if frequency is None else Megahertz(round(frequency))


def power_share(conf: Configuration) -> float:
    """Return what a miner set up so draws in units of its curve and of its own figure.

    Neither knows of AsicBoost: the presets of the firmware have 13 to 15 % less power with it.
    """
    return _ASICBOOST if str(conf.get("asicboost")).lower() == "true" else 1.0


def redacted(conf: Configuration) -> dict[str, Any]:
    """Return the configuration without secrets: pool passwords, and whatever a broken form has misplaced."""
    public = {key: value for key, value in conf.items() if not _MISPLACED.search(str(value))}
    if "pools" in public:
        public["pools"] = [
            {key: pool[key] for key in ("url", "user") if key in pool} for pool in pools_of(conf)
        ]
    return public


def pools_of(conf: Configuration) -> list[Mapping[str, Any]]:
    """Return the entries of the pools' list that are any."""
    pools = conf.get("pools")
    return [pool for pool in pools if isinstance(pool, dict)] if isinstance(pools, list) else []
