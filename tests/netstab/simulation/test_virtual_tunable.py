"""Units that are no S9 in virtual time: they are told by the same state machine, whatever they can do."""

from dataclasses import replace

import pytest

from actors.miner.state import Send
from actors.report import Phase, Step
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.errors import CommandRefused, DeviceError
from netstab.power.unit import Capabilities, OperatingPoint, PowerMode
from netstab.simulation.makes import POWER_LIMIT, Make
from netstab.simulation.physics import Stage
from netstab.simulation.population import random_of
from netstab.simulation.profiles import DOCUMENT
from netstab.simulation.virtual.device import Order
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.site import Composition, Site, capability, devices_of
from netstab.simulation.virtual.tunable import VirtualTunable
from netstab.units import GigahashPerSecond, MinerId, Setting, Version, Watts

RANGE = Site(DOCUMENT, 4, PowerMode.ON_OFF, composition=Composition.RANGE)
MIXED = replace(RANGE, composition=Composition.MIXED)
PLAIN = replace(
    POWER_LIMIT["document"], start=(60, 60), share=(1, 1), told=(1, 1), scatter=0.0, ripple=0.0, idle=(15, 15)
)
STEPS = tuple(
    OperatingPoint(Watts(watts), GigahashPerSecond(watts * 50), name)
    for watts, name in ((2000.0, "low"), (2600.0, "normal"), (3400.0, "high"))
)


def device(make: Make = PLAIN, *, asleep: bool = False) -> VirtualTunable:
    return VirtualTunable(MinerId("127.7.1.1"), 0, make, random_of(1), asleep=asleep)


def does(one: VirtualTunable, step: Step, setting: Setting | None = None) -> Order | DeviceError:
    return one.carry_out(Send(1, step, setting, None, Version(1)))


def in_range(watts: float) -> Setpoint:
    return Setpoint(running=True, point=PLAIN.capabilities.point_of(round(watts)))


def told(plant: Plant, setpoint: Setpoint, seconds: float) -> float:
    """Tell all the same, and return the power that came of it."""
    for miner_id in plant.miners:
        plant.tell(miner_id, setpoint, 1)
    plant.run_until(plant.now + seconds)
    return plant.measure()[0]


def test_a_fleet_with_a_range_wakes_is_tuned_and_sleeps_as_it_is_told() -> None:
    plant = Plant(RANGE, asleep=True)
    plant.run_until(12)
    assert told(plant, in_range(3400), 120) == pytest.approx(capability(RANGE), rel=0.04)
    assert told(plant, in_range(2040), 30) == pytest.approx(capability(RANGE) * 0.6, rel=0.04)
    assert {report.phase for report in plant.reports.values()} == {Phase.HASHING}
    assert all(report.settled and report.setting == 2040 for report in plant.reports.values())
    assert [each.step for each in plant.sent] == [Step.WAKE] * 4 + [Step.TUNE] * 4
    assert told(plant, IDLE, 30) < 4 * 20


def test_half_of_a_mixed_fleet_are_s9() -> None:
    plant = Plant(MIXED, asleep=True)
    assert [known.model for known in plant.registered.values()] == ["Antminer S9"] * 2 + ["power limit"] * 2
    plant.run_until(12)
    assert told(plant, Setpoint(running=True, point=None), 120) == pytest.approx(capability(MIXED), rel=0.04)


def test_half_of_the_power_of_a_fleet_that_is_half_tunable_can_be_tuned() -> None:
    devices = devices_of(replace(RANGE, composition=Composition.HALF, count=50))
    tuned = sum(each.capability for each in devices.values() if isinstance(each, VirtualTunable))
    assert tuned / sum(each.capability for each in devices.values()) == pytest.approx(0.5, abs=0.02)


def test_one_that_slept_for_long_is_still_seen() -> None:
    plant = Plant(RANGE, asleep=True)
    plant.run_until(3600)
    assert all((report.seen_at or 0) > 3590 for report in plant.reports.values())


@pytest.mark.parametrize("restarts", [False, True])
def test_a_unit_of_steps_draws_what_its_step_says_and_restarts_for_it_where_it_must(restarts: bool) -> None:
    can = Capabilities(switchable=True, steps=STEPS, restarts_on_change=restarts)
    one = device(replace(PLAIN, capabilities=can))
    assert does(one, Step.TUNE, "low") == Order(0.0, changed=True)
    assert one.stage is (Stage.STARTING if restarts else Stage.HASHING)
    one.advance(90)
    assert one.power == pytest.approx(2000, abs=0.1)
    assert does(one, Step.TUNE, "low") == Order(0.0, changed=False)
    assert isinstance(does(one, Step.TUNE, "lowest"), CommandRefused)


def test_a_unit_that_can_only_be_switched_draws_its_rating() -> None:
    one = device(replace(PLAIN, capabilities=Capabilities(switchable=True)), asleep=True)
    does(one, Step.WAKE)
    one.advance(90)
    assert one.power == pytest.approx(3400, abs=0.1)
    assert isinstance(does(one, Step.TUNE, 3000), CommandRefused)


def test_a_volatile_setting_is_taken_while_it_hashes_and_lost_with_the_process() -> None:
    one = device(replace(PLAIN, capabilities=replace(PLAIN.capabilities, volatile=True)))
    does(one, Step.TUNE, 2040)
    does(one, Step.SLEEP)
    assert isinstance(does(one, Step.TUNE, 2550), CommandRefused)
    does(one, Step.WAKE)
    one.advance(90)
    assert one.setting == 3400
    assert one.power == pytest.approx(3400, abs=0.1)


def test_what_it_adds_at_a_setting_is_what_a_meter_shows() -> None:
    one, asleep = device(), device(asleep=True)
    does(one, Step.TUNE, 2040)
    one.advance(60)
    assert one.power - asleep.power == pytest.approx(one.gains[2040], abs=0.1)
    assert one.capability - asleep.power == pytest.approx(one.gains[0])
