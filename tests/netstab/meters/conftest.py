"""A simulated site, and the meters that its two protocols make."""

from collections.abc import Callable, Iterator

import pytest
from waiting import PATIENCE

from netstab.meters.drivers import meter_for
from netstab.meters.port import ANSWER_WITHIN, Meter
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults
from netstab.units import Timestamp

NOW = Timestamp(1_768_921_500.0)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a meter waited for as long as this host may take: a test of a deadline sets its own."""
    wait_for_meters(monkeypatch, PATIENCE)


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a meter waited for as long as it is in truth."""
    wait_for_meters(monkeypatch, ANSWER_WITHIN)


def wait_for_meters(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    for driver in ("http_json", "modbus"):
        monkeypatch.setattr(f"netstab.meters.{driver}.ANSWER_WITHIN", seconds)
        monkeypatch.setattr(f"netstab.meters.{driver}.CONNECT_WITHIN", seconds)


@pytest.fixture(scope="module")
def running_site() -> Iterator[SimulatedFleet]:
    with SimulatedFleet(3, first_address="127.9.7.1", meter=True) as fleet:
        yield fleet


@pytest.fixture
def site(running_site: SimulatedFleet) -> SimulatedFleet:
    """Three hashing miners and a sound meter."""
    running_site.meter.faults = MeterFaults()
    return running_site


@pytest.fixture
def new_meter() -> Callable[..., Meter]:
    def make(**variables: str) -> Meter:
        names = {f"POWER_METER_{name.upper()}": value for name, value in variables.items()}
        meter = meter_for(read_settings(names).meter, lambda: NOW)
        assert meter is not None
        return meter

    return make
