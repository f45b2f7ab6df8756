import re
from dataclasses import replace
from datetime import datetime

import pytest

from netstab.schedules.interval import Interval, Kind
from netstab.schedules.schedule import (
    EMPTY,
    MOST_DATED,
    MOST_WEEKLY,
    Day,
    Schedule,
    Weekly,
    check_schedule,
    expanded,
)
from netstab.units import WallTime, Watts

WORKDAYS = (Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI)
PEAK = Weekly(WORKDAYS, "17:00", "20:00", Kind.LIMIT, Watts(500_000.0))


def at(text: str) -> WallTime:
    return WallTime(datetime.fromisoformat(text).timestamp())


def limited(start: str, end: str, power: float = 0.0) -> Interval:
    return Interval(at(start), at(end), Kind.LIMIT, Watts(power))


WATCH = limited("2026-12-01T15:00-06:00", "2026-12-01T18:00-06:00")


def starts(rule: Weekly, zone: str, first: str, last: str) -> list[tuple[WallTime, WallTime]]:
    found = expanded(Schedule(weekly=(rule,), timezone=zone), at(first), at(last))
    return [(each.start, each.end) for each in found]


def test_a_weekly_rule_holds_at_its_local_time_in_summer_and_winter() -> None:
    found = starts(PEAK, "America/Chicago", "2026-10-30T00:00-05:00", "2026-11-03T00:00-06:00")
    assert found == [
        (at("2026-10-30T17:00-05:00"), at("2026-10-30T20:00-05:00")),
        (at("2026-11-02T17:00-06:00"), at("2026-11-02T20:00-06:00")),
    ]


def test_a_rule_that_ends_no_later_than_it_begins_goes_over_midnight() -> None:
    night = replace(PEAK, days=(Day.FRI,), begin="22:00", end="06:00")
    assert starts(night, "UTC", "2026-11-28T00:00Z", "2026-11-29T00:00Z") == [
        (at("2026-11-27T22:00Z"), at("2026-11-28T06:00Z"))
    ]


def test_a_rule_begins_on_no_date_that_it_leaves_out() -> None:
    rule = replace(PEAK, without=("2026-12-25",))
    found = starts(rule, "UTC", "2026-12-24T00:00Z", "2026-12-29T00:00Z")
    assert [begin for begin, _ in found] == [at("2026-12-24T17:00Z"), at("2026-12-28T17:00Z")]


def test_a_rule_within_the_hour_that_is_left_out_does_not_hold_that_day() -> None:
    rule = replace(PEAK, days=(Day.SUN,), begin="02:10", end="02:50")
    assert starts(rule, "America/Chicago", "2026-03-08T00:00-06:00", "2026-03-09T00:00-05:00") == []


def test_a_rule_in_the_hour_that_comes_twice_holds_once() -> None:
    rule = replace(PEAK, days=(Day.SUN,), begin="01:30", end="01:45")
    found = starts(rule, "America/Chicago", "2026-11-01T00:00-05:00", "2026-11-02T00:00-06:00")
    assert found == [(at("2026-11-01T01:30-05:00"), at("2026-11-01T01:45-05:00"))]


def test_a_whole_day_is_as_long_as_the_day() -> None:
    rule = replace(PEAK, days=(Day.SUN,), begin="00:00", end="24:00")
    (spring,) = starts(rule, "America/Chicago", "2026-03-08T12:00-05:00", "2026-03-08T13:00-05:00")
    (autumn,) = starts(rule, "America/Chicago", "2026-11-01T12:00-06:00", "2026-11-01T13:00-06:00")
    assert (spring[1] - spring[0], autumn[1] - autumn[0]) == (23 * 3600, 25 * 3600)


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (Schedule(timezone="Mars"), "timezone must be the name of an IANA time zone, got 'Mars'."),
        (Schedule(dated=(replace(WATCH, end=WATCH.start),)), "schedule[0].end must be later"),
        (Schedule(dated=(WATCH, replace(WATCH, end=WallTime(5e9)))), "schedule[1].end must be at most 366"),
        (Schedule(dated=(WATCH,) * (MOST_DATED + 1)), "schedule must have at most 500 entries, got 501."),
        (Schedule(weekly=(PEAK,) * (MOST_WEEKLY + 1)), "weekly must have at most 100 entries, got 101."),
        (Schedule(weekly=(replace(PEAK, begin="25:00"),)), "weekly[0].from must be a time from 00:00"),
        (Schedule(weekly=(replace(PEAK, end="17:00"),)), "weekly[0].to must differ from weekly[0].from"),
        (Schedule(weekly=(replace(PEAK, days=()),)), "weekly[0].days must name at least one day."),
        (
            Schedule(weekly=(replace(PEAK, days=(Day.MON, Day.MON)),)),
            "weekly[0].days must name each day once.",
        ),
    ],
)
def test_what_cannot_be_kept_to_is_refused_by_field_and_bound(schedule: Schedule, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        check_schedule(schedule)


def test_an_empty_schedule_and_a_full_one_are_taken() -> None:
    check_schedule(EMPTY)
    check_schedule(Schedule((WATCH,) * MOST_DATED, (PEAK,) * MOST_WEEKLY, timezone="Asia/Kathmandu"))
