"""The signal that stands for RegD is as fast, as wide and as neutral in energy as is said of it."""

from itertools import pairwise

import pytest

from benchmarks.dispatch.regd import EVERY
from benchmarks.dispatch.scoring import HOUR_NEEDS
from benchmarks.dispatch.signals import rega, regd_like

SIGNAL = regd_like()


def mileage(signal: list[float], every: int) -> float:
    return sum(abs(after - before) for before, after in pairwise(signal)) * 3600 / (len(signal) * every)


def test_it_fills_its_hour_and_its_bounds() -> None:
    assert len(SIGNAL) == HOUR_NEEDS // EVERY
    assert min(SIGNAL) == -1.0
    assert max(SIGNAL) == 1.0


def test_it_is_several_times_as_fast_as_rega() -> None:
    assert mileage(SIGNAL, EVERY) == pytest.approx(23, abs=1)
    assert mileage(SIGNAL, EVERY) > 3 * mileage(rega(1), 2)


def test_half_an_hour_of_it_takes_about_as_much_energy_as_it_gives() -> None:
    half = 1800 // EVERY
    means = [sum(SIGNAL[begin : begin + half]) / half for begin in range(len(SIGNAL) - half)]
    assert max(map(abs, means)) < 0.2
    assert sum(map(abs, SIGNAL)) / len(SIGNAL) == pytest.approx(0.47, abs=0.02)
