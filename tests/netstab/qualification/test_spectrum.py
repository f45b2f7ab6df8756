"""What the spectrum shows of a line is its amplitude, at any frequency and phase."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.qualification.spectrum import Band, largest_line


def _line(amplitude: float, frequency: float, phase: float, rate: float, seconds: int = 600) -> list[float]:
    turn = 2 * math.pi * frequency / rate
    return [amplitude * math.sin(turn * place + phase) for place in range(int(seconds * rate))]


@settings(deadline=None, max_examples=12)
@given(
    frequency=st.floats(0.05, 1.99), phase=st.floats(0, 2 * math.pi), rate=st.sampled_from([4.1, 5.0, 8.0])
)
def test_a_line_is_shown_with_its_amplitude_at_any_frequency_and_phase(
    frequency: float, phase: float, rate: float
) -> None:
    shown = largest_line(_line(1.0, frequency, phase, rate), rate, Band())
    assert shown.amplitude == pytest.approx(1.0, rel=0.005)
    assert shown.frequency == pytest.approx(frequency, abs=0.01)


def test_a_line_is_shown_under_a_slope_and_beside_a_slow_swing_and_noise() -> None:
    chance = Random(1)
    slow = _line(50.0, 0.002, 0.0, 8.0)
    samples = [
        one + other + 0.01 * place + chance.gauss(0.0, 0.5)
        for place, (one, other) in enumerate(zip(_line(1.0, 0.31, 1.0, 8.0), slow, strict=True))
    ]
    shown = largest_line(samples, 8.0, Band())
    assert shown.amplitude == pytest.approx(1.0, rel=0.05)
    assert shown.frequency == pytest.approx(0.31, abs=0.005)


def test_a_swing_that_is_slower_than_the_band_is_none_of_its_lines() -> None:
    assert largest_line(_line(1.0, 0.025, 0.3, 4.0), 4.0, Band()).amplitude < 0.001


def test_samples_that_are_too_slow_or_too_few_are_said_to_show_no_more_than_they_can() -> None:
    assert largest_line(_line(1.0, 0.2, 0.0, 1.0), 1.0, Band()).seen_up_to < 0.5
    assert largest_line(_line(1.0, 0.2, 0.0, 8.0, seconds=100), 8.0, Band()).seen_up_to == 0.0
    assert largest_line([], 8.0, Band()).seen_up_to == 0.0
