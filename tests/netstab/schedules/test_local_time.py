from datetime import UTC, date, datetime

import pytest
from freezegun import freeze_time

from netstab.schedules.local_time import in_zone, minutes_of, moment, zone_named
from netstab.units import WallTime

CHICAGO, BERLIN = zone_named("America/Chicago"), zone_named("Europe/Berlin")


def at(text: str) -> WallTime:
    return WallTime(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("day", "minutes", "expected"),
    [
        (date(2026, 3, 8), 90, "2026-03-08T01:30:00-06:00"),
        (date(2026, 3, 8), 120, "2026-03-08T03:00:00-05:00"),
        (date(2026, 3, 8), 150, "2026-03-08T03:00:00-05:00"),
        (date(2026, 3, 8), 180, "2026-03-08T03:00:00-05:00"),
        (date(2026, 3, 8), 1440, "2026-03-09T00:00:00-05:00"),
        (date(2026, 11, 1), 90, "2026-11-01T01:30:00-05:00"),
        (date(2026, 11, 1), 120, "2026-11-01T02:00:00-06:00"),
        (date(2026, 7, 1), 1050, "2026-07-01T17:30:00-05:00"),
    ],
)
def test_a_local_time_is_its_first_valid_moment_on_the_days_of_clock_change(
    day: date, minutes: int, expected: str
) -> None:
    assert moment(day, minutes, CHICAGO) == at(expected)


def test_a_time_that_europe_leaves_out_is_the_moment_of_the_change() -> None:
    assert moment(date(2026, 3, 29), 150, BERLIN) == at("2026-03-29T01:00:00+00:00")
    assert moment(date(2026, 10, 25), 150, BERLIN) == at("2026-10-25T00:30:00+00:00")


@freeze_time("2026-03-08T12:00:00Z")
def test_the_hosts_own_date_has_no_part_in_it() -> None:
    assert moment(date(2026, 11, 1), 60, CHICAGO) == at("2026-11-01T01:00:00-05:00")


@pytest.mark.parametrize("text", ["17:60", "24:01", "7:00", "17", "", "aa:bb", "17:00:00", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a time from 00:00 to 24:00"):
        minutes_of(text)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="IANA time zone"):
        zone_named(name)


def test_a_moment_is_written_with_the_offset_of_its_zone() -> None:
    moment_in_december = WallTime(datetime(2026, 12, 1, 21, tzinfo=UTC).timestamp())
    assert in_zone(moment_in_december, "America/Chicago") == "2026-12-01T15:00:00-06:00"
    assert in_zone(moment_in_december, "UTC") == "2026-12-01T21:00:00Z"
