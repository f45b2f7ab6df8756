"""Which driver belongs to which firmware, and finding out what answers at an address."""

from netstab.devices.antminer.stock import StockDriver
from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.port import Endpoint, Firmware, Identity, MinerDriver
from netstab.devices.web import Web

__all__ = ["driver_for", "identify"]


def driver_for(firmware: Firmware, web: Web) -> MinerDriver:
    """Give the driver of a firmware; an unknown one is only read."""
    return VnishDriver(web) if firmware is Firmware.VNISH else StockDriver(web)


def identify(endpoint: Endpoint, web: Web) -> Identity:
    """Find out what answers there, with reads alone; a sleeping miner is found by its web server.

    Raises `Unauthorized` for a miner whose password was changed, `NotAMiner` for other devices, an
    `Unreachable` where nothing answers.
    """
    return StockDriver(web).identify(endpoint)
