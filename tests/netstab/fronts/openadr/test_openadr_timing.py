"""When intervals are in force, by each of the rules of the User Guide."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openadr_events import DRAW, NOON, any_event, event, setpoints

from netstab.fronts.openadr.documents import Event
from netstab.fronts.openadr.timeline import Timeline, timeline

QUARTER = 900_000.0


def laid(given_event: Event) -> Timeline:
    return timeline(given_event, DRAW)


def times(line: Timeline) -> list[tuple[float, float]]:
    """Return start and end of all spans in quarters of an hour from noon."""
    return [((span.start - NOON) / QUARTER, (span.end - NOON) / QUARTER) for span in line.spans]


def shown(line: Timeline, *quarters: float) -> list[int | None]:
    """Return which interval is in force so many quarters of an hour after noon."""
    found = [line.at(NOON + each * QUARTER) for each in quarters]
    return [None if span is None else span.interval_id for span in found]


def test_intervals_without_times_of_their_own_follow_one_another_by_the_events_period() -> None:
    assert times(laid(setpoints(1, 2, 3))) == [(0, 1), (1, 2), (2, 3)]


def test_an_intervals_own_period_comes_before_the_events_and_those_behind_follow_it() -> None:
    own = {"start": "2026-11-26T13:00:00Z", "duration": "PT30M"}
    line = laid(
        event(
            intervalPeriod={"start": "2026-11-26T12:00:00Z", "duration": "PT15M"},
            intervals=[
                {"id": 7, "payloads": []},
                {"id": 3, "payloads": [], "intervalPeriod": own},
                {"id": 5, "payloads": [], "intervalPeriod": None},
            ],
        )
    )
    assert times(line) == [(0, 1), (4, 6), (6, 7)]
    assert shown(line, -0.1, 0, 1, 3.9, 4, 5.9, 6, 7) == [None, 7, None, None, 3, 3, 5, None]


def test_nothing_is_in_force_where_nothing_says_when_or_for_how_long() -> None:
    assert laid(setpoints(1, intervalPeriod=None)).spans == ()
    assert list(laid(setpoints(1, intervalPeriod={"start": "2026-11-26T12:00:00Z"})).spans) == []
    assert laid(event(intervals=None)).spans == ()
    cancelled = laid(setpoints(1, 2, intervalPeriod={"start": "0001-01-01", "duration": "PT0S"}))
    assert (cancelled.at(NOON), cancelled.after(NOON)) == (None, math.inf)


def test_a_start_in_the_year_1_is_now_for_the_first_interval_and_right_after_for_later_ones() -> None:
    since_ever = laid(setpoints(1, intervalPeriod={"start": "0001-01-01T00:00:00Z", "duration": "P9999Y"}))
    assert (shown(since_ever, -1e6, 1e6), since_ever.after(NOON)) == ([0, 0], math.inf)
    an_hour = laid(setpoints(1, 2, intervalPeriod={"start": "0001-01-01", "duration": "PT1H"}))
    assert times(an_hour) == [(-8, -4), (-4, 0)], "since the event was made"
    later = {"start": "0001-01-01", "duration": "PT15M"}
    following = setpoints(1)
    line = laid(
        event(
            intervalPeriod={"start": "2026-11-26T12:00:00Z", "duration": "PT15M"},
            intervals=[{"id": 0, "payloads": []}, {"id": 1, "payloads": [], "intervalPeriod": later}],
        )
    )
    assert following.intervals is not None
    assert times(line) == [(0, 1), (1, 2)]


def test_a_longer_event_repeats_its_intervals_and_a_shorter_one_is_cut_off() -> None:
    longer = laid(setpoints(1, 2, duration="PT75M"))
    assert shown(longer, 0, 1, 2, 3, 4, 4.9, 5) == [0, 1, 0, 1, 0, 0, None]
    assert longer.after(NOON + 4 * QUARTER) == NOON + 5 * QUARTER
    endless = laid(setpoints(1, 2, duration="P9999Y"))
    assert shown(endless, 1_000_000, 1_000_001) == [0, 1]
    shorter = laid(setpoints(1, 2, duration="PT20M"))
    assert shown(shorter, 0, 1, 1.3, 1.4) == [0, 1, 1, None]
    assert laid(setpoints(1, duration="PT0S")).end == NOON + QUARTER, "which is the default, and says nothing"


def test_an_event_that_is_read_late_is_in_its_interval_of_now() -> None:
    line = laid(setpoints(1, 2, 3))
    assert shown(line, 2.5) == [2]
    span = line.at(NOON + 2.5 * QUARTER)
    assert span is not None
    assert (span.start, span.end, span.turn) == (NOON + 2 * QUARTER, NOON + 3 * QUARTER, 2)


def test_a_random_offset_is_drawn_once_for_all_that_follow_and_anew_where_an_interval_says_so() -> None:
    random = {"start": "2026-11-26T12:00:00Z", "duration": "PT15M", "randomizeStart": "PT5M"}
    first = times(laid(setpoints(1, 2, 3, intervalPeriod=random)))
    offset = first[0][0]
    assert 0 < abs(offset) <= 1 / 3
    assert [(start - offset, end - offset) for start, end in first] == [
        pytest.approx((number, number + 1)) for number in range(3)
    ]
    assert times(laid(setpoints(1, 2, 3, intervalPeriod=random))) == first, "as after a restart"
    changed = setpoints(1, 2, 3, intervalPeriod=random, modificationDateTime="2026-11-26T10:30:00Z")
    assert times(laid(changed)) != first
    own = event(
        intervalPeriod=random,
        intervals=[
            {"id": 0, "payloads": []},
            {"id": 1, "payloads": [], "intervalPeriod": {"randomizeStart": "-PT10M"}},
            {"id": 2, "payloads": []},
        ],
    )
    [before, anew, after] = times(laid(own))
    assert before[0] == offset
    assert abs(anew[0] - 1 - offset) > 1e-3
    assert (before[1], anew[1]) == (anew[0], after[0]), "without a gap"


@given(any_event(), st.floats(-3, 3), st.lists(st.floats(0, 500), max_size=5))
def test_at_any_moment_what_is_in_force_holds_until_the_next_change(
    any_one: Event, begin: float, steps: list[float]
) -> None:
    line = laid(any_one)
    moment = float(round(NOON + begin * QUARTER))
    for step in steps:
        span, change = line.at(moment), line.after(moment)
        assert change > moment
        inside = min(moment + float(round(step * 1000)), change - 1)
        assert line.at(inside) == span
        if span is not None:
            assert span.start <= moment < span.end
            assert line.turn(span.turn) == span
        moment = change if math.isfinite(change) else moment
