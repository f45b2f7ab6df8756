"""What a miner is, by what it tells of itself. Pure: reads alone, never an action, go into it.

Only a positive sign of family, firmware and model makes a miner controllable; what is missing makes nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from netstab.devices.antminer import configuration
from netstab.devices.antminer.naming import OTHER_FIRMWARE, firmware_version, label, model_name
from netstab.devices.antminer.tuning import running_frequency
from netstab.devices.models import UNKNOWN, model_named
from netstab.devices.port import Firmware, Identity
from netstab.power.unit import Capabilities

__all__ = ["api_identity", "firmware_of", "mac_of", "names_model", "web_identity"]

_MAC = re.compile(r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}")
_LONGEST_HOSTNAME = 253
_NO_SOFTWARE = frozenset({"API", "CompileTime", "Type"})


def firmware_of(type_name: str, conf: configuration.Configuration) -> Firmware:
    """Judge by name and configuration: a plain `Antminer S9` may be Vnish, its configuration tells.

    An Antminer with neither a name nor a configuration of another firmware is taken for Bitmain's own.
    """
    if OTHER_FIRMWARE.search(type_name):
        return Firmware.UNKNOWN
    if "vnish" in type_name.lower() or configuration.is_vnish(conf):
        return Firmware.VNISH
    return Firmware.STOCK if type_name.lower().startswith("antminer") else Firmware.UNKNOWN


def web_identity(
    system: Mapping[str, Any],
    conf: configuration.Configuration,
    firmware: Firmware,
    *,
    provisional: bool = False,
) -> Identity:
    """Make an identity of the web server's system information and configuration."""
    type_name = str(system.get("minertype", ""))
    model = model_name(type_name)
    return Identity(
        model=model,
        firmware=firmware,
        firmware_version=firmware_version(type_name),
        mac=mac_of(system.get("macaddr")),
        hostname=label(system.get("hostname"), _LONGEST_HOSTNAME),
        setting=running_frequency(conf),
        power_share=configuration.power_share(conf),
        capabilities=_capabilities(firmware, model),
        provisional=provisional,
    )


def api_identity(software: Mapping[str, str], *, provisional: bool = False) -> Identity:
    """Make an identity of the API's version alone, for a miner whose web server tells nothing.

    `CGMiner` 4.11 is the software of Vnish and of many other makers: alone it says nothing.
    """
    type_name = software.get("Type", "")
    names = " ".join([type_name, *software, *software.values()])
    firmware = Firmware.UNKNOWN if OTHER_FIRMWARE.search(names) else firmware_of(type_name, {})
    named = _named(software)
    model = model_name(named) if named else label(_software(software))
    return Identity(
        model=model,
        firmware=firmware,
        firmware_version=firmware_version(type_name),
        mac=mac_of(software.get("MAC")),
        hostname="",
        setting=None,
        capabilities=_capabilities(firmware, model),
        provisional=provisional,
    )


def _capabilities(firmware: Firmware, model: str) -> Capabilities:
    """Only a positive sign of firmware and model lets a miner be controlled."""
    return model_named(model).capabilities if firmware is Firmware.VNISH else Capabilities()


def names_model(software: Mapping[str, str]) -> bool:
    """Tell whether the answer to `version` names the machine and not only its software."""
    return bool(_named(software))


def _named(software: Mapping[str, str]) -> str:
    return next((name for key in ("Type", "PROD", "MODEL") if (name := software.get(key, ""))), "")


def mac_of(value: object) -> str:
    """Return what a device tells as its MAC, "" for what is none."""
    return value if isinstance(value, str) and _MAC.fullmatch(value) else ""


def _software(software: Mapping[str, str]) -> str:
    """Name what names no model by its mining software."""
    return next((name for name in software if name not in _NO_SOFTWARE), UNKNOWN)
