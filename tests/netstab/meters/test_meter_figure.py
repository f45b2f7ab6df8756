import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.errors import MeterFigureUnusable
from netstab.meters.figure import fleet_power
from netstab.settings import MeterUnit

KW, W = MeterUnit.KILOWATTS, MeterUnit.WATTS


@pytest.mark.parametrize(
    ("figure", "unit", "base_kw", "power"),
    [(12.5, KW, 0.0, 12_500), (12_500.0, W, 0.0, 12_500), (12.5, KW, 2.5, 10_000), (1.0, KW, 1.5, 0)],
)
def test_what_else_the_site_draws_is_taken_off(figure, unit, base_kw, power):
    assert fleet_power(figure, unit, base_kw) == power


@given(st.floats(), st.sampled_from(MeterUnit), st.floats(0, 1_000_000))
def test_any_figure_is_a_power_that_a_site_can_draw_or_an_error(figure, unit, base_kw):
    try:
        power = fleet_power(figure, unit, base_kw)
    except MeterFigureUnusable:
        return
    assert 0 <= power <= 1e9


@pytest.mark.parametrize(
    ("figure", "words"),
    [(math.nan, "is no number"), (math.inf, "is no number"), (-4.0, "not be below 0"), (3e30, "word order")],
)
def test_a_figure_that_cannot_be_is_refused_and_says_what_to_look_at(figure, words):
    with pytest.raises(MeterFigureUnusable, match=words):
        fleet_power(figure, KW, 0.0)
