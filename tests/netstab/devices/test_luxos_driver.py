"""The driver of LuxOS against a simulated device, over real sockets: its states, its ramps, its refusals."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from canned_miner import CannedMiner, recorded
from luxos_site import Site, luxos_site, refuses

from netstab.devices.families import driver_for, identify
from netstab.devices.port import Activity, Firmware, always
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    NotAMiner,
    NotControllable,
    PortClosed,
    StillStarting,
    TimedOut,
    Withdrawn,
)
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities, PowerSource
from netstab.simulation.faces.machine import Trouble
from netstab.units import Volts


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with luxos_site(monkeypatch) as site:
        yield site


def test_a_sleep_that_holds_already_is_well_whatever_the_device_says_of_it(site: Site) -> None:
    site.asleep()
    refuses(site, "curtail", "already asleep")
    site.driver.sleep(site.endpoint, always)
    with pytest.raises(CommandRefused, match="already asleep"):
        site.driver.wake(site.endpoint, always)


def test_one_that_comes_up_says_so_and_is_asked_once(site: Site) -> None:
    site.asleep()
    site.driver.wake(site.endpoint, always)
    assert site.look().activity is Activity.STARTING
    with pytest.raises(StillStarting, match="initializing"):
        site.driver.sleep(site.endpoint, always)
    assert site.writes == ["logon", "curtail wakeup", "logoff", "logon", "curtail sleep", "logoff"]
    site.until(Activity.HASHING)
    site.driver.sleep(site.endpoint, always)
    assert site.look().activity is Activity.STOPPED


def test_a_wake_starts_until_the_boards_have_come_up(site: Site) -> None:
    site.asleep()
    site.driver.wake(site.endpoint, always)
    seen = []
    for _ in range(60):
        reading = site.look()
        seen.append((reading.activity, reading.power))
        site.fleet.skip(5)
    starting = [power for activity, power in seen if activity is Activity.STARTING]
    hashing = [power for activity, power in seen if activity is Activity.HASHING]
    assert 0.7 * 2794 < max(starting) < 0.95 * 2794 < max(hashing)
    assert seen == sorted(seen, key=lambda one: one[0] is Activity.HASHING)


def test_a_profile_is_ramped_to_without_a_restart_and_hashes_all_the_way(site: Site) -> None:
    born = site.look().elapsed
    assert site.driver.apply(site.endpoint, "290MHz", always)
    powers = []
    for _ in range(30):
        reading = site.look()
        assert (reading.activity, reading.setting) == (Activity.HASHING, "290MHz")
        powers.append(reading.power)
        site.fleet.skip(5)
    assert all(later <= earlier * 1.02 for earlier, later in pairwise(powers))
    assert powers[0] > 2600
    assert powers[-1] < 1250
    assert site.look().elapsed == pytest.approx((born or 0) + 150)
    assert site.driver.apply(site.endpoint, "290MHz", always) is False
    assert site.writes == ["logon", "profileset 290MHz", "logoff"]


def test_a_ramp_from_the_lowest_profile_to_the_highest_is_no_start(site: Site) -> None:
    for profile in ("190MHz", "default"):
        site.driver.apply(site.endpoint, profile, always)
        for _ in range(20):
            assert site.look().activity is Activity.HASHING
            site.fleet.skip(5)
    assert site.look().power > 2600


def test_a_sleeping_device_is_not_even_asked_to_take_a_profile(site: Site) -> None:
    site.asleep()
    with pytest.raises(StillStarting, match="sleeps"):
        site.driver.apply(site.endpoint, "290MHz", always)
    assert site.writes == []


def test_a_profile_is_not_set_against_the_devices_own_agent(site: Site) -> None:
    site.act(lambda face: face.enable_atm())
    assert site.look().self_tuning == "ATM"
    with pytest.raises(CommandRefused, match="ATM"):
        site.driver.apply(site.endpoint, "290MHz", always)
    site.driver.sleep(site.endpoint, always)
    assert site.writes == ["logon", "curtail sleep", "logoff"]


def test_what_its_agent_moves_is_seen_as_that_and_by_its_profile(site: Site) -> None:
    site.act(lambda face: face.enable_atm())
    seen = set()
    for _ in range(40):
        site.fleet.skip(90)
        reading = site.look()
        assert (reading.activity, reading.self_tuning) == (Activity.HASHING, "ATM")
        seen.add(reading.setting)
    assert len(seen) > 1
    assert site.writes == []


def test_nothing_but_the_name_of_a_profile_is_sent_as_one(site: Site) -> None:
    for setting in ("+1", "-2", "2000W", "100THs", "default,autosave", 2000, ""):
        with pytest.raises(CommandRefused):
            site.driver.apply(site.endpoint, setting, always)
    with pytest.raises(CommandRefused):
        site.driver.apply(site.endpoint, "290MHz", always, voltage=Volts(12.0))
    assert site.writes == []
    assert site.driver.restore(site.endpoint, Tuning("default", plain=True, settings=()), always) is False


def test_a_curtailment_that_outlives_a_boot_is_read_after_it(site: Site) -> None:
    for keeps, after_boot in ((True, Activity.STOPPED), (False, Activity.STARTING)):
        site.set(keeps_curtail=keeps)
        site.asleep()
        site.driver.reboot(site.endpoint, always)
        with pytest.raises(PortClosed):
            site.look()
        site.fleet.skip(61)
        assert site.look().activity in (after_boot, Activity.HASHING if not keeps else after_boot)


def test_a_profile_that_was_not_saved_is_seen_to_be_lost_after_a_boot(site: Site) -> None:
    site.set(autosave=False)
    site.driver.apply(site.endpoint, "290MHz", always)
    site.driver.reboot(site.endpoint, always)
    site.fleet.skip(61)
    assert site.look().setting == "default"


def test_a_restart_shows_by_the_age_of_the_process(site: Site) -> None:
    assert (site.look().elapsed or 0) > 1000
    site.driver.restart(site.endpoint, always)
    site.fleet.skip(11)
    assert (site.look().elapsed or 0) == pytest.approx(11)
    site.until(Activity.HASHING)


def test_what_a_build_does_not_have_is_no_refusal_of_this_moment(site: Site) -> None:
    site.set(lacks=frozenset({"ledset", "curtail"}))
    with pytest.raises(NotControllable):
        site.driver.find_mode(site.endpoint, enabled=True)
    with pytest.raises(NotControllable):
        site.driver.sleep(site.endpoint, always)
    with pytest.raises(NotControllable):
        site.driver.factory_reset(site.endpoint, always)
    assert site.session == ""


def test_the_red_led_blinks_and_is_given_back_to_the_firmware(site: Site) -> None:
    assert site.driver.find_mode(site.endpoint, enabled=True) is True
    assert site.driver.find_mode(site.endpoint, enabled=False) is False
    assert site.act(lambda face: face.red_led) == "auto"


def test_a_silent_device_ends_each_call_in_time_and_is_told_nothing_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for deadline in ("reads.READ", "reads.PROBE"):
        monkeypatch.setattr(f"netstab.devices.luxos.{deadline}", 0.3)
    monkeypatch.setattr("netstab.devices.luxos.driver.COMMAND", 1.8)
    site.fleet.trouble(site.miner_id, Trouble.SILENT)
    calls: tuple[Callable[[], object], ...] = (
        site.look,
        lambda: site.driver.probe(site.endpoint),
        lambda: site.driver.details(site.endpoint),
        lambda: site.driver.sleep(site.endpoint, always),
        lambda: site.driver.apply(site.endpoint, "290MHz", always),
    )
    for call in calls:
        with pytest.raises(TimedOut):
            call()
    assert site.writes == []


@pytest.mark.parametrize("measured", [True, False])
def test_it_is_known_by_its_own_words_with_what_it_can_be_told(site: Site, measured: bool) -> None:
    site.set(measured=measured)
    found = site.driver.identify(site.endpoint)
    assert (found.model, found.firmware_version) == ("Antminer S19k Pro", "2025.4.8.220305")
    assert (found.mac, found.hostname, found.setting) == ("02:00:" + found.mac[6:], "miner", "default")
    can = found.capabilities
    assert [can.steps[0].power, can.steps[-1].power] == [784.0, 2794.0]
    assert can.power_source is (PowerSource.MEASURED if measured else PowerSource.APPROXIMATED)
    assert not found.provisional
    assert site.writes == []


@pytest.mark.parametrize("lacking", ["config", "profiles", "power"])
def test_one_that_does_not_tell_what_control_rests_on_is_only_read(site: Site, lacking: str) -> None:
    site.set(lacks=frozenset({lacking}))
    found = site.driver.identify(site.endpoint)
    assert (found.capabilities, found.provisional) == (Capabilities(), False)


def test_the_recorded_machine_is_of_this_family_and_known_in_full() -> None:
    with CannedMiner(api=recorded("luxos_2025"), realm="none of ours") as miner:
        found = identify(miner.endpoint, Web())
        driver = driver_for(found.firmware, found.model, found.firmware_version, Web())
        reading = asyncio.run(driver.poll(miner.endpoint))
    assert (found.firmware, found.model, found.mac) == (
        Firmware.LUXOS,
        "Antminer S19k Pro",
        "02:00:00:00:00:08",
    )
    assert len(found.capabilities.steps) == 17
    assert (reading.activity, reading.setting, reading.power) == (Activity.HASHING, "290MHz", 1051.0)


def test_what_is_no_luxos_is_nobody_of_this_family(site: Site) -> None:
    site.fleet.trouble(site.miner_id, Trouble.GARBAGE)
    with pytest.raises(NotAMiner):
        site.driver.identify(site.endpoint)


def test_the_details_are_its_own_answers(site: Site) -> None:
    found = site.driver.details(site.endpoint)
    assert found.reading.activity is Activity.HASHING
    assert found.config["Model"] == "Antminer S19k Pro"
    assert found.system["LUXminer"].startswith("2025")
    assert len(found.pools) == 4
    assert found.shares["accepted"] == 1483
    assert [pool.url for pool in asyncio.run(site.driver.pools(site.endpoint))] == [
        pool.url for pool in found.pools
    ]


def test_a_withdrawn_command_leaves_the_device_alone(site: Site) -> None:
    for call in (site.driver.sleep, site.driver.wake, site.driver.restart, site.driver.reboot):
        with pytest.raises(Withdrawn):
            call(site.endpoint, lambda: False)
    assert site.writes == []
