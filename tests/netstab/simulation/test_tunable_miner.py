"""How the power of a miner follows that is set in watts."""

from dataclasses import replace
from math import e
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.simulation.physics import Stage
from netstab.simulation.tunable import Law, TunableMiner

LAW = Law(idle=15, start=(60, 60), rises=4, falls=1)
EXACT = 0.01  # W


def miner(law: Law = LAW, *, asleep: bool = False, target: float = 3400) -> TunableMiner:
    return TunableMiner(law, target, Random(1), asleep=asleep)


@pytest.mark.parametrize(("target", "lag"), [(2000, 1.0), (3600, 4.0)])
def test_a_change_begins_at_the_present_power_and_is_followed_with_its_lag(target: float, lag: float) -> None:
    one = miner()
    one.tune(target, restarts=False)
    assert one.power == 3400
    one.advance(lag)
    assert one.power == pytest.approx(target + (3400 - target) / e)
    one.advance(60)
    assert one.power == pytest.approx(target, abs=EXACT)


def test_it_wakes_after_its_time_at_the_power_that_was_set_while_it_slept() -> None:
    one = miner(asleep=True)
    one.tune(2600, restarts=False)
    one.wake()
    one.advance(59.9)
    assert one.power == pytest.approx(LAW.idle)
    one.advance(200)
    assert one.stage is Stage.HASHING
    assert one.power == pytest.approx(2600, abs=EXACT)


def test_a_second_wake_changes_nothing() -> None:
    one = miner(asleep=True)
    one.wake()
    one.advance(40)
    one.wake()
    one.advance(60)
    assert one.stage is Stage.HASHING


def test_a_start_is_ended_by_a_sleep() -> None:
    one = miner(asleep=True)
    one.wake()
    one.sleep()
    one.advance(100)
    assert one.stage is Stage.DOWN


def test_a_change_that_restarts_costs_a_start() -> None:
    one = miner()
    one.tune(2000, restarts=True)
    one.advance(30)
    assert one.stage is Stage.STARTING
    assert one.power == pytest.approx(LAW.idle)
    one.advance(200)
    assert one.power == pytest.approx(2000, abs=EXACT)


def test_without_power_it_draws_nothing_and_does_not_wake() -> None:
    one = miner()
    one.cut_power()
    one.wake()
    one.advance(200)
    assert one.stage is Stage.OFF
    assert one.power == 0


@given(st.floats(0.8, 1.2), st.floats(0, 0.05), st.floats(0, 0.05), st.integers(1000, 3400))
def test_what_it_draws_is_off_by_no_more_than_its_law_says(
    share: float, scatter: float, ripple: float, target: int
) -> None:
    one = miner(replace(LAW, share=share, scatter=scatter, ripple=ripple))
    one.tune(target, restarts=False)
    for moment in range(60, 120):
        one.advance(moment)
        assert abs(one.power / (target * share) - 1) <= (1 + scatter) * (1 + ripple) - 1 + 1e-6


def test_after_a_start_its_power_climbs_evenly_and_it_is_ramped_once_it_is_up() -> None:
    one = miner(replace(LAW, climb=(100, 100)), asleep=True)
    one.wake()
    one.advance(60)
    one.advance(110)
    assert (one.stage, one.ramped) == (Stage.HASHING, False)
    assert one.power == pytest.approx((LAW.idle + 3400) / 2, rel=0.01)
    one.advance(160)
    assert one.ramped
    assert one.power == pytest.approx(3400, rel=0.01)


def test_a_slope_bounds_how_fast_each_change_goes() -> None:
    one = miner(replace(LAW, slope=10))
    one.tune(3000)
    one.advance(30)
    assert one.power == pytest.approx(3100)
    one.advance(41)
    assert one.power == 3000


def test_a_change_may_have_a_lag_of_its_own_and_no_scatter() -> None:
    one = miner(replace(LAW, scatter=0.05))
    one.tune(2000, lag=60.0, exact=True)
    one.advance(60)
    assert one.power == pytest.approx(2000 + (one._from - 2000) / e)
    one.advance(900)
    assert one.power == pytest.approx(2000, abs=EXACT)


def test_power_that_returns_starts_it() -> None:
    one = miner()
    one.cut_power()
    assert one.power == 0
    one.return_power()
    one.advance(60)
    assert one.stage is Stage.HASHING
