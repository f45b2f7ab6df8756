import numpy as np
import pytest

from benchmarks.dispatch.frontier import UNITS, Foresight, Law, Levels, best, followed

STEPS = 120
LEAST, HALF = int(0.25 * UNITS), round(0.6 * UNITS)


def test_who_foresees_a_climb_starts_for_it_as_long_before_as_a_start_takes() -> None:
    signal = np.repeat([-1.0, 0.0], STEPS)
    levels = best(Foresight(signal), 8.0)
    assert levels.start[STEPS - 40] == pytest.approx(LEAST, abs=1)
    assert levels.start[STEPS - 20] == pytest.approx(HALF, abs=1)


def test_who_foresees_a_gap_keeps_units_through_a_short_one_and_stops_them_for_a_long_one() -> None:
    short, long = (np.concatenate([np.zeros(20), np.full(gap, -1.0), np.zeros(STEPS)]) for gap in (5, 100))
    assert best(Foresight(short), 8.0).keep[20] == pytest.approx(HALF, abs=1)
    assert best(Foresight(long), 8.0).keep[20] == pytest.approx(LEAST, abs=1)


def test_a_law_expects_what_followed_in_the_signals_that_it_knows() -> None:
    standing, flipping = np.zeros(STEPS), np.tile([-1.0, 1.0], STEPS)
    law = Law([standing, flipping])
    expected = law.after(law.signal)
    assert expected[law.states(standing)] == pytest.approx(0, abs=0.05)
    assert expected[law.states(flipping)[-2:]] == pytest.approx([1, -1], abs=0.05)


def test_a_fleet_comes_to_what_it_is_told_and_wakes_nobody_more_while_that_stands() -> None:
    units = np.full(STEPS, 30.0)
    power, wakes = followed(Levels(units, units), seed=1)
    assert power[-60:].mean() == pytest.approx(30, abs=1)
    assert wakes < 0.5
