"""What once went wrong in the loop, told with a virtual fleet."""

from random import Random

import pytest
from virtual_fleet import NO_LIMITS, Nature, VirtualFleet

from actors.fleet.effects import Effect, TellMiner
from actors.messages import SetTarget
from netstab.dispatch.constraints import Constraints
from netstab.simulation.virtual.controller import VirtualController
from netstab.units import Seconds


def starts(fleet: VirtualFleet) -> int:
    return sum(len(each.woken) for each in fleet.miners.values())


def test_an_order_is_shown_before_any_miner_is_told_and_then_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = VirtualFleet([Nature()] * 30, NO_LIMITS)
    controller = fleet.controller
    told: list[Effect] = []
    shown: list[tuple[float | None, int]] = []

    def carry_out(effect: Effect) -> None:
        if isinstance(effect, TellMiner):
            told.append(effect)
        VirtualController.carry_out(controller, effect)

    monkeypatch.setattr(controller, "carry_out", carry_out)
    monkeypatch.setattr(
        controller, "publish", lambda: shown.append((controller.loop.snapshot().target, len(told)))
    )
    monkeypatch.setattr("actors.fleet.schedule.MOST_AT_ONCE", 7)
    fleet.order(20_000)
    assert (shown, len(told)) == ([(20_000, 0)], 30)


@pytest.mark.parametrize("every", [2, 4, 10, 14, 29])
def test_a_command_that_is_repeated_does_not_put_a_correction_off(every: int) -> None:
    fleet = VirtualFleet([Nature(power=1000.0)] * 20, NO_LIMITS)
    for _ in range(600 // every):
        fleet.order(14_600)
        fleet.run(every)
    assert fleet.power == pytest.approx(14_600, rel=0.05)


def test_a_setpoint_that_jitters_is_met_as_one_that_stands() -> None:
    random = Random(3)
    fleet = VirtualFleet([Nature(power=1000.0)] * 20, NO_LIMITS)
    for _ in range(150):
        fleet.order(14_600 * (1 + random.uniform(-0.01, 0.01)))
        fleet.run(4)
    before = starts(fleet)
    for _ in range(150):
        fleet.order(14_600 * (1 + random.uniform(-0.01, 0.01)))
        fleet.run(4)
    assert fleet.power == pytest.approx(14_600, rel=0.05)
    assert starts(fleet) == before


def test_a_signal_that_goes_to_and_fro_wakes_nobody_again_and_again() -> None:
    fleet = VirtualFleet([Nature()] * 30, NO_LIMITS)
    fleet.order(21_000)
    fleet.run(60)
    before = starts(fleet)
    for number in range(300):
        fleet.order(20_800 + 400 * (number % 2))
        fleet.run(2)
    assert starts(fleet) - before <= 2


def test_a_steadily_rising_signal_is_met_sooner_than_by_following_it() -> None:
    fleet = VirtualFleet([Nature()] * 40, NO_LIMITS)
    fleet.order(20_000)
    fleet.run(60)
    fleet.order(20_000.5)
    fleet.run(4)
    lag = []
    for number in range(1, 60):
        target = 20_000 + 400 * number
        fleet.order(target)
        fleet.run(4)
        lag.append(target - fleet.power)
    assert sum(lag) / len(lag) < 800  # without looking ahead: 8 s of wake times 100 W/s, and half a miner


def test_a_quarter_of_the_fleet_that_is_away_for_a_moment_is_not_replaced() -> None:
    away = [Nature(away=(100.0, 112.0))] * 10
    fleet = VirtualFleet([*away, *[Nature()] * 30], NO_LIMITS)
    fleet.order(30_000)
    fleet.run(95)
    before = starts(fleet)
    fleet.run(60)
    assert starts(fleet) == before


def test_a_miner_that_stays_away_is_replaced() -> None:
    fleet = VirtualFleet([Nature(away=(100.0, 1e9)), Nature(), Nature()], NO_LIMITS)
    fleet.order(1460)
    fleet.run(95)
    fleet.run(40)
    assert [each.hashing for each in list(fleet.miners.values())[1:]].count(True) == 1


def test_a_minimum_on_time_outlasts_a_moment_away() -> None:
    constraints = Constraints(min_on=Seconds(600))
    fleet = VirtualFleet([Nature(away=(50.0, 60.0)), Nature()], constraints)
    fleet.order(2920)
    fleet.run(90)
    fleet.order(800)
    fleet.run(60)
    idled = [one for _, one, told in fleet.sent if isinstance(told, SetTarget) and not told.setpoint.running]
    assert idled == []
