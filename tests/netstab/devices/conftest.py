"""Drivers that wait for a device as long as this host may take: a test of a deadline sets its own."""

import pytest
from waiting import PATIENCE


@pytest.fixture(autouse=True)
def _patient_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = ("reads.API_POLL", "reads.WEB_READ", "reads.DETAILS", "reads._API_DETAILS")
    for deadline in (*waits, "vnish.WEB_READ", "vnish.COMMAND"):
        monkeypatch.setattr(f"netstab.devices.antminer.{deadline}", PATIENCE)
