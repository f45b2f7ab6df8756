"""The driver of what is read and not controlled: Bitmain's own firmware, and all that is not known better."""

from typing import NoReturn

from netstab.devices.antminer.reads import AntminerReads
from netstab.devices.port import Firmware
from netstab.errors import NotControllable

__all__ = ["StockDriver"]


class StockDriver(AntminerReads):
    """Every control is refused: a watchdog in this firmware restarts whatever is stopped."""

    firmware = Firmware.STOCK

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise NotControllable("This miner is read and not controlled: only an S9 on Vnish is.")

    sleep = wake = restart = reboot = factory_reset = set_frequency = restore_tuning = find_mode = _refuse
