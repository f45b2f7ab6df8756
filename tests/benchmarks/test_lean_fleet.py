"""The benchmark's lean miners are to the product's driver what the simulated fleet's are, and cost less."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from patience import be_patient

from benchmarks.scale.encoded import STATS, EncodedStats
from benchmarks.scale.lean import LeanFleet
from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.port import Activity, Endpoint, Reading, always
from netstab.devices.web import Web
from netstab.errors import DeviceError
from netstab.simulation import api
from netstab.simulation.build import build_devices
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.servers import bound_everywhere
from netstab.units import MinerId
from netstab.wire.login import Digest

FIRST = "127.61.7.1"
COUNT = 3
WAKES = 120.0
"""Seconds of physics after which what was told to start hashes."""


@pytest.fixture(autouse=True)
def _patient_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient(monkeypatch)


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Two free ports, for one fleet after the other."""
    first, second = bound_everywhere(0), bound_everywhere(0)
    with first, second:
        yield first.getsockname()[1], second.getsockname()[1]


def test_a_lean_miner_tells_the_driver_what_a_simulated_one_tells(ports: tuple[int, int]) -> None:
    api_port, http_port = ports
    with SimulatedFleet(
        COUNT,
        first_address=FIRST,
        api_port=api_port,
        http_port=http_port,
        asleep=True,
        beside=0,
        clock=_standing,
    ) as real:
        expected = _a_day(real)
    with LeanFleet(
        COUNT, first_address=FIRST, api_port=api_port, http_port=http_port, clock=_standing
    ) as lean:
        assert _a_day(lean) == expected
    assert sum(isinstance(one, Reading) and one.activity is Activity.HASHING for one in expected) >= 3


def _standing() -> float:
    return 0.0


def _a_day(fleet: SimulatedFleet | LeanFleet) -> list[object]:
    """Find it asleep, wake, tune, and put it to sleep; gives all that was told on the way."""
    driver, told = VnishDriver(Web(login=Digest("root", "root"))), list[object]()
    at = Endpoint(fleet.miners[-1], fleet.api_port, fleet.http_port)

    def look() -> None:
        told.append(_told(lambda: asyncio.run(driver.poll(at))))
        told.append(_told(lambda: driver.probe(at)))
        told.append(_told(lambda: driver.identify(at)))
        told.append(_told(lambda: asyncio.run(driver.pools(at))))

    def after(seconds: float, act: Callable[[], Any]) -> None:
        told.append(_told(act))
        fleet.skip(seconds)
        look()

    look()
    after(WAKES, lambda: driver.wake(at, always))
    after(WAKES, lambda: driver.apply(at, 550, always))
    told.append(_told(lambda: driver.details(at)))
    after(5.0, lambda: driver.sleep(at, always))
    after(WAKES, lambda: driver.reboot(at, always))
    after(5.0, lambda: driver.sleep(at, always, insist=True))
    return told


def _told(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except DeviceError as error:
        return type(error)


def test_an_answer_encoded_once_is_the_real_one_at_any_moment() -> None:
    [device] = build_devices(1, FIRST, DOCUMENT, 7, asleep=True).values()
    encoded = EncodedStats()
    device.miner.wake()
    for moment in (8.0, 9.5, 11.0, 12.0, 47.3, 399.0, 4000.0):
        device.miner.advance(moment)
        assert encoded.answer(device) == api.answer(device, STATS)


def test_a_miner_that_is_not_polled_any_more_counts_with_its_wait(ports: tuple[int, int]) -> None:
    api_port, http_port = ports
    with LeanFleet(1, first_address=FIRST, api_port=api_port, http_port=http_port, clock=_standing) as lean:
        at = Endpoint(MinerId(FIRST), api_port, http_port)
        driver = VnishDriver(Web(login=Digest("root", "root")))
        driver.wake(at, always)
        lean.skip(WAKES)
        for _ in range(2):
            asyncio.run(driver.poll(at))
            lean.skip(5.0)
        lean.skip(20.0)
        assert lean.gaps(WAKES) == [5.0]
        assert lean.gaps(WAKES + 10.0) == [25.0]
