"""One contract for every driver: against each recorded miner, on real sockets, and the simulated fleet.

What changes a miner is judged by the simulated miner's physical state, never by its answer.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from canned_miner import CannedMiner, Page, VnishPages, fixture, system_info
from waiting import running_time

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.devices.antminer.vnish import VnishDriver
from netstab.devices.families import driver_for, identify
from netstab.devices.offers import finding, restarting, switching, tuning
from netstab.devices.port import Activity, Endpoint, Firmware, Readable, always
from netstab.devices.web import Web
from netstab.errors import (
    DeviceError,
    NotAMiner,
    NotControllable,
    PortClosed,
    TimedOut,
    Unauthorized,
    Withdrawn,
)
from netstab.power.tuning import Tuning
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage
from netstab.simulation.profiles import FIELD
from netstab.units import Megahertz
from netstab.wire.login import Digest

SPEED = 100.0
IDLE = ANTMINER_S9.idle_power
COMMANDS: dict[str, Callable[..., object]] = {
    "sleep": lambda driver, endpoint: switching(driver).sleep(endpoint, always),
    "wake": lambda driver, endpoint: switching(driver).wake(endpoint, always),
    "restart": lambda driver, endpoint: restarting(driver).restart(endpoint, always),
    "reboot": lambda driver, endpoint: restarting(driver).reboot(endpoint, always),
    "factory_reset": lambda driver, endpoint: restarting(driver).factory_reset(endpoint, always),
    "set_frequency": lambda driver, endpoint: tuning(driver).apply(endpoint, Megahertz(500), always),
    "find_mode": lambda driver, endpoint: finding(driver).find_mode(endpoint, enabled=True),
}


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web(login=Digest("root", "root"))
    yield web
    web.close()


@dataclass
class Miner:
    """A mining miner of some origin, and what is known of it."""

    endpoint: Endpoint
    driver: Readable
    version: str
    frequency: int


def vnish_386(web: Web) -> Iterator[Miner]:
    pages = VnishPages(fixture("vnish386_s9_get_miner_conf.json"))
    pages["/cgi-bin/get_system_info.cgi"] = system_info("Antminer S9 (vnish 3.8.6)")
    api = {
        b"stats": fixture("vnish386_s9_stats.raw.txt") + b"\0",
        b"pools": fixture("vnish386_s9_pools.json") + b"\0",
        b"version": fixture("vnish386_s9_version.json") + b"\0",
        b"summary": fixture("stock_s9_2016_summary.json") + b"\0",
    }
    with CannedMiner(pages, api) as miner:
        yield Miner(miner.endpoint, driver_for(Firmware.VNISH, "Antminer S9", "", web), "3.8.6", 650)


def stock(web: Web) -> Iterator[Miner]:
    pages: dict[str, Page] = {
        "/cgi-bin/get_system_info.cgi": system_info("Antminer S9\nV1.3.58"),
        "/cgi-bin/get_miner_status.cgi": fixture("vnish39_script_get_miner_status_mining.derived.json"),
        "/cgi-bin/get_miner_conf.cgi": fixture("stock_s9_get_miner_conf_a.json"),
    }
    api = {
        b"stats": fixture("stock_s9_v1358_stats.raw.txt") + b"\0",
        b"pools": fixture("stock_s9_v1358_pools.json") + b"\0",
        b"version": fixture("stock_s9_v1358_version.json") + b"\0",
        b"summary": fixture("stock_s9_2016_summary.json") + b"\0",
    }
    with CannedMiner(pages, api) as miner:
        yield Miner(miner.endpoint, driver_for(Firmware.STOCK, "Antminer S9", "", web), "1.3.58", 550)


def simulated(web: Web) -> Iterator[Miner]:
    with SimulatedFleet(1, first_address="127.21.1.1", speed=SPEED) as fleet:
        endpoint = Endpoint(fleet.miners[0], fleet.api_port, fleet.http_port)
        yield Miner(endpoint, driver_for(Firmware.VNISH, "Antminer S9", "", web), "3.9.0", 650)


@pytest.fixture(params=[vnish_386, stock, simulated], ids=lambda origin: origin.__name__)
def miner(request: pytest.FixtureRequest, web: Web) -> Iterator[Miner]:
    yield from request.param(web)


def test_the_port_and_the_web_server_show_the_same_mining_miner(miner: Miner) -> None:
    for reading in (asyncio.run(miner.driver.poll(miner.endpoint)), miner.driver.probe(miner.endpoint)):
        assert reading.activity is Activity.HASHING
        assert reading.power == pytest.approx(1450, rel=0.05)
        assert 12_000 < reading.hashrate < 15_000
        assert isinstance(reading.setting, int)
        assert 600 <= reading.setting <= 650
        assert (reading.elapsed or 0) > 1000
        assert [board.chips_ok for board in reading.boards] == [63, 63, 63]
        assert len(reading.fans) == 2
        assert 40 < (reading.temperature or 0) < 95


def test_a_miner_is_identified_by_reads_alone(miner: Miner, web: Web) -> None:
    found = identify(miner.endpoint, web)
    assert (found.model, found.firmware_version) == ("Antminer S9", miner.version)
    assert (found.firmware, found.capabilities.controllable) == (
        miner.driver.firmware,
        found.firmware is Firmware.VNISH,
    )
    assert (found.hostname, found.setting) == ("antMiner", miner.frequency)


def test_details_hold_everything_but_secrets(miner: Miner) -> None:
    details = miner.driver.details(miner.endpoint)
    assert details.reading.activity is Activity.HASHING
    assert details.system["minertype"].startswith("Antminer S9")
    assert len(details.status["devs"]) == 3
    assert set(details.shares) == {"accepted", "rejected", "stale", "hw_errors"}
    assert details.shares["accepted"] > 0
    assert details.config["bitmain-freq"] == str(miner.frequency)
    assert details.config["pools"]
    assert not any("pass" in pool for pool in details.config["pools"])
    listed = asyncio.run(miner.driver.pools(miner.endpoint))
    assert [pool.url for pool in details.pools] == [pool.url for pool in listed]


def test_pools_are_listed_with_their_state(miner: Miner) -> None:
    pools = asyncio.run(miner.driver.pools(miner.endpoint))
    assert [pool.position for pool in pools] == list(range(len(pools)))
    assert pools[0].status == "Alive"
    assert pools[0].stratum_active
    assert pools[0].accepted > 0


@pytest.mark.parametrize("command", COMMANDS)
def test_firmware_without_control_refuses_each_command(command: str, web: Web) -> None:
    for recorded in stock(web):
        with pytest.raises(NotControllable):
            COMMANDS[command](recorded.driver, recorded.endpoint)


# Against the simulated fleet: effects, not answers


@pytest.fixture
def fleet() -> Iterator[SimulatedFleet]:
    with SimulatedFleet(1, first_address="127.21.2.1", speed=SPEED) as fleet:
        yield fleet


@pytest.fixture(autouse=True)
def restart_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netstab.devices.antminer.vnish._RESTART_ANSWER", 0.3)


@pytest.fixture
def endpoint(fleet: SimulatedFleet) -> Endpoint:
    return Endpoint(fleet.miners[0], fleet.api_port, fleet.http_port)


@pytest.fixture
def driver(web: Web) -> VnishDriver:
    return VnishDriver(web)


def reach(fleet: SimulatedFleet, holds: Callable[[Stage], bool]) -> None:
    """Let physics go on until the miner's stage is such."""
    for _ in range(400):
        if holds(fleet.inspect(fleet.miners[0]).stage):
            return
        fleet.skip(2)
    pytest.fail(f"the miner stays {fleet.inspect(fleet.miners[0]).stage}")


def polled(driver: VnishDriver, endpoint: Endpoint) -> Activity:
    return asyncio.run(driver.poll(endpoint)).activity


def test_a_sleeping_miner_keeps_its_web_server(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver, web: Web
) -> None:
    driver.sleep(endpoint, always)
    assert fleet.inspect(endpoint.miner_id).stage is Stage.DOWN
    fleet.skip(30)
    assert fleet.true_power() < 60
    with pytest.raises(PortClosed):
        polled(driver, endpoint)
    reading = driver.probe(endpoint)
    assert (reading.activity, reading.power, reading.hashrate) == (Activity.STOPPED, IDLE, 0.0)
    assert identify(endpoint, web).firmware is Firmware.VNISH
    details = driver.details(endpoint)
    assert (details.reading.activity, details.status, details.pools) == (Activity.STOPPED, {}, ())


def test_a_miner_that_denies_sleep_is_stopped_all_the_same(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    fleet.tamper(endpoint.miner_id, lambda device: device.store(device.conf.replace("W:0/0", "A:0/0,W:*")))
    driver.restart(endpoint, always)
    reach(fleet, lambda stage: stage is Stage.HASHING)
    driver.sleep(endpoint, always)
    assert fleet.inspect(endpoint.miner_id).stage is Stage.DOWN


def test_wake_reboots_the_system_once_and_the_miner_hashes_again(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    driver.sleep(endpoint, always)
    boots = fleet.inspect(endpoint.miner_id).boots
    driver.wake(endpoint, always)
    assert fleet.inspect(endpoint.miner_id).boots == boots + 1
    reach(fleet, lambda stage: stage is Stage.HASHING)
    fleet.skip(60)
    assert polled(driver, endpoint) is Activity.HASHING
    assert driver.probe(endpoint).activity is Activity.HASHING
    assert fleet.inspect(endpoint.miner_id).boots == boots + 1


def test_a_process_that_boots_is_not_taken_for_a_sleeping_miner(web: Web, driver: VnishDriver) -> None:
    sound = replace(FIELD, boot_failure=((1, 0.0),), stock_share=0.0, locked_share=0.0)
    with SimulatedFleet(1, first_address="127.21.3.1", asleep=True, profile=sound) as fleet:
        endpoint = Endpoint(fleet.miners[0], fleet.api_port, fleet.http_port)
        assert driver.probe(endpoint).activity is Activity.STOPPED
        driver.wake(endpoint, always)
        reach(fleet, lambda stage: stage is Stage.STARTING)
        assert driver.probe(endpoint).activity is Activity.STARTING


def test_restart_is_taken_though_it_is_never_answered(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    before = asyncio.run(driver.poll(endpoint)).elapsed
    started, ran = time.monotonic(), running_time()
    driver.restart(endpoint, always)
    assert time.monotonic() - started >= 0.3
    assert running_time() - ran < 5
    reach(fleet, lambda stage: stage is Stage.HASHING)
    fleet.skip(10)
    after = asyncio.run(driver.poll(endpoint)).elapsed
    assert (after or 0) < (before or 0)


def test_a_factory_reset_and_a_reboot_boot_the_system(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    boots = fleet.inspect(endpoint.miner_id).boots
    driver.factory_reset(endpoint, always)
    reach(fleet, lambda stage: stage is Stage.HASHING)
    driver.reboot(endpoint, always)
    assert fleet.inspect(endpoint.miner_id).boots == boots + 2


def test_a_frequency_is_stored_whole_and_run(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    before = json.loads(fleet.inspect(endpoint.miner_id).conf)
    assert driver.apply(endpoint, Megahertz(500), always)
    after = json.loads(fleet.inspect(endpoint.miner_id).conf)
    assert (after["bitmain-freq"], after["bitmain-voltage"]) == ("500", "850")
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed <= {"bitmain-freq", "bitmain-voltage"}
    reach(fleet, lambda stage: stage is Stage.HASHING)
    fleet.skip(60)
    assert fleet.inspect(endpoint.miner_id).frequency == 500
    reading = asyncio.run(driver.poll(endpoint))
    assert reading.setting == 500
    assert reading.power == pytest.approx(1000, rel=0.03)


def test_a_preset_is_kept_before_it_is_changed_and_put_back_exactly(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver, web: Web
) -> None:
    def conf() -> dict[str, object]:
        parsed: dict[str, object] = json.loads(fleet.inspect(endpoint.miner_id).conf)
        return parsed

    own = conf() | {"bitmain-autodownscale-profile": "3", "bitmain-freq2": "600", "bitmain-chip-freq": "1:2"}
    fleet.tamper(endpoint.miner_id, lambda device: device.store(json.dumps(own)))
    assert identify(endpoint, web).setting == 550
    kept: list[Tuning] = []

    def keep(tuning: Tuning) -> None:
        assert conf() == own
        kept.append(tuning)

    assert driver.apply(endpoint, Megahertz(475), always, keep)
    assert conf()["bitmain-autodownscale-profile"] == conf()["bitmain-freq2"] == "0"
    (tuning,) = kept
    assert (tuning.setting, tuning.plain) == (550, False)
    assert driver.restore(endpoint, tuning, always)
    assert conf() == own
    assert not driver.restore(endpoint, tuning, always)


def test_nothing_is_changed_where_a_tuning_cannot_be_kept(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    def refuse(_tuning: Tuning) -> None:
        raise DeviceError("The log is full.")

    with pytest.raises(DeviceError, match="full"):
        driver.apply(endpoint, Megahertz(475), always, refuse)
    assert fleet.commands(endpoint.miner_id) == ()


def test_what_somebody_else_has_set_meanwhile_is_not_put_back(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    kept: list[Tuning] = []
    driver.apply(endpoint, Megahertz(475), always, kept.append)
    changed = json.loads(fleet.inspect(endpoint.miner_id).conf) | {"bitmain-autodownscale-profile": "6"}
    fleet.tamper(endpoint.miner_id, lambda device: device.store(json.dumps(changed)))
    assert not driver.restore(endpoint, kept[0], always)
    assert json.loads(fleet.inspect(endpoint.miner_id).conf) == changed


def test_a_frequency_that_is_set_already_is_not_written_again(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    assert driver.apply(endpoint, Megahertz(500), always)
    commands = fleet.commands(endpoint.miner_id)
    assert not driver.apply(endpoint, Megahertz(500), always)
    assert fleet.commands(endpoint.miner_id) == commands


def test_find_mode_blinks_and_stops(fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver) -> None:
    for enabled in (True, False):
        assert driver.find_mode(endpoint, enabled) is enabled
        assert fleet.inspect(endpoint.miner_id).find_mode is enabled


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "find_mode"])
def test_a_withdrawn_command_leaves_the_miner_untouched(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver, command: str
) -> None:
    tunes = command == "set_frequency"
    call: Callable[..., object] = driver.apply if tunes else getattr(driver, command)
    with pytest.raises(Withdrawn):
        call(endpoint, *((Megahertz(500),) if tunes else ()), lambda: False)
    assert fleet.commands(endpoint.miner_id) == ()
    assert fleet.inspect(endpoint.miner_id).stage is Stage.HASHING


def test_a_sleeping_miner_takes_a_frequency_and_sleeps_on(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver
) -> None:
    driver.sleep(endpoint, always)
    fleet.skip(60.0)
    assert driver.apply(endpoint, Megahertz(500), always)
    assert '"bitmain-freq" : "500"' in fleet.inspect(endpoint.miner_id).conf
    fleet.skip(60.0)
    assert fleet.inspect(endpoint.miner_id).stage is Stage.DOWN


def test_identification_and_reading_never_touch_a_miner(
    fleet: SimulatedFleet, endpoint: Endpoint, driver: VnishDriver, web: Web
) -> None:
    identify(endpoint, web)
    driver.details(endpoint)
    asyncio.run(driver.pools(endpoint))
    driver.probe(endpoint)
    polled(driver, endpoint)
    assert fleet.commands(endpoint.miner_id) == ()


def test_a_locked_miner_is_told_from_one_that_is_gone_or_is_none(
    fleet: SimulatedFleet, endpoint: Endpoint, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (("reads", "WEB_READ"), ("reads", "API_POLL")):
        monkeypatch.setattr(f"netstab.devices.antminer.{module}.{name}", 0.3)

    def found() -> type[DeviceError]:
        with pytest.raises(DeviceError) as caught:
            identify(endpoint, web)
        return type(caught.value)

    fleet.change_password(endpoint.miner_id, "else")
    assert found() is Unauthorized
    fleet.answer_instead(endpoint.miner_id, web=b"<!DOCTYPE html><html>AnthillOS</html>", api=b"SSH-2.0")
    assert found() is NotAMiner
    fleet.hang(endpoint.miner_id)
    assert found() is TimedOut


def test_an_s9_without_its_own_web_server_is_known_by_its_port_and_not_controlled(
    fleet: SimulatedFleet, endpoint: Endpoint, web: Web
) -> None:
    fleet.answer_instead(endpoint.miner_id, web=b"<!DOCTYPE html><html>AnthillOS</html>")
    found = identify(endpoint, web)
    assert (found.model, found.firmware, found.capabilities.controllable) == (
        "Antminer S9",
        Firmware.UNKNOWN,
        False,
    )


def test_a_miner_with_a_dead_web_server_is_identified_by_its_port(
    fleet: SimulatedFleet, endpoint: Endpoint, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netstab.devices.antminer.reads.WEB_READ", 0.3)
    fleet.hang(endpoint.miner_id, api=False, web=True)
    found = identify(endpoint, web)
    assert (found.model, found.firmware, found.mac) == ("Antminer S9", Firmware.VNISH, "")
