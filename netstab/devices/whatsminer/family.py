"""The two families of Whatsminers, by the API that commands them. Older ones are read as any other miner.

Firmware with API 3 answers to much of API 2 as well, and is never taken for one of those: API 3 is asked
first, and where firmware is young enough for it and the port only keeps silent, the question stays open.
"""

import re

from netstab.devices.family import Family, Timings, Waits
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.devices.whatsminer.api2 import may_have_api3
from netstab.devices.whatsminer.credentials import CREDENTIALS
from netstab.devices.whatsminer.driver2 import Whatsminer2Driver
from netstab.devices.whatsminer.driver3 import Whatsminer3Driver
from netstab.devices.whatsminer.percents import worded
from netstab.errors import CommandRefused, MalformedAnswer, NotAMiner, PortClosed
from netstab.units import Seconds

__all__ = ["WHATSMINER_2", "WHATSMINER_3"]

_TIMINGS = Timings(
    # To full clock in 6-10 minutes by the maker's manual, 1 with fast boot, and the system's boot before it.
    start=Seconds(900.0),
    let_in=Seconds(60.0),
    stop=Seconds(60.0),  # it powers its boards off within seconds by the same manual
    boot=Seconds(120.0),
    vanished=Seconds(180.0),  # the APIs are gone for seconds at a restart, for a minute or two at a reboot
    after_sleep=Waits(Seconds(5.0), Seconds(60.0)),
    after_wake=Waits(Seconds(60.0), Seconds(1800.0)),  # none is told again while it may climb yet
)


_SAYS = re.compile(r"\A(?!.*antminer).*(?:btminer|bitmicro|whatsminer|cgminer|invalid cmd)", re.I | re.S)  # noqa: FURB167
"""What btminer answers to `version`: its name, that of what it is made from, or that it does not know it."""


def _look_3(endpoint: Endpoint, web: Web) -> Identity:
    return Whatsminer3Driver(web).identify(endpoint)


def _look_2(endpoint: Endpoint, web: Web) -> Identity:
    """Look by API 2; what is young enough for API 3 and keeps silent to it is not known, and asked again."""
    driver = Whatsminer2Driver(web)
    try:
        version = driver.version(endpoint)
    except CommandRefused as error:
        raise NotAMiner("It does not know what a Whatsminer is asked for.") from error
    if may_have_api3(version) and _answers_to_3(endpoint, web):
        raise NotAMiner("The miner has API 3, which it is known by.")
    try:
        return driver.identify(endpoint)
    except CommandRefused as error:
        raise MalformedAnswer(f"It does not tell what a Whatsminer with API 2 tells: {error}") from error


def _answers_to_3(endpoint: Endpoint, web: Web) -> bool:
    try:
        return bool(Whatsminer3Driver(web).identify(endpoint))
    except (NotAMiner, MalformedAnswer, PortClosed):
        return False


WHATSMINER_3 = Family(
    key="whatsminer_3",
    firmware=Firmware.WHATSMINER,
    look=_look_3,
    driver=Whatsminer3Driver,
    timings=_TIMINGS,
    worded=worded,
    tells_capabilities=True,
    version_prefix="API 3",
    credentials=CREDENTIALS,
    reads_freely=True,
)

WHATSMINER_2 = Family(
    key="whatsminer_2",
    firmware=Firmware.WHATSMINER,
    look=_look_2,
    driver=Whatsminer2Driver,
    timings=_TIMINGS,
    worded=worded,
    tells_capabilities=True,
    version_prefix="API 2",
    says=_SAYS,
    credentials=CREDENTIALS,
    reads_freely=True,
)
