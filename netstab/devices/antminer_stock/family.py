"""The family of Antminers after the S9 on Bitmain's own firmware."""

from netstab.devices.antminer.family import CREDENTIALS
from netstab.devices.antminer_stock.driver import StockDriver
from netstab.devices.antminer_stock.figures import START_LIMIT
from netstab.devices.antminers import ANTMINERS
from netstab.devices.family import Family, Timings, Waits
from netstab.devices.models import model_named
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.units import Seconds
from netstab.wire.login import Digest

__all__ = ["ANTMINER"]

# How long sleep and wake take is not established: the process restarts within 20-60 s, a start takes minutes
# as a boot does. These bound what is waited for before it counts as a failure; the readings decide.
_TIMINGS = Timings(
    start=START_LIMIT,
    let_in=Seconds(90.0),
    stop=Seconds(180.0),
    boot=Seconds(300.0),
    vanished=Seconds(300.0),
    after_sleep=Waits(Seconds(30.0), Seconds(600.0)),  # each is a configuration written anew
    after_wake=Waits(Seconds(60.0), Seconds(1800.0)),
)


def _look(endpoint: Endpoint, web: Web) -> Identity:
    return StockDriver(web).identify(endpoint)


ANTMINER = Family(
    key="antminer",
    firmware=Firmware.STOCK,
    look=_look,
    driver=StockDriver,
    timings=_TIMINGS,
    models=tuple(model_named(known.name) for known in ANTMINERS),  # their figures come with each device
    credentials=CREDENTIALS,
    login=Digest,
)
