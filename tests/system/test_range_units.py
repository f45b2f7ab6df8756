"""Units that take any power of a range, over HTTP JSON, from the scan to the setpoint."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from harness import Controller, wait_until
from made_up import WATTS, MadeUpDevice
from range_site import range_site

from actors.messages import SetTarget
from netstab.dispatch.setpoint import Setpoint
from netstab.units import MinerId, Version, Watts

BLOCK = "127.99.15."


Site = tuple[Controller, list[MadeUpDevice]]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with range_site(BLOCK, 3, tmp_path, monkeypatch) as site:
        yield site


def draws(devices: list[MadeUpDevice], kilowatts: float) -> bool:
    drawn = sum(device.power for device in devices)  # asleep as well
    return abs(drawn - 1000 * kilowatts) <= 10


def test_a_fleet_of_range_units_is_found_and_follows_its_target_without_a_restart(
    site: Site,
) -> None:
    api, found = site
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
    site: Site,
) -> None:
    (api, found), miner_id = site, MinerId(f"{BLOCK}1")
    device = found[0]
    api.wait_for(mining_miners=3)
    point = WATTS.point(Watts(2004.0))
    target = SetTarget(Setpoint(running=True, point=point), Version(1_000_000))
    wait_until(lambda: api.fleet.directory.tell_miner(miner_id, target))
    wait_until(lambda: device.power == 2000.0)
    assert wait_until(lambda: api.actor(miner_id)["observed"]["activity"] == "hashing")
    wait_until(lambda: not api.actor(miner_id)["in_transition"])
    assert device.told == [{"limit": 2000}]
