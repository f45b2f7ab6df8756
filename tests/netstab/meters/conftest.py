"""A simulated site, and the meters that its two protocols make."""

from collections.abc import Callable, Iterator

import pytest

from netstab.meters.drivers import meter_for
from netstab.meters.port import Meter
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults
from netstab.units import Timestamp

NOW = Timestamp(1_768_921_500.0)


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
