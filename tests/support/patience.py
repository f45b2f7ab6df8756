"""Drivers that wait for a device as long as this host may take: a test of a deadline sets its own."""

import pytest
from waiting import PATIENCE

__all__ = ["be_impatient", "be_patient"]

_READS = (
    "antminer.reads.API_POLL",
    "antminer.reads.WEB_READ",
    "antminer_stock.reads.API_POLL",
    "antminer_stock.reads.WEB_READ",
    "braiins.driver.READ",
    "luxos.reads.PROBE",
    "luxos.reads.READ",
    "others.auradine.READ",
    "others.avalon.READ",
    "others.bitaxe.READ",
    "others.epic.READ",
    "others.reads.READ",
    "others.sealminer.READ",
    "site.driver.READ",
    "vnish.reads.LOOK",
    "vnish.reads.READ",
    "whatsminer.driver2.READ",
    "whatsminer.driver3.READ",
)
_OTHERS = (
    "transport.CONNECT",
    "antminer.reads.DETAILS",
    "antminer.reads._API_DETAILS",
    "antminer.vnish.WEB_READ",
    "antminer.vnish.COMMAND",
    "antminer_stock.reads.DETAILS",
    "antminer_stock.reads._API_DETAILS",
    "antminer_stock.driver.COMMAND",
    "antminer_stock.driver.CONFIGURATION",
    "antminer_stock.driver.OLDEST",
    "braiins.driver.COMMAND",
    "braiins.driver.DOCUMENTS",
    "braiins.family.LOOK",
    "braiins.sign.LOOK",
    "whatsminer.driver2.COMMAND",
    "whatsminer.driver3.COMMAND",
)


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the drivers wait for every answer."""
    for deadline in (*_READS, *_OTHERS):
        monkeypatch.setattr(f"netstab.devices.{deadline}", PATIENCE)


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a read end soon: for a device that keeps silent."""
    for deadline in _READS:
        monkeypatch.setattr(f"netstab.devices.{deadline}", 1.0)
