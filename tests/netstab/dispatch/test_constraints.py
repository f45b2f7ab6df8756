"""Staggered start, and what miners are put through."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from points import at

from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.staggered_start import may_wake, wave_of, woken
from netstab.dispatch.switching import UNTOUCHED, SwitchingHistory
from netstab.units import MinerId, Seconds, Timestamp

A = MinerId("127.0.0.1")
RUN = Setpoint(running=True, point=at(650))
IN_WAVES = Constraints(wake_batch_size=80, wake_batch_interval=Seconds(45))


def miners(count: int) -> list[MinerId]:
    return [MinerId(f"127.0.{number // 250}.{number % 250}") for number in range(count)]


def test_a_large_fleet_wakes_a_share_of_it_together_and_a_small_one_a_number() -> None:
    shared = Constraints(wake_batch_size=80, wake_batch_share=0.5)
    assert [wave_of(fleet, shared) for fleet in (50, 160, 171, 10_000)] == [80, 80, 86, 5000]
    assert wave_of(171, Constraints()) is None
    assert may_wake(miners(200), (), shared, Timestamp(0), 200) == set(miners(100))


def test_without_a_limit_all_may_wake_at_once() -> None:
    assert len(may_wake(miners(500), (), Constraints(), Timestamp(0), 500)) == 500


def test_a_wave_is_followed_by_the_next_after_the_interval() -> None:
    waves = woken(80, (), IN_WAVES, Timestamp(0))
    assert may_wake(miners(80), waves, IN_WAVES, Timestamp(44.9), 500) == set()
    assert may_wake(miners(100), waves, IN_WAVES, Timestamp(45), 500) == set(miners(80))


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 200)), max_size=20))
def test_no_interval_sees_more_wakes_than_a_wave(asks: list[tuple[float, int]]) -> None:
    now, told = 0.0, []
    waves: tuple[tuple[Timestamp, int], ...] = ()
    for later, count in asks:
        now += later
        allowed = may_wake(miners(count), waves, IN_WAVES, Timestamp(now), 500)
        waves = woken(len(allowed), waves, IN_WAVES, Timestamp(now))
        told += [now] * len(allowed)
    assert all(sum(1 for at in told if begin <= at < begin + 45) <= 80 for begin in told)


def test_a_miner_stays_on_and_off_for_its_minimum() -> None:
    constraints = Constraints(min_on=Seconds(60), min_off=Seconds(300))

    def stays(history: SwitchingHistory, at: float, *, runs: bool) -> bool:
        return history.bound(constraints, Timestamp(at), runs=runs).stays

    assert not stays(UNTOUCHED, 0, runs=True)
    on = UNTOUCHED.switched(Timestamp(0), runs=True)
    assert [stays(on, at, runs=True) for at in (59, 60)] == [True, False]
    assert not stays(on, 1, runs=False)
    off = on.switched(Timestamp(100), runs=False)
    assert [stays(off, at, runs=False) for at in (399, 400)] == [True, False]


def test_a_frequency_is_kept_once_the_budget_of_the_hour_is_used() -> None:
    constraints = Constraints(frequency_changes_per_hour=2)

    def keeps(history: SwitchingHistory, at: float) -> bool:
        return history.bound(constraints, Timestamp(at), runs=True).keeps_point

    once = UNTOUCHED.changed_point(constraints, Timestamp(0))
    assert not keeps(once, 1)
    twice = once.changed_point(constraints, Timestamp(1800))
    assert [keeps(twice, at) for at in (1801, 3599, 3600)] == [True, True, False]


def test_without_a_budget_no_frequency_is_ever_changed() -> None:
    constraints = Constraints(frequency_changes_per_hour=0)
    assert UNTOUCHED.bound(constraints, Timestamp(0), runs=True).keeps_point


def test_what_binds_a_miner_ends_when_it_is_said_to() -> None:
    constraints = Constraints(min_on=Seconds(60), min_off=Seconds(300), frequency_changes_per_hour=1)
    history = UNTOUCHED.switched(Timestamp(0), runs=True).changed_point(constraints, Timestamp(10))
    moments, now = list[float](), Timestamp(0)
    while (now := Timestamp(history.changes_at(constraints, now))) < math.inf:
        moments.append(now)
    assert moments == [60, 300, 3610]
