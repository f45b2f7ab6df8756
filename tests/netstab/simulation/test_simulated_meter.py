"""The simulated site's meter; what it shows is checked by the contract of the meters' drivers."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.instrument import MeterFaults


@pytest.fixture
def site() -> Iterator[SimulatedFleet]:
    with SimulatedFleet(2, first_address="127.9.8.1", meter=True) as fleet:
        yield fleet


def shown(site: SimulatedFleet) -> dict[str, Any]:
    document: dict[str, Any] = requests.get(site.meter_url, timeout=60).json()
    return document


def test_it_shows_the_power_of_the_physics_under_two_names(site: SimulatedFleet) -> None:
    document = shown(site)
    assert document["power"] * 1000 == pytest.approx(site.true_power(), abs=1.0)
    assert document["site"] == {"power_kw": document["power"]}


def test_a_frozen_one_goes_on_showing_its_last_figure(site: SimulatedFleet) -> None:
    before = shown(site)
    site.meter.faults = MeterFaults(frozen=True)
    site.cut_power(site.miners[0])
    assert shown(site) == before
    site.meter.faults = MeterFaults()
    assert shown(site)["power"] < before["power"] - 1


def test_a_taken_port_is_an_error_and_a_fleet_without_a_meter_says_so(site: SimulatedFleet) -> None:
    taken: tuple[dict[str, Any], ...] = (
        {"meter_http_port": site.meter.http_port},
        {"meter_modbus_port": site.modbus_port},
    )
    for ports in taken:
        with pytest.raises(OSError, match="in use"):
            SimulatedFleet(1, first_address="127.9.8.20", meter=True, **ports).start()
    with pytest.raises(RuntimeError, match="without a meter"):
        _ = SimulatedFleet(1).meter_url


def test_both_ports_are_closed_at_the_end_with_somebody_still_there() -> None:
    with SimulatedFleet(1, first_address="127.9.8.30", meter=True) as site:
        site.meter.faults = MeterFaults(silent=True)
        ports = (site.meter.http_port, site.modbus_port)
        peers = [socket.create_connection(("127.0.0.1", port), 5) for port in ports]
        for _ in range(20):
            site.true_power()  # the loop goes round, and takes both connections
    for peer in peers:
        with peer:
            peer.settimeout(5)
            assert not peer.recv(10)
