"""The family of LuxOS. It has no credentials: whoever reaches the API port may command it."""

import re

from netstab.devices.family import Family, Timings
from netstab.devices.luxos.driver import LuxosDriver
from netstab.devices.luxos.protocol import SOFTWARE
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.power.unit import Capabilities
from netstab.units import Seconds, Setting

__all__ = ["LUXOS"]

_TIMINGS = Timings(
    start=Seconds(600.0),  # a wake ramps as a boot does, by 5 MHz at a time; how long is not known
    let_in=Seconds(10.0),
    stop=Seconds(60.0),  # boards and supply are switched off; how long that takes is not known
    boot=Seconds(180.0),
    vanished=Seconds(180.0),
)


def _by_name(setting: Setting, _can: Capabilities) -> str:
    return f"profile {setting}"


def _look(endpoint: Endpoint, web: Web) -> Identity:
    return LuxosDriver(web).identify(endpoint)


LUXOS = Family(
    key="luxos",
    firmware=Firmware.LUXOS,
    look=_look,
    says=re.compile(SOFTWARE),
    worded=_by_name,
    driver=LuxosDriver,
    timings=_TIMINGS,
    tells_capabilities=True,
    reads_freely=True,
)
