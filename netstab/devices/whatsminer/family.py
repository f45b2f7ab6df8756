"""The two families of Whatsminers, by the API that commands them. Older ones are read as any other miner.

Firmware with API 3 answers to much of API 2 as well, and is never taken for one of those: API 3 is asked
first, and where firmware is young enough for it and the port only keeps silent, the question stays open.
"""

from contextlib import suppress

from netstab.devices.family import Family, Timings, Waits
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.devices.whatsminer.api2 import may_have_api3
from netstab.devices.whatsminer.credentials import CREDENTIALS
from netstab.devices.whatsminer.driver2 import Whatsminer2Driver
from netstab.devices.whatsminer.driver3 import Whatsminer3Driver
from netstab.errors import ConnectionLost, MalformedAnswer, NotAMiner, PortClosed, TimedOut
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


def _look_3(endpoint: Endpoint, web: Web) -> Identity:
    """Look by API 3; a port that swallows what is sent to it is no reason to ask nobody else."""
    try:
        return Whatsminer3Driver(web).identify(endpoint)
    except TimedOut as error:
        raise NotAMiner("Nothing speaks the API 3 of Whatsminers there in time.") from error


def _look_2(endpoint: Endpoint, web: Web) -> Identity:
    """Look by API 2; what is young enough for API 3 and did not answer to it in time is asked again later."""
    found = Whatsminer2Driver(web).identify(endpoint)
    if may_have_api3(found.firmware_version):
        with suppress(NotAMiner, MalformedAnswer, PortClosed, ConnectionLost):  # it has none, then
            Whatsminer3Driver(web).identify(endpoint)
            raise TimedOut("The miner speaks API 3 as well, and did not answer to it before.")
    return found


WHATSMINER_3 = Family(
    key="whatsminer_3",
    firmware=Firmware.WHATSMINER,
    look=_look_3,
    driver=Whatsminer3Driver,
    timings=_TIMINGS,
    tells_capabilities=True,
    version_prefix="API 3",
    credentials=CREDENTIALS,
)

WHATSMINER_2 = Family(
    key="whatsminer_2",
    firmware=Firmware.WHATSMINER,
    look=_look_2,
    driver=Whatsminer2Driver,
    timings=_TIMINGS,
    tells_capabilities=True,
    version_prefix="API 2",
    credentials=CREDENTIALS,
)
