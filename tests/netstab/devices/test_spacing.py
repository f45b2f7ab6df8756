import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.devices.spacing import Spacing

COSTS = st.floats(0.00005, 0.002)


def starts(spacing: Spacing, costs: list[float], now: float = 0.0) -> list[float]:
    """Return when calls start that are all asked for at once, and each of which is over before the next."""
    started = []
    for cost in costs:
        started.append(now + spacing.turn(now))
        spacing.took(cost)
    return started


def test_whoever_comes_when_nobody_waits_starts_at_once() -> None:
    spacing = Spacing(0.5)
    assert spacing.turn(10.0) == 0.0
    spacing.took(0.001)
    assert spacing.turn(20.0) == 0.0


@given(COSTS, st.floats(0.1, 1.0), st.integers(700, 1500))
def test_calls_take_no_more_than_their_share_of_a_processor(cost: float, share: float, count: int) -> None:
    started = starts(Spacing(share), [cost] * count)
    used, took = 200 * cost, started[-1] - started[-201]
    assert took == pytest.approx(min(used / share, 200 * 0.005), rel=0.01)


@given(st.lists(COSTS, min_size=2, max_size=100))
def test_nobody_starts_before_those_who_came_before(costs: list[float]) -> None:
    started = starts(Spacing(0.5), costs)
    assert started == sorted(started)


@given(st.lists(st.floats(0.0, 100.0), min_size=2, max_size=100))
def test_however_much_calls_take_nobody_waits_longer_for_those_before_him(costs: list[float]) -> None:
    started = starts(Spacing(0.5), costs)
    assert started[-1] <= 0.005 * (len(costs) - 1) + 1e-9


def test_one_call_that_takes_long_counts_for_little() -> None:
    spacing = Spacing(0.5)
    starts(spacing, [0.0005] * 100)
    spacing.took(10.0)
    *_, before, last = (spacing.turn(5.0) for _ in range(100))
    assert 0 < last - before < 0.002


@given(st.floats(0.001, 1.0))
def test_what_was_slept_too_long_is_made_up_for_within_a_bound(late: float) -> None:
    spacing = Spacing(0.5)
    starts(spacing, [0.0005] * 100)
    due = 1.0 + max(spacing.turn(1.0) for _ in range(100))
    at_once = sum(1 for _ in range(100) if not spacing.turn(due + late))
    assert at_once == pytest.approx(min(late, 0.02) / 0.001, abs=2)
