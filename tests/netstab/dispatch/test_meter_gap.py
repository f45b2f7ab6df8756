"""What only the site meter shows is marked once, and what units do and what is noise is not."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.meter_gap import looked
from netstab.units import Timestamp, Watts

RATED = Watts(10_000.0)
REST = [(9_000.0, 9_000.0, False)] * 30

Second = tuple[float, float, bool]
"""What the meter shows, what units tell, and whether one of them has changed."""


def steps(seconds: Iterable[Second]) -> list[tuple[int, float]]:
    """Return in which second which step was found."""
    gap, found = None, list[tuple[int, float]]()
    for now, (meter, reported, moves) in enumerate(seconds):
        gap, step = looked(gap, Watts(meter), Watts(reported), RATED, Timestamp(now), moves=moves)
        if step is not None:
            found.append((now, round(step, 3)))
    return found


def test_a_step_that_no_unit_reports_is_noted_once_it_has_lasted_and_so_is_its_end() -> None:
    stepped = [(10_000.0, 9_000.0, False)] * 60
    assert steps([*REST, *stepped, *REST]) == [(50, 1000.0), (110, -1000.0)]


def test_what_units_report_later_than_the_meter_shows_it_is_none() -> None:
    ahead = [(4_000.0, 9_000.0, False)] * 15
    assert steps([*REST, *ahead, (4_000.0, 4_000.0, True), *[(4_000.0, 4_000.0, False)] * 60]) == []


def test_what_is_on_its_way_when_it_is_looked_for_the_first_time_is_none() -> None:
    lags = [(4_000.0, 9_000.0, False)] * 3
    assert steps([*REST[:19], *lags, (4_000.0, 4_000.0, True), *[(4_000.0, 4_000.0, False)] * 60]) == []


def test_units_that_tell_a_tenth_too_little_make_none_when_they_move() -> None:
    down = [(2_200.0, 2_000.0, False)] * 60
    assert steps([*[(9_900.0, 9_000.0, False)] * 30, (2_200.0, 2_000.0, True), *down]) == []


def test_a_step_between_changes_of_units_is_noted_when_they_rest() -> None:
    busy = [(10_000.0, 9_000.0, second % 4 == 0) for second in range(40)]
    assert steps([*REST, *busy, *[(10_000.0, 9_000.0, False)] * 30]) == [(86, 1000.0)]


@given(st.lists(st.floats(-240, 240), min_size=40, max_size=80))
def test_a_meter_that_sways_by_less_than_a_twentieth_makes_none(sways: list[float]) -> None:
    assert steps((9_000.0 + sway, 9_000.0, False) for sway in sways) == []
