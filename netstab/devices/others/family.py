"""The families of makers whose machines are read and never controlled: their firmware is an unknown one.

What its version begins with tells one from another. None has credentials: what asks for any is not read.
"""

import re
from collections.abc import Callable

from netstab.devices.family import Family
from netstab.devices.others.auradine import MAKER as FLUX_OS
from netstab.devices.others.auradine import AuradineDriver
from netstab.devices.others.avalon import MAKER as CANAAN
from netstab.devices.others.avalon import AvalonDriver
from netstab.devices.others.bitaxe import MAKER as AXE_OS
from netstab.devices.others.bitaxe import BitaxeDriver
from netstab.devices.others.epic import MAKER as EPIC
from netstab.devices.others.epic import EpicDriver
from netstab.devices.others.sealminer import MAKER as BDMINER
from netstab.devices.others.sealminer import SealMinerDriver
from netstab.devices.port import Endpoint, Firmware, Identity, Readable
from netstab.devices.web import Web

__all__ = ["OTHERS"]


def _row(key: str, driver: Callable[[Web], Readable], begins: str, says: str | None) -> Family:
    def look(endpoint: Endpoint, web: Web) -> Identity:
        return driver(web).identify(endpoint)

    return Family(
        key=key,
        firmware=Firmware.UNKNOWN,
        look=look,
        driver=driver,
        tells_capabilities=True,
        version_prefix=begins,
        says=None if says is None else re.compile(says, re.IGNORECASE),
    )


OTHERS = (
    _row("avalon", AvalonDriver, CANAAN, "avalon"),
    _row("auradine", AuradineDriver, FLUX_OS, "gcminer|fluxos"),
    _row("sealminer", SealMinerDriver, BDMINER, BDMINER),
    _row("epic", EpicDriver, EPIC, "^$|^HTTP/"),  # a web server is asked there what it does not understand
    _row("bitaxe", BitaxeDriver, AXE_OS, None),
)
