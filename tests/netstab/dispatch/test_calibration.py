import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.calibration import Drawn, MeterFit, climb_fitted, fitted, power_factor
from netstab.units import Watts

NEW = MeterFit(1.0)


def drawn(running: float, unsettled: float = 0.0, idle: float = 510.0) -> Drawn:
    return Drawn(Watts(idle), Watts(running), Watts(unsettled))


def test_a_factor_is_the_draw_in_units_of_the_rating() -> None:
    assert power_factor(Watts(1270), Watts(1460)) == pytest.approx(0.87, abs=0.001)
    assert power_factor(Watts(100), Watts(1460)) == 0.3
    assert power_factor(Watts(9999), Watts(1460)) == 1.3
    assert power_factor(Watts(9999), Watts(0)) == 1.0


def test_the_scale_comes_to_what_the_meter_shows_soon_at_first() -> None:
    fit = NEW
    for _ in range(10):
        fit = fitted(fit, Watts(510 + 0.8 * 10_000), drawn(10_000))
    assert fit.scale < 0.9
    for _ in range(100):
        fit = fitted(fit, Watts(510 + 0.8 * 10_000), drawn(10_000))
    assert fit.scale == pytest.approx(0.8, abs=0.002)


def test_idle_draw_teaches_nothing() -> None:
    assert fitted(NEW, Watts(900), drawn(0)) == NEW
    assert fitted(NEW, Watts(900), drawn(500)) == NEW


def test_a_fleet_in_transition_teaches_nothing() -> None:
    assert fitted(NEW, Watts(9000), drawn(10_000, unsettled=1000)) == NEW
    assert fitted(NEW, Watts(9000), drawn(10_000, unsettled=400)).scale < 1.0


@given(st.floats(0.6, 1.4), st.floats(0, 1e7), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e5))
def test_a_scale_stays_within_its_bounds(
    before: float, metered: float, running: float, unsettled: float, idle: float
) -> None:
    assert 0.6 <= fitted(MeterFit(before), Watts(metered), drawn(running, unsettled, idle)).scale <= 1.4


def climbing(climbed: float, moving: float = 0.0) -> Drawn:
    return Drawn(Watts(500), Watts(20_000), Watts(0), Watts(climbed), Watts(moving))


def test_what_units_that_climb_draw_is_what_the_others_do_not() -> None:
    scale, metered = 1.0, Watts(500 + 0.95 * 20_000 + 1.1 * 5_000)
    for _ in range(100):
        scale = climb_fitted(scale, metered, climbing(5_000), 0.95)
    assert scale == pytest.approx(1.1, abs=0.002)
    assert climb_fitted(scale, metered, climbing(5_000, moving=1_000), 0.95) == scale
    assert climb_fitted(scale, metered, climbing(500), 0.95) == 0.95


@given(st.floats(0.75, 1.3), st.floats(0, 1e7), st.floats(0, 1e6), st.floats(0.75, 1.3))
def test_the_scale_of_those_that_climb_stays_within_its_bounds(
    before: float, metered: float, climbed: float, scale: float
) -> None:
    assert 0.749 <= climb_fitted(before, Watts(metered), climbing(climbed), scale) <= 1.301
