"""The families of devices, in one table, and what is looked up in it. A new family is one row here.

Whatever is not known by a positive sign is of the last family: it is read, and never controlled.
"""

from collections.abc import Mapping
from types import MappingProxyType

from netstab.devices.antminer import family as antminer
from netstab.devices.family import Family
from netstab.devices.port import Endpoint, Firmware, Identity, Readable
from netstab.devices.web import Web
from netstab.errors import DeviceError, MalformedAnswer, NotAMiner, Unreachable

__all__ = ["FAMILIES", "driver_for", "family_of", "identify"]

FAMILIES: Mapping[Firmware, Family] = MappingProxyType(
    {family.key: family for family in (antminer.VNISH, antminer.STOCK, antminer.UNKNOWN)}
)
"""In the order in which an address is asked whether it is of a family."""


def family_of(firmware: Firmware, model: str) -> Family:
    """Return the family of a firmware, on a model that it is known on; else that of unknown devices."""
    family = FAMILIES[firmware]
    return family if family.drives(model) else FAMILIES[Firmware.UNKNOWN]


def driver_for(firmware: Firmware, model: str, web: Web) -> Readable:
    """Return the driver of a firmware on a model; where either is unknown the miner is only read."""
    return family_of(firmware, model).driver(web)


def identify(endpoint: Endpoint, web: Web) -> Identity:
    """Find out what answers there, with reads alone; a sleeping miner is found by its web server.

    Raises `Unauthorized` for a miner whose password was changed, `NotAMiner` for other devices, an
    `Unreachable` where nothing answers.
    """
    missed: DeviceError = NotAMiner("No family of devices knows what answers there.")
    for look in dict.fromkeys(family.look for family in FAMILIES.values()):
        try:
            return look(endpoint, web)
        except (NotAMiner, MalformedAnswer, Unreachable) as error:
            missed = error
    raise missed
