"""The row of units that Awesome Miner stands before. Discovery takes its list: none is looked for."""

from netstab.devices.awesome_miner.driver import AwesomeMinerDriver
from netstab.devices.awesome_miner.proof import STOPS_WITHIN
from netstab.devices.family import Family, Timings
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.units import Seconds

__all__ = ["AWESOME_MINER"]

_TIMINGS = Timings(
    start=Seconds(
        300.0
    ),  # the slowest known boots in 240 s, and is seen to hash at Awesome Miner's next polls
    let_in=Seconds(0.0),
    stop=STOPS_WITHIN,
    vanished=Seconds(300.0),  # Awesome Miner may not reach a miner that boots
    counted_on=Seconds(30.0),
)


def _look(endpoint: Endpoint, web: Web) -> Identity:
    return AwesomeMinerDriver(web).identify(endpoint)


AWESOME_MINER = Family(
    key="awesome_miner",
    firmware=Firmware.AWESOME_MINER,
    look=_look,
    driver=AwesomeMinerDriver,
    timings=_TIMINGS,
    tells_capabilities=True,
)
