"""Antminers after the S9 on Bitmain's own firmware, from the scan to the setpoint and over a restart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

import pytest
from harness import Controller, wait_until
from own_address import own_address

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.faces.antminer import S21, AntminerFace
from netstab.simulation.faces.build import build_faces
from netstab.simulation.faces.fleet import FaceFleet

T = TypeVar("T")

LOW_POWER = "3"
UNITS = 3


@pytest.fixture
def devices() -> Iterator[FaceFleet]:
    """Machines whose owner has set them to low power; what they were told is looked through at the end."""
    with FaceFleet(build_faces([(S21, UNITS)], own_address()), speed=100.0) as fleet:
        each(fleet, lambda face: face.set_by_owner(LOW_POWER))
        yield fleet
        assert each(fleet, lambda face: face.machine.forbidden) == [[]] * UNITS
        assert not any(each(fleet, lambda face: face.pools_lost))


def each(fleet: FaceFleet, look: Callable[[AntminerFace], T]) -> list[T]:
    return [fleet.tamper(id_, lambda face: look(cast("AntminerFace", face))) for id_ in fleet.miners]


def modes(fleet: FaceFleet) -> list[str]:
    return each(fleet, lambda face: face.mode)


@contextmanager
def server(fleet: FaceFleet, folder: Path) -> Iterator[Controller]:
    settings = {
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
        "MINER_NETWORK_CIDR": f"{fleet.miners[0].rpartition('.')[0]}.0/29",
        "MINER_API_PORT": str(fleet.api_port),
        "MINER_HTTP_PORT": str(fleet.http_port),
        "POLL_INTERVAL_SECONDS": "0.2",
        "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
    }
    with running(read_settings(settings)) as system, Controller(system) as controller:
        yield controller


def test_they_are_found_rated_by_their_model_and_follow_a_target_by_whole_machines(
    devices: FaceFleet, tmp_path: Path
) -> None:
    with server(devices, tmp_path) as api:
        api.wait_for(total_miners=UNITS, mining_miners=UNITS, rated_power_kw=10.5)
        api.activate(7.0)
        wait_until(lambda: sorted(modes(devices)) == ["1", LOW_POWER, LOW_POWER])
        api.wait_for(mining_miners=2)
        api.activate(10.5)
        api.wait_for(mining_miners=UNITS)
        assert modes(devices) == [LOW_POWER] * UNITS


def test_the_owners_mode_outlasts_a_restart_of_the_server_while_they_sleep(
    devices: FaceFleet, tmp_path: Path
) -> None:
    with server(devices, tmp_path) as api:
        api.wait_for(mining_miners=UNITS)
        api.deactivate()
        wait_until(lambda: modes(devices) == ["1"] * UNITS)
    with server(devices, tmp_path) as api:
        api.wait_for(total_miners=UNITS, mining_miners=0)
        api.activate(10.5)
        api.wait_for(mining_miners=UNITS)
    assert modes(devices) == [LOW_POWER] * UNITS


def test_a_mode_that_the_owner_has_set_meanwhile_is_the_one_that_comes_back(
    devices: FaceFleet, tmp_path: Path
) -> None:
    with server(devices, tmp_path) as api:
        api.wait_for(mining_miners=UNITS)
        for own in ("0", "2"):
            each(devices, lambda face, own=own: face.set_by_owner(own))  # type: ignore[misc]
            api.wait_for(mining_miners=UNITS)
            api.deactivate()
            wait_until(lambda: modes(devices) == ["1"] * UNITS)
            api.wait_for(mining_miners=0)
            api.activate(10.5)
            wait_until(lambda own=own: modes(devices) == [own] * UNITS)  # type: ignore[misc]
            api.wait_for(mining_miners=UNITS)
