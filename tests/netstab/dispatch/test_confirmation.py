"""How soon and how surely a wake is confirmed is learned from those that are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.confirmation import Confirmation, confirmed, counted
from netstab.units import Timestamp

NOW = Timestamp(1000.0)
ALL = Confirmation()


def test_nobody_is_late_while_nobody_was_seen_to_confirm() -> None:
    assert ALL.within == math.inf


@pytest.mark.parametrize(("seconds", "within"), [(0.05, 4.0), (0.9, 4.0), (3.1, 10.0)])
def test_who_takes_more_than_twice_what_they_take_is_late(seconds: float, within: float) -> None:
    assert confirmed(ALL, seconds).within == within


def test_a_queue_that_grows_makes_nobody_late() -> None:
    found = ALL
    for hundredth in range(1, 3001):
        seconds = hundredth / 100
        assert seconds < found.within
        found = confirmed(found, seconds)


def test_twice_as_many_are_woken_where_half_do_not_confirm() -> None:
    assert counted(ALL, 50, 50, NOW).share == pytest.approx(0.51)


def test_a_few_that_do_not_are_no_sign_of_the_others() -> None:
    assert counted(ALL, 1, 40, NOW).share > 0.97


def test_the_share_rises_again_only_after_a_minute() -> None:
    few = counted(ALL, 10, 10, NOW)
    soon = counted(few, 0, 20, Timestamp(NOW + 30))
    assert (soon.share, soon.late) == (few.share, 0)
    assert counted(soon, 0, 20, Timestamp(NOW + 60)).share == 1.0


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_no_more_than_twice_what_is_needed_is_woken(late: int, confirmed: int) -> None:
    assert 0.5 <= counted(ALL, late, confirmed, NOW).share <= 1.0
