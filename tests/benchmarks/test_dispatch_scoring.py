"""The figures that a controllable load is scored by, on cases whose answer is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from benchmarks.dispatch.scoring import (
    accepted_after,
    energy_error,
    errors,
    score,
    share_within,
    step_response,
)
from benchmarks.dispatch.signals import caiso_days, days_by_mileage

SAMPLES = 390
powers = st.floats(-1, 1, allow_nan=False).map(lambda power: round(power, 3))
signals = arrays.arrays(float, SAMPLES, elements=powers)


def busy(seconds: int) -> np.ndarray:
    """Return a signal that swings without rest, every second."""
    time = np.arange(seconds)
    return 0.5 * np.sin(2 * np.pi * time / 600) + 0.3 * np.sin(2 * np.pi * time / 260 + 1)


def lagging(signal: np.ndarray, seconds: int) -> np.ndarray:
    return np.concatenate([np.full(seconds, signal[0]), signal[:-seconds]])


def test_who_follows_perfectly_scores_one() -> None:
    signal = busy(3900)[::10]
    found = score(signal, signal)
    assert (found.accuracy, found.delay, found.precision) == pytest.approx((1, 1, 1))
    assert found.total == pytest.approx(1)


def score_of_lag(values: list[float]) -> float:
    signal = np.repeat(values, 4)
    return score(signal[::10], lagging(signal, 30)[::10]).total


def test_a_pure_lag_of_half_a_minute_scores_between_082_and_089_over_the_ten_days() -> None:
    scores = [score_of_lag(day) for day in caiso_days().values()]
    assert 0.82 <= np.mean(scores) <= 0.89
    assert min(scores) < 0.8  # a busy hour
    assert max(scores) > 0.95  # a calm one


def test_a_lag_costs_delay_and_precision_but_no_accuracy() -> None:
    signal = np.repeat(caiso_days()[days_by_mileage()[8]], 4)
    found = score(signal[::10], lagging(signal, 30)[::10])
    assert found.accuracy > 0.99
    assert found.delay < 0.95
    assert found.precision < 0.9


def test_a_constant_response_to_a_moving_signal_has_no_accuracy() -> None:
    found = score(busy(3900)[::10], np.full(SAMPLES, 0.3))
    assert found.accuracy == 0


def test_a_constant_signal_is_compared_by_slope() -> None:
    still = np.full(SAMPLES, 0.5)
    assert score(still, still).accuracy == 1
    rising = np.linspace(0, 1, SAMPLES)
    assert score(still, rising).accuracy == pytest.approx(1 - 30 / 389, abs=0.01)


def test_precision_never_falls_below_nothing() -> None:
    assert score(busy(3900)[::10], -3 * busy(3900)[::10]).precision == 0


def test_an_hour_needs_sixty_five_minutes() -> None:
    with pytest.raises(ValueError, match="390 samples"):
        score(np.zeros(360), np.zeros(360))


@settings(max_examples=25)
@given(signals, signals)
def test_delay_and_precision_are_shares_and_nothing_scores_above_one(
    signal: NDArray[np.float64], response: NDArray[np.float64]
) -> None:
    found = score(signal, response)
    assert 0 <= found.delay <= 1
    assert 0 <= found.precision <= 1
    assert found.accuracy <= 1 + 1e-9


@settings(max_examples=25)
@given(signals)
def test_nobody_scores_higher_than_who_follows_exactly(signal: NDArray[np.float64]) -> None:
    exact = score(signal, signal)
    assert exact.delay == 1
    assert exact.precision == 1
    assert exact.accuracy == pytest.approx(1)


def test_errors_are_those_of_power_against_target() -> None:
    found = errors(np.array([3.0, 1.0]), np.array([0.0, 5.0]))
    assert found.rmse == pytest.approx(12.5**0.5)
    assert (found.mae, found.bias) == (3.5, -0.5)


def test_a_sample_on_the_edge_of_the_band_is_within_it() -> None:
    assert share_within(np.array([95.0, 94.9]), np.full(2, 100.0), 5.0) == 0.5


def test_energy_errors_of_stretches_do_not_cancel() -> None:
    target = np.full(600, 100.0)
    power = np.concatenate([np.full(300, 110.0), np.full(300, 90.0)])
    assert energy_error(power, target, 300) == pytest.approx(0.1)
    assert energy_error(power, target, 600) == 0


def test_a_step_is_judged_by_when_it_moves_rises_and_stays() -> None:
    power = np.concatenate([np.zeros(5), np.linspace(0, 120, 13), np.full(82, 100.0)])
    found = step_response(power, 0, 100, 5)
    assert (found.dead_time, found.rise, found.settled) == (6, 8, 18)
    assert found.overshoot == pytest.approx(0.2)
    assert found.steady_error == 0


def test_a_step_down_is_judged_alike() -> None:
    power = np.concatenate([np.full(3, 100.0), np.full(97, 0.0)])
    found = step_response(power, 100, 0, 5)
    assert (found.dead_time, found.rise, found.settled, found.overshoot) == (3, 0, 3, 0)


def test_a_step_that_does_not_come_has_no_times() -> None:
    found = step_response(np.zeros(100), 0, 100, 5)
    assert (found.dead_time, found.rise, found.settled) == (None, None, None)
    assert found.steady_error == 1


@given(st.lists(st.floats(0, 200), min_size=20, max_size=60), st.floats(1, 50))
def test_after_it_has_settled_power_stays_in_the_band(values: list[float], band: float) -> None:
    power = np.array(values)
    settled = step_response(power, 0, 100, band).settled
    if settled is None:
        assert abs(power[-1] - 100) > band
    else:
        assert (np.abs(power[settled:] - 100) <= band).all()
        assert settled == 0 or abs(power[settled - 1] - 100) > band


def test_the_acceptance_test_wants_two_samples_in_a_row() -> None:
    power = np.full(60, 50.0)
    power[10] = power[25:] = 100.0
    assert accepted_after(power, 100, 0.05, 5) == 30
    assert accepted_after(np.zeros(60), 100, 0.05, 5) is None


def test_the_ten_days_are_ordered_by_how_much_they_move() -> None:
    days = caiso_days()
    ways = [sum(abs(b - a) for a, b in pairwise(days[name])) for name in days_by_mileage()]
    assert len(ways) == 10
    assert ways == sorted(ways)
