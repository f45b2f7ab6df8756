"""Which driver belongs to which firmware, and finding out what answers at an address."""

from netstab.devices.antminer.stock import StockDriver
from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.port import Endpoint, Firmware, Identity, MinerDriver
from netstab.devices.web import Web
from netstab.power.models import model_named

__all__ = ["driver_for", "identify"]


def driver_for(firmware: Firmware, model: str, web: Web) -> MinerDriver:
    """Return the driver of a firmware on a model; where either is unknown the miner is only read."""
    controllable = firmware is Firmware.VNISH and model_named(model).known
    return VnishDriver(web) if controllable else StockDriver(web)


def identify(endpoint: Endpoint, web: Web) -> Identity:
    """Find out what answers there, with reads alone; a sleeping miner is found by its web server.

    Raises `Unauthorized` for a miner whose password was changed, `NotAMiner` for other devices, an
    `Unreachable` where nothing answers.
    """
    return StockDriver(web).identify(endpoint)
