"""Known answers of the test of calm: just above the mark fails, just below passes, orders explain."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.qualification.calm import Calm, Declared, calm
from netstab.qualification.explained import Moment
from netstab.qualification.spectrum import Band

RATE = 5.0
DECLARED = Declared(rated=100_000.0, ramp_up=50_000.0, ramp_down=50_000.0, unit=1460.0, responds_within=10.0)


def _judged(power: list[float], orders: list[Moment], declared: Declared = DECLARED) -> Calm:
    samples = [(place / RATE, drawn) for place, drawn in enumerate(power)]
    return calm(samples, RATE, orders, declared, Band())


def _with_line(percent: float, frequency: float, phase: float, seconds: int = 900) -> list[float]:
    turn = 2 * math.pi * frequency / RATE
    swing = percent / 100 * DECLARED.rated
    return [60_000.0 + swing * math.sin(turn * place + phase) for place in range(round(seconds * RATE))]


@settings(deadline=None, max_examples=8)
@given(frequency=st.floats(0.05, 2.0), phase=st.floats(0, 2 * math.pi))
def test_a_line_of_1_1_percent_is_found_and_one_of_0_9_passes(frequency: float, phase: float) -> None:
    standing = [(0.0, 60_000.0)]
    found = _judged(_with_line(1.1, frequency, phase), standing)
    assert not found.kept(1.0)
    assert found.frequency == pytest.approx(frequency, abs=0.01)
    assert found.line_percent == pytest.approx(1.1, abs=0.05)
    assert _judged(_with_line(0.9, frequency, phase), standing).kept(1.0)


def test_fifteen_minutes_of_oscillation_are_not_lost_in_hours_without() -> None:
    still = [60_000.0] * round(6750 * RATE)
    found = _judged(still + _with_line(1.1, 0.4, 0.0) + still, [(0.0, 60_000.0)])
    assert not found.kept(1.0)
    assert found.at == 6750.0


def test_an_oscillation_in_the_last_minutes_is_seen() -> None:
    assert not _judged([60_000.0] * round(900 * RATE) + _with_line(1.5, 0.4, 0.0), []).kept(1.0)


def test_an_ordered_square_wave_is_explained_and_the_same_without_orders_is_not() -> None:
    orders = [(10.0 * turn, 60_000.0 if turn % 2 else 50_000.0) for turn in range(90)]
    power = [60_000.0 if int(place / RATE) // 10 % 2 else 50_000.0 for place in range(round(900 * RATE))]
    assert _judged(power, orders).line_percent < 0.001
    alone = _judged(power, orders[:1])
    assert alone.line_percent == pytest.approx(100 * 4 / math.pi * 5000 / DECLARED.rated, rel=0.02)
    assert alone.frequency == pytest.approx(0.05, abs=0.005)


def test_a_line_beside_followed_orders_is_found_all_the_same() -> None:
    orders = [(300.0 * turn, 70_000.0 if turn % 2 else 40_000.0) for turn in range(12)]
    swing = _with_line(1.3, 0.7, 0.0, 3600)
    power = [
        drawn - 60_000.0 + (70_000.0 if int(place / RATE) // 300 % 2 else 40_000.0)
        for place, drawn in enumerate(swing)
    ]
    found = _judged(power, orders)
    assert not found.kept(1.0)
    assert found.frequency == pytest.approx(0.7, abs=0.01)


def test_noise_of_many_units_is_no_line() -> None:
    chance = Random(1)
    assert _judged([60_000 + chance.gauss(0, 500) for _ in range(4500)], [(0.0, 60_000.0)]).kept(1.0)


def test_a_ramp_that_is_kept_is_no_violation_and_one_that_is_broken_counts_once() -> None:
    declared = Declared(100_000.0, ramp_up=1000.0, ramp_down=2000.0, unit=1460.0, responds_within=60.0)
    up = [20_000.0 + min(40_000.0, 1000.0 * place / RATE) for place in range(round(400 * RATE))]
    orders = [(0.0, 60_000.0), (400.0, 20_000.0)]
    assert _judged(up, orders, declared).ramp_violations == 0
    assert _judged([*up, *[20_000.0] * round(400 * RATE)], orders, declared).ramp_violations == 1


def test_samples_that_can_show_no_line_prove_no_calm() -> None:
    assert not _judged([60_000.0] * 100, []).kept(1.0)
    assert not _judged([], []).kept(1.0)
