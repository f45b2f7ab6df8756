"""The power law of a miner that is tuned in watts."""

import math

from hypothesis import given
from hypothesis import strategies as st

from netstab.simulation.tunable import PowerLaw, TunableMiner

LAW = PowerLaw(lowest=2000, highest=3400, step=34)


def test_it_follows_a_power_within_seconds_and_starts_where_it_was() -> None:
    miner = TunableMiner(LAW, asleep=False)
    before = miner.power
    target = miner.tune(2500)
    assert miner.power == before
    miner.advance(LAW.lag)
    assert math.isclose(miner.power, target + (before - target) / math.e)
    miner.advance(30.0)
    assert math.isclose(miner.power, target, abs_tol=0.01)


def test_it_wakes_after_its_time_at_the_power_it_was_told_while_asleep() -> None:
    miner = TunableMiner(LAW, asleep=True)
    target = miner.tune(2600)
    miner.wake()
    miner.advance(LAW.wake - 0.1)
    assert (miner.hashing, miner.power) == (False, LAW.idle)
    miner.advance(LAW.wake + 30)
    assert miner.hashing
    assert math.isclose(miner.power, target, abs_tol=0.01)


def test_a_start_is_ended_by_a_sleep() -> None:
    miner = TunableMiner(LAW, asleep=True)
    miner.wake()
    miner.sleep()
    miner.advance(100.0)
    assert not miner.hashing


@given(st.floats(-1e6, 1e6))
def test_a_command_is_taken_within_the_bounds_and_on_a_step(power: float) -> None:
    taken = LAW.taken(power)
    assert LAW.lowest <= taken <= LAW.highest
    assert (taken - LAW.lowest) % LAW.step == 0
    if LAW.lowest <= power <= LAW.taken(LAW.highest):
        assert abs(taken - power) <= LAW.step / 2


def test_what_it_draws_is_off_by_its_bias_only_while_it_hashes() -> None:
    miner = TunableMiner(PowerLaw(2000, 3400, 1, bias=1.05), asleep=False)
    miner.tune(3000)
    miner.advance(60.0)
    assert math.isclose(miner.power, 3150, abs_tol=0.01)
    miner.sleep()
    miner.advance(120.0)
    assert math.isclose(miner.power, 15, abs_tol=0.01)
