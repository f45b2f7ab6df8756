"""What the driver makes of each fault of the simulated fleet, over real sockets, by the errors' own names."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.families import driver_for
from netstab.devices.port import Activity, Endpoint, Firmware, always
from netstab.devices.web import Web
from netstab.errors import (
    ConnectionLost,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    PortClosed,
    TimedOut,
    Unauthorized,
)
from netstab.simulation.faults import FAULTS, Fault
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.wire.login import Digest

HASHING = Activity.HASHING
Outcome = Activity | type[DeviceError]


@pytest.fixture
def driver() -> Iterator[VnishDriver]:
    web = Web(login=Digest("root", "root"))
    driver = driver_for(Firmware.VNISH, "Antminer S9", "", web)
    assert isinstance(driver, VnishDriver)
    yield driver
    web.close()


def one_miner(name: str, **figures: Any) -> SimulatedFleet:
    return miners_with(replace(FAULTS[name], share=1.0, **figures), 1)


def miners_with(fault: Fault, count: int) -> SimulatedFleet:
    return SimulatedFleet(count, first_address="127.22.1.1", seed=3, faults=[fault])


def endpoint_of(fleet: SimulatedFleet, index: int = 0) -> Endpoint:
    return Endpoint(fleet.miners[index], fleet.api_port, fleet.http_port)


def outcome(read: Callable[[], Activity]) -> Outcome:
    try:
        return read()
    except DeviceError as error:
        return type(error)


def polled(driver: VnishDriver, fleet: SimulatedFleet, index: int = 0) -> Outcome:
    return outcome(lambda: asyncio.run(driver.poll(endpoint_of(fleet, index))).activity)


def probed(driver: VnishDriver, fleet: SimulatedFleet, index: int = 0) -> Outcome:
    return outcome(lambda: driver.probe(endpoint_of(fleet, index)).activity)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.antminer.reads.API_POLL", 0.3)
    monkeypatch.setattr("netstab.devices.antminer.reads.WEB_READ", 0.3)
    monkeypatch.setattr("netstab.devices.antminer.vnish.COMMAND", 0.3)


@pytest.mark.parametrize(
    ("name", "on_the_port", "on_the_web"),
    [
        ("unauthorized", HASHING, Unauthorized),
        ("html", HASHING, NotAMiner),
        ("dead_boards", HASHING, HASHING),
        ("wrong_power", HASHING, HASHING),
    ],
)
def test_what_answers_wrongly_is_named_on_each_port(
    driver: VnishDriver, name: str, on_the_port: Outcome, on_the_web: Outcome
) -> None:
    with one_miner(name) as fleet:
        assert (polled(driver, fleet), probed(driver, fleet)) == (on_the_port, on_the_web)


def test_garbage_is_never_taken_for_a_miner(driver: VnishDriver) -> None:
    with miners_with(replace(FAULTS["garbage"], share=1.0), 20) as fleet:
        for index in range(20):
            assert {polled(driver, fleet, index), probed(driver, fleet, index)} <= {
                MalformedAnswer,
                NotAMiner,
            }


@pytest.mark.usefixtures("impatient")
def test_a_hung_port_times_out_while_the_web_server_answers(
    driver: VnishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_miner("hung_port") as fleet:
        assert polled(driver, fleet) is TimedOut
        monkeypatch.undo()
        assert probed(driver, fleet) is HASHING


@pytest.mark.usefixtures("impatient")
def test_a_lost_request_is_cut_off_on_the_port_and_unanswered_on_the_web(driver: VnishDriver) -> None:
    with one_miner("packet_loss", figure=(1, 1)) as fleet:
        assert (polled(driver, fleet), probed(driver, fleet)) == (ConnectionLost, TimedOut)
        with pytest.raises(TimedOut):
            driver.sleep(endpoint_of(fleet), always)
        assert fleet.inspect(fleet.miners[0]).stage is Stage.HASHING
        assert fleet.requests(fleet.miners[0]) == ()


@pytest.mark.usefixtures("impatient")
def test_a_flapping_network_hides_both_ports_and_gives_them_back(
    driver: VnishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_miner("flapping", begin=(0, 0), length=(500, 500), period=(1000, 1000)) as fleet:
        assert (polled(driver, fleet), probed(driver, fleet)) == (TimedOut, TimedOut)
        monkeypatch.undo()
        fleet.skip(600)
        assert (polled(driver, fleet), probed(driver, fleet)) == (HASHING, HASHING)


@pytest.mark.usefixtures("impatient")
def test_a_rogue_is_read_on_its_port_and_takes_no_order(
    driver: VnishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_miner("rogue") as fleet:
        with pytest.raises(TimedOut):
            driver.sleep(endpoint_of(fleet), always)
        assert probed(driver, fleet) is TimedOut
        monkeypatch.undo()
        assert polled(driver, fleet) is HASHING


@pytest.mark.usefixtures("impatient")
def test_a_power_cut_silences_a_miner_until_it_has_booted_by_itself(
    driver: VnishDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_miner("power_cut", begin=(500, 500), length=(500, 500)) as fleet:
        fleet.skip(600)
        assert (polled(driver, fleet), probed(driver, fleet)) == (TimedOut, TimedOut)
        monkeypatch.undo()
        fleet.skip(600)
        assert (polled(driver, fleet), probed(driver, fleet)) == (HASHING, HASHING)


def test_a_miner_that_never_wakes_answers_on_the_web_alone(driver: VnishDriver) -> None:
    with one_miner("no_wake") as fleet:
        driver.sleep(endpoint_of(fleet), always)
        driver.wake(endpoint_of(fleet), always)
        fleet.skip(600)
        assert (polled(driver, fleet), probed(driver, fleet)) == (PortClosed, Activity.STOPPED)
