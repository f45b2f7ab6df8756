"""The driver of firmware that can be read but not controlled: Bitmain's own, and what is not known better."""

from typing import NoReturn

from netstab.devices.antminer.reads import AntminerReads
from netstab.devices.port import Firmware
from netstab.errors import NotControllable

__all__ = ["StockDriver"]


class StockDriver(AntminerReads):
    """Every control is refused: a watchdog in this firmware restarts whatever is stopped."""

    firmware = Firmware.STOCK

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise NotControllable("A miner with this firmware cannot be controlled from outside: it needs Vnish.")

    sleep = wake = restart = reboot = factory_reset = set_frequency = restore_tuning = find_mode = _refuse
