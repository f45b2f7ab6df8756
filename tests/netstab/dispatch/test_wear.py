"""What wears a miner is counted for a day, and never takes more room than that."""

from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.wear import UNWORN, Strain, Wear, Worn
from netstab.units import WallTime

HOUR = 3600.0
NOON = WallTime(491_400 * HOUR)


def at(hours: float) -> WallTime:
    return WallTime(NOON + hours * HOUR)


def worn(*hours: float) -> Wear:
    wear = UNWORN
    for each in hours:
        wear = wear.after(Strain.WAKE, at(each), failed=False)
    return wear


def test_wakes_and_restarts_are_counted_apart_and_only_wakes_fail() -> None:
    wear = worn(0, 0.5).after(Strain.WAKE, at(1), failed=True).after(Strain.RESTART, at(1), failed=True)
    assert wear.lately(at(1)) == Worn(wakes=3, restarts=1, failed_wakes=1)


def test_nothing_was_counted_of_one_that_nothing_was_sent_to() -> None:
    assert UNWORN.lately(NOON) == Worn(0, 0, 0)


def test_what_is_older_than_a_day_counts_no_more() -> None:
    wear = worn(0, 10, 23)
    assert [wear.lately(at(hours)).wakes for hours in (23, 24, 25, 34, 35, 48)] == [3, 3, 2, 2, 1, 0]


def test_a_clock_that_was_set_back_loses_nothing() -> None:
    assert worn(5, 3, 4).lately(at(4)).wakes == 3


@given(st.lists(st.tuples(st.floats(-100, 100), st.sampled_from(Strain), st.booleans()), max_size=80))
def test_it_grows_no_further_than_a_day_and_counts_each_once(given: list[tuple[float, Strain, bool]]) -> None:
    wear, latest = UNWORN, -1000.0
    counted: list[tuple[int, Strain]] = []
    for hours, strain, failed in given:
        wear, latest = wear.after(strain, at(hours), failed=failed), max(latest, hours)
        counted.append((int(at(latest) // HOUR), strain))
        assert len(wear.hours) <= 25
        found, first = wear.lately(at(latest)), int(at(latest) // HOUR) - 24
        kept = [strain for hour, strain in counted if hour >= first]
        assert (found.wakes, found.restarts) == (kept.count(Strain.WAKE), kept.count(Strain.RESTART))
