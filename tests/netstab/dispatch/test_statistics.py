import math
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.statistics import (
    NEW,
    StartStatistics,
    UnitStatistics,
    after_failure,
    after_wake,
    certainty,
    start_statistics,
    wake_probability,
)
from netstab.power.unit import USUAL_START
from netstab.units import Seconds

GOOD = StartStatistics(1.0, Seconds(100.0))


def after(*seconds: float | None) -> UnitStatistics:
    """A miner whose wakes took so long; None for one that never came."""
    experience = NEW
    for took in seconds:
        experience = after_failure(experience) if took is None else after_wake(experience, took)
    return experience


def test_a_fleet_that_was_never_seen_to_wake_is_taken_at_its_makers_word() -> None:
    assert start_statistics([NEW, NEW]) == StartStatistics(1.0, USUAL_START)
    assert wake_probability(NEW, start_statistics([])) == 1.0


def test_a_fleet_of_which_one_wake_in_twelve_fails_is_known_for_it() -> None:
    fleet = [after(90)] * 110 + [after(None)] * 10
    assert start_statistics(fleet).probability == pytest.approx(11 / 12, abs=0.01)


def test_a_miner_is_like_its_fleet_until_it_has_shown_otherwise() -> None:
    fleet = StartStatistics(0.9, Seconds(90.0))
    assert wake_probability(NEW, fleet) == pytest.approx(0.9)
    assert wake_probability(after(None), fleet) < 0.7
    assert wake_probability(after(None, None, None, None), fleet) < 0.45
    assert wake_probability(after(None, None, 90, 90, 90, 90), fleet) > 0.7


def test_old_wakes_fade() -> None:
    reformed = after(*[None] * 20, *[60] * 40)
    assert wake_probability(reformed, GOOD) > 0.95


def test_who_is_late_is_counted_on_less_and_less() -> None:
    at = [certainty(NEW, GOOD, seconds) for seconds in (0, 160, 200, 240, 900)]
    assert at == pytest.approx([1.0, 1.0, 5 / 9, 1 / 9, 0.05])
    slow = UnitStatistics(wake_seconds=Seconds(200.0))
    assert certainty(slow, GOOD, 240) == 1.0


@given(st.lists(st.none() | st.floats(0, 600), max_size=40), st.floats(0, 1), st.none() | st.floats(0, 1e4))
def test_every_certainty_is_a_probability(
    wakes: list[Any], probability: float, starting_for: float | None
) -> None:
    assert 0 <= certainty(after(*wakes), StartStatistics(probability, Seconds(90.0)), starting_for) <= 1


def test_the_spread_of_single_wakes_is_found_from_one_each_and_from_the_means_of_many() -> None:
    chance = Random(1)
    once = [after(chance.uniform(60, 130)) for _ in range(400)]
    often = [after(*(chance.uniform(60, 130) for _ in range(12))) for _ in range(400)]
    for fleet in (once, often):
        assert start_statistics(fleet).spread == pytest.approx(70 / math.sqrt(12), rel=0.1)
    assert start_statistics([after(90.0)] * 5).spread == pytest.approx(0.0)
