"""Units that take any power of a range, over HTTP JSON, from the scan to the setpoint."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from harness import Controller, wait_until
from made_up import WATTS, MadeUpDevice, family, made_up_device

from actors.messages import SetTarget
from netstab.devices import families
from netstab.devices.antminer.family import UNKNOWN
from netstab.devices.port import Firmware
from netstab.dispatch.setpoint import Setpoint
from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.units import MinerId, Version, Watts

BLOCK = "127.99.15."


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[MadeUpDevice]]]:
    """Three of them on one port; a wake takes a second."""
    families_with_it = {Firmware.STOCK: family(Firmware.STOCK), Firmware.UNKNOWN: UNKNOWN}
    monkeypatch.setattr(families, "FAMILIES", families_with_it)
    with ExitStack() as stack:
        port, found = 0, []
        for number in (1, 2, 3):
            endpoint, device = stack.enter_context(made_up_device(f"{BLOCK}{number}", port, speed=60.0))
            port = endpoint.http_port
            found.append(device)
        yield port, found


@pytest.fixture
def api(devices: tuple[int, list[MadeUpDevice]], tmp_path: Path) -> Iterator[Controller]:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        settings = {
            "NETSTAB_HOST": "127.0.0.1",
            "NETSTAB_PORT": "0",
            "MINER_NETWORK_CIDR": f"{BLOCK}0/29",
            "MINER_API_PORT": str(nobody.getsockname()[1]),
            "MINER_HTTP_PORT": str(devices[0]),
            "POLL_INTERVAL_SECONDS": "0.2",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'log.db'}",
        }
        with running(read_settings(settings)) as system, Controller(system) as api:
            yield api


def draws(devices: list[MadeUpDevice], kilowatts: float) -> bool:
    drawn = sum(device.power for device in devices if device.running)
    return abs(drawn - 1000 * kilowatts) <= 10


def test_a_fleet_of_range_units_is_found_and_follows_its_target_without_a_restart(
    api: Controller, devices: tuple[int, list[MadeUpDevice]]
) -> None:
    _, found = devices
    api.wait_for(total_miners=3, mining_miners=3, rated_power_kw=9.0)
    for target in (7.5, 6.2, 8.85):
        api.activate(target)
        wait_until(partial(draws, found, target))
    assert not [told for device in found for told in device.told if "run" in told]
    api.deactivate()
    wait_until(lambda: not any(device.running for device in found))
    api.activate(4.0)
    wait_until(partial(draws, found, 4.0))


def test_a_unit_is_tuned_while_it_hashes_and_its_reading_settles_it(
    api: Controller, devices: tuple[int, list[MadeUpDevice]]
) -> None:
    device, miner_id = devices[1][0], MinerId(f"{BLOCK}1")
    api.wait_for(mining_miners=3)
    point = WATTS.point(Watts(2004.0))
    target = SetTarget(Setpoint(running=True, point=point), Version(1_000_000))
    wait_until(lambda: api.fleet.directory.tell_miner(miner_id, target))
    wait_until(lambda: device.power == 2000.0)
    assert wait_until(lambda: api.actor(miner_id)["observed"]["activity"] == "hashing")
    wait_until(lambda: not api.actor(miner_id)["in_transition"])
    assert device.told == [{"limit": 2000}]
