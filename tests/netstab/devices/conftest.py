"""Drivers that wait for a device as long as this host may take: a test of a deadline sets its own."""

import socket
from collections.abc import Iterator

import pytest
from waiting import PATIENCE

from netstab.devices.port import Endpoint
from netstab.units import MinerId


@pytest.fixture(autouse=True)
def _patient_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = ("reads.API_POLL", "reads.WEB_READ", "reads.DETAILS", "reads._API_DETAILS")
    for deadline in (*waits, "vnish.WEB_READ", "vnish.COMMAND"):
        monkeypatch.setattr(f"netstab.devices.antminer.{deadline}", PATIENCE)


@pytest.fixture
def closed() -> Iterator[Endpoint]:
    """An endpoint whose ports are taken, so that nobody else gets them, and closed."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        yield Endpoint(MinerId("127.0.0.1"), one.getsockname()[1], other.getsockname()[1])
