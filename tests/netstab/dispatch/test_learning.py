import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.learning import Drawn, meter_scale, power_factor
from netstab.units import Watts


def drawn(steady, settling=0.0, idle=510.0):
    return Drawn(Watts(idle), Watts(steady), Watts(settling))


def test_a_factor_is_the_draw_in_units_of_the_rating():
    assert power_factor(Watts(1270), Watts(1460)) == pytest.approx(0.87, abs=0.001)
    assert power_factor(Watts(100), Watts(1460)) == 0.3
    assert power_factor(Watts(9999), Watts(1460)) == 1.3
    assert power_factor(Watts(9999), Watts(0)) == 1.0


def test_the_scale_comes_to_what_the_meter_shows():
    scale = 1.0
    for _ in range(200):
        scale = meter_scale(scale, Watts(510 + 0.87 * 10_000), drawn(10_000))
    assert scale == pytest.approx(0.87, abs=0.001)


def test_idle_draw_teaches_nothing():
    assert meter_scale(1.0, Watts(900), drawn(0)) == 1.0
    assert meter_scale(1.0, Watts(900), drawn(500)) == 1.0


def test_a_fleet_in_transition_teaches_nothing():
    assert meter_scale(1.0, Watts(9000), drawn(8000, settling=4000)) == 1.0
    assert meter_scale(1.0, Watts(9000), drawn(11_000, settling=1000)) < 1.0


@given(st.floats(0.6, 1.4), st.floats(0, 1e7), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e5))
def test_a_scale_stays_within_its_bounds(before, metered, steady, settling, idle):
    assert 0.6 <= meter_scale(before, Watts(metered), drawn(steady, settling, idle)) <= 1.4
