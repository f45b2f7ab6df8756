"""The families that this folder drives: the S9 on Vnish 3.x, on Bitmain's own firmware, and all else.

What is not known any better is asked in the same ways: most firmware answers on the port of the S9's API.
"""

from types import MappingProxyType

from netstab.devices.antminer.s9 import S9_MODELS
from netstab.devices.antminer.stock import StockDriver, UnknownDriver
from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.family import Family, Model, Timings
from netstab.devices.model import MinerModel
from netstab.devices.port import Endpoint, Firmware, Identity
from netstab.devices.web import Web
from netstab.power.unit import Capabilities
from netstab.units import Seconds

__all__ = ["STOCK", "UNKNOWN", "VNISH"]

_TIMINGS = Timings(
    start=Seconds(240.0),  # hashing was seen after 60-130 s, after a mass wake up to 180 s
    stop=Seconds(30.0),  # power falls within seconds
    vanished=Seconds(120.0),  # the web server is back 30-60 s after a reboot was taken
    cure_every=Seconds(3600.0),  # a third of the restarts on real S9 broke the process
)


def _look(endpoint: Endpoint, web: Web) -> Identity:
    return UnknownDriver(web).identify(endpoint)


def _controlled(model: MinerModel) -> Model:
    return Model(model.capabilities, model.idle_power)


def _read(model: MinerModel) -> Model:
    return Model(Capabilities(), model.idle_power)


VNISH = Family(
    key=Firmware.VNISH,
    credentials="antminer",
    look=_look,
    driver=VnishDriver,
    timings=_TIMINGS,
    models=MappingProxyType({model.name: _controlled(model) for model in S9_MODELS}),
)

STOCK = Family(
    key=Firmware.STOCK,
    credentials="antminer",
    look=_look,
    driver=StockDriver,
    timings=_TIMINGS,
    models=MappingProxyType({model.name: _read(model) for model in S9_MODELS}),
)

UNKNOWN = Family(
    key=Firmware.UNKNOWN,
    credentials="antminer",
    look=_look,
    driver=UnknownDriver,
    timings=_TIMINGS,
)
