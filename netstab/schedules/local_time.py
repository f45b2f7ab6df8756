"""Moments of local time, on days of 23 and of 25 hours too.

A time that a clock change leaves out is the first moment after it; one that comes twice is the first of both.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from netstab.units import WallTime

__all__ = ["days_between", "in_zone", "minutes_of", "moment", "zone_named"]


def zone_named(name: str) -> ZoneInfo:
    """Return an IANA time zone; raises `ValueError` for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a directory
        raise ValueError(f"timezone must be the name of an IANA time zone, got {name!r}.") from None


def minutes_of(text: str) -> int:
    """Return the minutes since midnight of `HH:MM`, 00:00 to 24:00; raises `ValueError`."""
    hours, colon, minutes = text.partition(":")
    if not (colon and len(text) == 5 and text.isascii() and (hours + minutes).isdigit()):
        raise ValueError("must be a time from 00:00 to 24:00")
    found = 60 * int(hours) + int(minutes)
    if int(minutes) > 59 or found > 24 * 60:
        raise ValueError("must be a time from 00:00 to 24:00")
    return found


def moment(day: date, minutes: int, zone: ZoneInfo) -> WallTime:
    """Return when a clock there shows so many minutes (0 to 1,440) after the day's midnight."""
    wanted = datetime.combine(day + timedelta(days=minutes // 1440), time(minutes % 1440 // 60, minutes % 60))
    found = wanted.replace(tzinfo=zone)
    if found.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted:
        return WallTime(found.timestamp())
    return _after_gap(wanted.replace(tzinfo=zone, fold=1).timestamp(), found.timestamp(), zone)


def _after_gap(before: float, after: float, zone: ZoneInfo) -> WallTime:
    """Find the second of a clock change between two moments."""
    low, high, old = int(before), int(after), _offset(before, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == old:
            low = middle
        else:
            high = middle
    return WallTime(float(high))


def _offset(at: float, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(at, zone).utcoffset()


def days_between(begin: WallTime, end: WallTime, zone: ZoneInfo) -> Iterator[date]:
    """Yield the days there that have a part between two moments."""
    day, last = datetime.fromtimestamp(begin, zone).date(), datetime.fromtimestamp(end, zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def in_zone(at: WallTime, name: str) -> str:
    """Write a moment as RFC 3339 with the offset of a time zone."""
    text = datetime.fromtimestamp(at, zone_named(name)).isoformat()
    return text.replace("+00:00", "Z") if name == "UTC" else text
