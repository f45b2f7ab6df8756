"""The family of Vnish 1.x on Antminers from the S17 on. The S9's Vnish 3.x is another one."""

from netstab.devices.family import Credential, Family, Timings, Waits
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.vnish.driver import VnishRestDriver
from netstab.devices.vnish.session import TOO_MANY_FOR, VNISH_PASSWORD, WRONG_FOR
from netstab.devices.web import Web
from netstab.units import Seconds

__all__ = ["VNISH_REST"]

_TIMINGS = Timings(
    start=Seconds(600.0),  # two to five minutes, and up to five more where its owner has set a delay
    stop=Seconds(120.0),  # not documented
    boot=Seconds(300.0),
    vanished=Seconds(180.0),
    wrong_password=Waits(WRONG_FOR, TOO_MANY_FOR),
)

_CREDENTIALS = (Credential(VNISH_PASSWORD, "admin", "password of miners on Vnish 1.x, or AnthillOS"),)


def _look(endpoint: Endpoint, web: Web) -> Identity:
    return VnishRestDriver(web).identify(endpoint)


VNISH_REST = Family(
    key="vnish_rest",
    firmware=Firmware.VNISH,
    look=_look,
    driver=VnishRestDriver,
    timings=_TIMINGS,
    tells_capabilities=True,
    version_prefix="1.",
    credentials=_CREDENTIALS,
    reads_freely=True,
)
