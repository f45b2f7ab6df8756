"""What a device is, by what it tells of itself. Pure: only positive signs make it one to be switched."""

import re
from collections.abc import Mapping
from typing import Any

from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.naming import OTHER_FIRMWARE, label
from netstab.devices.antminer_stock.figures import AS_SET
from netstab.devices.antminers import Antminer, antminer_named
from netstab.devices.port import Firmware, Identity
from netstab.power.unit import COMMON_IDLE_POWER, Capabilities, OperatingPoint, PowerSource

__all__ = ["identity", "model_of"]

_LONGEST_HOSTNAME = 253
_VNISH = "vnish"
_BITMAIN = re.compile(r"bmminer|antminer|access denied", re.IGNORECASE)


def model_of(system: Mapping[str, Any], software: str) -> Antminer | None:
    """Return the model of an Antminer on its maker's firmware; None of all else.

    `software` is the API port's answer to `version`, "" where it gave none: with the same pages another
    firmware names itself there, and behind one address there may be another machine. Bitmain's own names
    itself too, or lets nobody ask.
    """
    names = f"{system.get('minertype', '')} {software}"
    if OTHER_FIRMWARE.search(names) or _VNISH in names.lower():
        return None
    if software and not _BITMAIN.search(software):
        return None
    type_name = label(system.get("minertype"))
    return antminer_named(type_name) if type_name.lower().startswith("antminer") else None


def identity(
    model: Antminer,
    system: Mapping[str, Any],
    *,
    switchable: bool,
    measured: bool,
    provisional: bool,
) -> Identity:
    """Make an identity; one that cannot be switched is only read."""
    return Identity(
        model=model.name,
        firmware=Firmware.STOCK,
        firmware_version=label(system.get("system_filesystem_version")),
        mac=mac_of(system.get("macaddr")),
        hostname=label(system.get("hostname"), _LONGEST_HOSTNAME),
        setting=AS_SET,
        capabilities=_capabilities(model, measured=measured) if switchable else Capabilities(),
        provisional=provisional,
    )


def _capabilities(model: Antminer, *, measured: bool) -> Capabilities:
    return Capabilities(
        switchable=True,
        steps=(OperatingPoint(model.power, model.hashrate, AS_SET),),
        power_source=PowerSource.MEASURED if measured else PowerSource.MODELLED,
        asleep=COMMON_IDLE_POWER,
    )
