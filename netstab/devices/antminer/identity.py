"""What a miner is, by what it tells of itself. Pure: reads alone, never an action, go into it."""

import re
from collections.abc import Mapping
from typing import Any

from netstab.devices.antminer import configuration
from netstab.devices.antminer.reading import model_name
from netstab.devices.port import Firmware, Identity

__all__ = ["api_identity", "firmware_of", "web_identity"]

_VERSION = re.compile(r"\d+(?:\.\d+)+")
_OTHER_MAKERS = re.compile(r"hiveon|msk|asicseer|braiins|bosminer|rwglr", re.IGNORECASE)


def firmware_of(type_name: str, conf: configuration.Configuration) -> Firmware:
    """Judge by name and configuration: a plain `Antminer S9` may be Vnish, its configuration tells."""
    if _OTHER_MAKERS.search(type_name):
        return Firmware.UNKNOWN
    if "vnish" in type_name.lower() or configuration.is_vnish(conf):
        return Firmware.VNISH
    return Firmware.STOCK


def web_identity(
    system: Mapping[str, Any], conf: configuration.Configuration, firmware: Firmware
) -> Identity:
    """Make an identity of the web server's system information and configuration."""
    type_name = str(system.get("minertype", ""))
    return Identity(
        model=model_name(type_name),
        firmware=firmware,
        firmware_version=_version(type_name),
        mac=str(system.get("macaddr", "")),
        hostname=str(system.get("hostname", "")),
        frequency=configuration.frequency_of(conf),
        controllable=firmware is Firmware.VNISH,
    )


def api_identity(software: Mapping[str, str]) -> Identity:
    """Make an identity of the API's version alone, for a miner whose web server is dead.

    The software names itself `CGMiner` 4.11 on Vnish and `BMMiner` on stock and most others.
    """
    type_name = software.get("Type", "")
    firmware = firmware_of(" ".join([type_name, *software, *software.values()]), {})
    if firmware is Firmware.STOCK and "CGMiner" in software:
        firmware = Firmware.VNISH
    return Identity(
        model=model_name(type_name),
        firmware=firmware,
        firmware_version=_version(type_name),
        mac="",
        hostname="",
        frequency=None,
        controllable=firmware is Firmware.VNISH,
    )


def _version(type_name: str) -> str:
    match = _VERSION.search(type_name)
    return match[0] if match else ""
