import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.schedules.efficiency import Step, break_even
from netstab.schedules.price_rule import ALL, NONE, Absence, Verdict, folded, is_missing, verdict_at
from netstab.schedules.prices import Missing, PriceRule, Prices, Rate, check_rates, check_rule, merged
from netstab.units import Seconds, WallTime, Watts

T0 = 1_800_000_000.0
SLOT = 300.0
STRIKE = PriceRule(off_above=0.10)
GROUPS = (Step(20.0, Watts(100.0), Watts(1.0)), Step(100.0, Watts(200.0), Watts(2.0)))
NO_GRACE = Absence(Missing.SCHEDULE, Seconds(0.0))


def rates(*values: float | None, slot: float = SLOT) -> tuple[Rate, ...]:
    return tuple(
        Rate(WallTime(T0 + place * slot), WallTime(T0 + (place + 1) * slot), value)
        for place, value in enumerate(values)
        if value is not None
    )


def said(prices: Prices, absence: Absence = NO_GRACE) -> list[tuple[float, float]]:
    """Return when the rule says what, in seconds from the first price; without what is before and after."""
    end = WallTime(prices.rates[-1].end)
    found = folded(prices, GROUPS, absence, end)
    return [(each.at - T0, each.worth) for each in changes(found)]


def changes(found: Sequence[Verdict]) -> list[Verdict]:
    """Return those by which something else runs."""
    return [after for before, after in pairwise(found) if after.worth != before.worth]


def test_power_is_off_above_a_price_and_on_again_at_it() -> None:
    assert said(Prices(rates(0.05, 0.11, 0.12, 0.10), STRIKE)) == [(300, NONE), (900, ALL)]


def test_what_is_off_comes_back_only_below_the_lower_price() -> None:
    rule = PriceRule(off_above=0.10, on_below=0.08)
    assert said(Prices(rates(0.11, 0.09, 0.08, 0.07), rule)) == [(0, NONE), (900, ALL)]


def test_minutes_are_counted_without_a_break_and_across_prices() -> None:
    rule = PriceRule(off_above=0.10, off_after_min=8, on_after_min=5)
    assert said(Prices(rates(0.2, 0.05, 0.2, 0.3, 0.2, 0.05, 0.05), rule)) == [(600 + 480, NONE), (1800, ALL)]


def test_a_higher_price_is_off_at_once_whatever_was_counted() -> None:
    rule = PriceRule(off_above=0.10, off_after_min=60, off_at_once_above=1.0, max_changes_per_hour=1)
    assert said(Prices(rates(0.2, 1.5, 0.05, 1.5), rule)) == [(300, NONE)]
    assert said(Prices(rates(0.2, 1.0, 0.2), rule)) == []  # no higher than that
    loose = PriceRule(off_above=0.10, off_after_min=60, off_at_once_above=1.0)
    assert said(Prices(rates(0.2, 1.5, 0.05, 1.5), loose)) == [(300, NONE), (600, ALL), (900, NONE)]


def test_what_was_in_force_goes_on_where_the_known_prices_say_nothing() -> None:
    rule = PriceRule(off_above=0.10, on_below=0.05)
    between = Prices(rates(0.07, 0.08), rule)
    off = replace(between, worth=NONE)
    assert folded(off, (), NO_GRACE, WallTime(T0 + 500))[-1].worth == NONE
    assert folded(between, (), NO_GRACE, WallTime(T0 + 500))[-1].worth == ALL


def test_the_least_efficient_go_first_and_come_back_last() -> None:
    hash_price = 48.0
    assert break_even(hash_price, 20.0) == pytest.approx(0.1)
    assert break_even(hash_price, 100.0) == pytest.approx(0.02)
    found = said(Prices(rates(0.01, 0.05, 0.2, 0.05, -0.1), hash_price=hash_price))
    assert found == [(300, 20.0), (600, NONE), (900, 20.0), (1200, ALL)]


def test_a_missing_price_is_not_zero() -> None:
    prices = Prices(rates(0.2, None, None, 0.2), STRIKE)
    grace = Seconds(400.0)
    assert said(prices, absence=Absence(Missing.SCHEDULE, grace)) == [(0, NONE), (700, ALL), (900, NONE)]
    assert said(prices, absence=Absence(Missing.HOLD, grace)) == [(0, NONE)]
    cheap = Prices(rates(0.01, None, None, 0.01), STRIKE)
    standby = Absence(Missing.STANDBY, grace)
    assert said(cheap, absence=standby) == [(0, ALL), (700, NONE), (900, ALL)]


def test_a_price_is_missing_once_the_last_one_counts_no_longer() -> None:
    prices, absence = Prices(rates(0.2), STRIKE), Absence(grace=Seconds(900.0))
    assert not is_missing(prices, absence, WallTime(T0 + 300 + 899))
    assert is_missing(prices, absence, WallTime(T0 + 300 + 900))
    assert is_missing(prices, absence, WallTime(T0 - 1))
    assert not is_missing(Prices(rates(0.2)), absence, WallTime(T0 + 9999))
    assert is_missing(Prices((), STRIKE), absence, WallTime(T0))


spiky = st.lists(st.sampled_from([0.01, 0.09, 0.11, 0.5, 3.0, -0.2, None]), min_size=1, max_size=60)


@given(spiky, st.integers(1, 4), st.sampled_from([0.0, 7.0, 20.0]))
def test_a_spiky_series_switches_no_more_often_than_it_may(
    values: list[float | None], most: int, minutes: float
) -> None:
    series = rates(*values)
    if not series:
        return
    rule = PriceRule(0.10, minutes, None, 0.05, minutes, most)
    hold = Absence(Missing.HOLD, NO_GRACE.grace)
    found = folded(Prices(series, rule, 30.0), GROUPS, hold, WallTime(series[-1].end))
    times = [each.at for each in changes(found)]
    assert all(sum(1 for other in times if at - 3600 < other <= at) <= most for at in times)
    assert all(after > before for before, after in pairwise(times))


@given(spiky, st.integers(0, 60 * 300))
def test_a_restart_forgets_no_minute_that_was_counted(values: list[float | None], after: int) -> None:
    """Whoever starts with what is on record, and the same prices, goes on as if nothing had been."""
    series = rates(*values)
    if not series:
        return
    prices = Prices(series, PriceRule(0.10, 12.0, 2.0, 0.05, 9.0, 3), 30.0)
    now, end = WallTime(T0 + after), WallTime(series[-1].end + 7200)
    whole = folded(prices, GROUPS, NO_GRACE, end)
    shorter = folded(prices, GROUPS, NO_GRACE, WallTime(min(now + 1, end)))
    assert verdict_at(whole, now).worth == verdict_at(shorter, now).worth


def test_new_prices_replace_what_was_to_come_and_keep_what_was() -> None:
    known, now = rates(1.0, 2.0, 3.0, 4.0), WallTime(T0 + 350)
    new = (Rate(WallTime(T0 + 600), WallTime(T0 + 900), 9.0),)
    assert [each.value for each in merged(known, new, now)] == [1.0, 2.0, 9.0]
    assert [(each.value, each.end - T0) for each in merged(known, (), now)] == [(1.0, 300), (2.0, 350)]
    later = WallTime(T0 + 86_400 + 400)
    assert [each.value for each in merged(known, (), later)] == [2.0, 3.0, 4.0]


def test_a_price_without_end_is_taken_for_as_far_as_prices_are_known() -> None:
    (found,) = merged((), (Rate(WallTime(T0), WallTime(math.inf), 1.0),), WallTime(T0))
    assert found.end == T0 + 8 * 86_400


def test_prices_beyond_what_is_kept_that_are_said_again_are_the_same_for_an_hour() -> None:
    days = [T0 + 86_400 * day for day in range(-10, 10)]
    long = [Rate(WallTime(day), WallTime(day + 86_400), day) for day in days]
    known = merged((), long, WallTime(T0 + 1))
    assert merged(known, long, WallTime(T0 + 3599)) == known
    assert merged(known, long, WallTime(T0 + 3600)) != known


def test_prices_that_are_all_too_far_ahead_end_none_that_is_known() -> None:
    known, year = rates(1.0, 2.0, 3.0, 4.0), Rate(WallTime(T0 + 3e7), WallTime(T0 + 4e7), 9.0)
    assert merged(known, [year], WallTime(T0 + 350)) == known


def test_prices_that_contradict_one_another_are_refused() -> None:
    one, two = Rate(WallTime(0.0), WallTime(9.0), 1.0), Rate(WallTime(5.0), WallTime(12.0), 1.0)
    with pytest.raises(ValueError, match=r"rates\[1\] must not overlap rates\[0\]"):
        check_rates([one, two])
    with pytest.raises(ValueError, match=r"rates\[0\].end must be later"):
        check_rates([Rate(WallTime(9.0), WallTime(9.0), 1.0)])
    with pytest.raises(ValueError, match=r"on_below must be below rule\.off_above, 0\.1, got 0\.1"):
        check_rule(PriceRule(off_above=0.1, on_below=0.1))
    with pytest.raises(ValueError, match=r"off_at_once_above must be 0\.1"):
        check_rule(PriceRule(off_above=0.1, off_at_once_above=0.05))
    check_rule(PriceRule(off_above=0.1, off_at_once_above=0.1))
    with pytest.raises(ValueError, match="on_below must be left out"):
        check_rule(PriceRule(on_below=0.1))


def test_a_verdict_is_that_of_the_last_change() -> None:
    found = (Verdict(WallTime(-math.inf), ALL, None), Verdict(WallTime(5.0), NONE, None))
    assert [verdict_at(found, WallTime(at)).worth for at in (0.0, 4.9, 5.0, 9.0)] == [ALL, ALL, NONE, NONE]
