import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.errors import MeterFigureUnusable, MeterReversed
from netstab.meters.figure import fleet_power, zero_band
from netstab.settings.meter import MeterUnit
from netstab.units import Watts

KW, W = MeterUnit.KILOWATTS, MeterUnit.WATTS


@pytest.mark.parametrize(
    ("figure", "unit", "base_kw", "power"),
    [(12.5, KW, 0.0, 12_500), (12_500.0, W, 0.0, 12_500), (12.5, KW, 2.5, 10_000), (1.0, KW, 1.5, 0)],
)
def test_what_else_the_site_draws_is_taken_off(
    figure: float, unit: MeterUnit, base_kw: float, power: float
) -> None:
    assert fleet_power(figure, unit, base_kw) == power


@pytest.mark.parametrize(("figure", "unit"), [(-2.7, W), (-0.0027, KW), (-50.0, W), (-0.05, KW)])
def test_slightly_below_zero_is_zero(figure: float, unit: MeterUnit) -> None:
    assert fleet_power(figure, unit, 0.0) == 0.0
    assert fleet_power(figure, unit, 2.5) == 0.0


def test_how_far_below_zero_is_zero_grows_with_the_fleet_and_stays_below_what_a_fleet_asleep_draws() -> None:
    assert (zero_band(Watts(0.0)), zero_band(Watts(2_920.0)), zero_band(Watts(250_000.0))) == (
        50.0,
        50.0,
        1250.0,
    )
    assert all(zero_band(Watts(1460.0 * miners)) < 51 * miners for miners in range(1, 5000))
    assert fleet_power(-1.2, KW, 0.0, zero_band(Watts(250_000.0))) == 0.0
    with pytest.raises(MeterReversed):
        fleet_power(-0.051, KW, 0.0)


@given(st.floats(), st.sampled_from(MeterUnit), st.floats(0, 1_000_000))
def test_any_figure_is_a_power_that_a_site_can_draw_or_an_error(
    figure: float, unit: MeterUnit, base_kw: float
) -> None:
    try:
        power = fleet_power(figure, unit, base_kw)
    except MeterFigureUnusable:
        return
    assert 0 <= power <= 1e9


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (math.nan, "is no number"),
        (math.inf, "is no number"),
        (-4.0, "its sign is turned round"),
        (-3e30, "word order"),
        (3e30, "word order"),
        (1.7e308, "word order"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_and_says_what_to_look_at(figure: float, words: str) -> None:
    with pytest.raises(MeterFigureUnusable, match=words):
        fleet_power(figure, KW, 0.0)
