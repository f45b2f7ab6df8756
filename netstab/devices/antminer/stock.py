"""The drivers of what is read and not controlled: Bitmain's own firmware, and all that is not known better.

They offer no control at all: a watchdog in Bitmain's firmware restarts whatever is stopped.
"""

from netstab.devices.antminer.reads import AntminerReads
from netstab.devices.port import Firmware

__all__ = ["StockDriver", "UnknownDriver"]


class StockDriver(AntminerReads):
    firmware = Firmware.STOCK


class UnknownDriver(AntminerReads):
    """Reads as far as a device answers, on the API's port or on a web server like an Antminer's."""

    firmware = Firmware.UNKNOWN
