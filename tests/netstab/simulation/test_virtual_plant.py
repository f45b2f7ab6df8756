"""Virtual time says of a miner what sockets would, and the plant keeps to it."""

import pytest

from actors.report import Phase
from benchmarks.dispatch.controllers.comparators import Nameplate
from benchmarks.dispatch.controllers.protocol import Rules
from benchmarks.dispatch.run import Ordered, Scenario, run
from netstab.devices.antminer.api_protocol import parse_stats
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.errors import PortClosed
from netstab.power.unit import PowerMode
from netstab.simulation import api
from netstab.simulation.build import build_devices
from netstab.simulation.profiles import DOCUMENT, FIELD, Profile
from netstab.simulation.virtual import wire
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Composition, Disturbance, Site, capability

RUN = Setpoint(running=True, point=None)
FLEET = Site(DOCUMENT, 4, PowerMode.ON_OFF)
RANGE = Site(DOCUMENT, 4, PowerMode.ON_OFF, composition=Composition.RANGE)


@pytest.mark.parametrize("profile", [DOCUMENT, FIELD], ids=lambda profile: profile.name)
def test_the_short_cut_of_a_poll_reads_what_the_driver_reads(profile: Profile) -> None:
    for device in build_devices(40, "127.7.1.1", profile, 3, asleep=False).values():
        device.miner.advance(100.0)
        assert wire.look(device) == parse_stats(api.answer(device, b'{"command":"stats"}'))
        device.miner.restart()
        for moment in (101.0, 104.0, 112.0, 150.0, 250.0):
            device.miner.advance(moment)
            if device.miner.api_answers:
                assert wire.look(device) == parse_stats(api.answer(device, b'{"command":"stats"}'))


def test_a_sleeping_miner_refuses_connections() -> None:
    (device,) = build_devices(1, "127.7.1.1", DOCUMENT, 1, asleep=True).values()
    assert isinstance(wire.look(device), PortClosed)


def test_miners_wake_and_sleep_as_they_are_told() -> None:
    plant = Plant(FLEET, asleep=True)
    plant.run_until(12)
    for miner_id in plant.miners:
        plant.tell(miner_id, RUN, 1)
    plant.run_until(40)
    assert {report.phase for report in plant.reports.values()} == {Phase.HASHING}
    assert plant.measure()[0] == pytest.approx(capability(FLEET))
    for miner_id in plant.miners:
        plant.tell(miner_id, IDLE, 2)
    plant.run_until(60)
    assert {report.phase for report in plant.reports.values()} == {Phase.ASLEEP}
    assert plant.measure()[0] < 4 * 52


def test_a_miner_at_rest_is_still_seen_and_its_hours_are_counted() -> None:
    plant = Plant(FLEET, asleep=False)
    plant.run_until(3600)
    for report in plant.reports.values():
        assert report.seen_at is not None
        assert report.seen_at > 3590
        assert report.running_hours == pytest.approx(1, abs=0.01)


def test_nothing_is_woken_once_the_fence_stands() -> None:
    plant = Plant(FLEET, asleep=True)
    plant.run_until(12)
    plant.fence.standby_version = 5
    for miner_id in plant.miners:
        plant.tell(miner_id, RUN, 5)
    plant.run_until(60)
    assert plant.sent == []


@pytest.mark.parametrize("site", [FLEET, RANGE])
def test_a_miner_without_power_is_found_unreachable(site: Site) -> None:
    plant = Plant(site, asleep=False)
    plant.run_until(60)
    first = next(iter(plant.miners.values()))
    first.device.advance(60)
    first.device.cut_power()
    plant.disturb(first)
    plant.run_until(90)
    assert plant.reports[first.miner_id].phase is Phase.UNREACHABLE


def test_lost_requests_are_felt_but_do_not_make_miners_unreachable_for_long() -> None:
    plant = Plant(Site(DOCUMENT, 20, PowerMode.ON_OFF, disturbance=Disturbance(lost=0.05)), asleep=False)
    consecutive_failures = 0
    for second in range(600):
        plant.run_until(second)
        consecutive_failures += sum(report.consecutive_failures for report in plant.reports.values())
    assert consecutive_failures > 0
    assert sum(report.phase is Phase.HASHING for report in plant.reports.values()) >= 18


def test_the_same_seed_gives_the_same_run() -> None:
    site = Site(FIELD, 8, PowerMode.ON_OFF, seed=4)
    rules = Rules(ramp_kw_per_second=50.0)
    scenario = Scenario((Ordered(12, capability(site) / 2), Ordered(300)), 400, rules)
    first, second = (run(site, scenario, Nameplate) for _ in range(2))
    assert (first.power == second.power).all()
    assert first.tellings == second.tellings
    assert first.power.max() > first.power[:10].mean() + 1000
