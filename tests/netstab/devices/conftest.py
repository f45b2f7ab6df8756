"""What tests of drivers share: patience, and ports that are closed."""

import socket
from collections.abc import Iterator

import pytest
from patience import be_patient

from netstab.devices.port import Endpoint
from netstab.units import MinerId


@pytest.fixture(autouse=True)
def _patient_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient(monkeypatch)


@pytest.fixture
def closed() -> Iterator[Endpoint]:
    """An endpoint whose ports are taken, so that nobody else gets them, and closed."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        yield Endpoint(MinerId("127.0.0.1"), one.getsockname()[1], other.getsockname()[1])
