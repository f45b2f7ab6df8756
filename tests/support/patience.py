"""Drivers that wait for a device as long as this host may take: a test of a deadline sets its own."""

import pytest
from waiting import PATIENCE

__all__ = ["be_patient"]

_WAITS = (
    "reads.API_POLL",
    "reads.WEB_READ",
    "reads.DETAILS",
    "reads._API_DETAILS",
    "vnish.WEB_READ",
    "vnish.COMMAND",
)
_OF_STOCK = (
    "reads.API_POLL",
    "reads.WEB_READ",
    "reads.DETAILS",
    "reads._API_DETAILS",
    "driver.COMMAND",
    "driver.CONFIGURATION",
)


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the drivers of Antminers wait for every answer."""
    for deadline in _OF_STOCK:
        monkeypatch.setattr(f"netstab.devices.antminer_stock.{deadline}", PATIENCE)
    for deadline in _WAITS:
        monkeypatch.setattr(f"netstab.devices.antminer.{deadline}", PATIENCE)
