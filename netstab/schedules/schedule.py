"""The schedule as entered: dated intervals, weekly rules in a time zone, and what holds otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from netstab.schedules.interval import ALWAYS, Interval, Kind
from netstab.schedules.local_time import days_between, minutes_of, moment, zone_named
from netstab.units import Seconds, WallTime, Watts

__all__ = [
    "EMPTY",
    "LONGEST",
    "MOST_DATED",
    "MOST_WEEKLY",
    "Day",
    "Otherwise",
    "Schedule",
    "Weekly",
    "check_schedule",
    "expanded",
    "otherwise_of",
]

MOST_DATED = 500
MOST_WEEKLY = 100
LONGEST = Seconds(366 * 86_400.0)
"""How long a dated interval may be."""

_LAST = WallTime(32_503_680_000.0)  # the year 3000: beyond it no date is meant
_DAY = 86_400.0


class Day(StrEnum):
    """The days of a week, in the order of `date.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_DAYS = tuple(Day)


@dataclass(frozen=True, slots=True)
class Weekly:
    """On these days from `begin` to `end` (`HH:MM`; the next day's where it is no later).

    `without` are dates (`YYYY-MM-DD`) on which it does not begin, as holidays.
    """

    days: tuple[Day, ...]
    begin: str
    end: str
    kind: Kind
    power: Watts
    priority: int = 0
    reason: str = ""
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What holds while no interval of its kind does."""

    kind: Kind
    power: Watts


@dataclass(frozen=True, slots=True)
class Schedule:
    """`version` is that of the command that entered it, 0 of none; dated intervals count as entered last."""

    dated: tuple[Interval, ...] = ()
    weekly: tuple[Weekly, ...] = ()
    otherwise: tuple[Otherwise, ...] = ()
    timezone: str = "UTC"
    version: int = 0


EMPTY = Schedule()


def check_schedule(schedule: Schedule) -> None:
    """Raise `ValueError` with a sentence that names the field and its bound, for what cannot be kept to."""
    zone_named(schedule.timezone)
    for name, count, most in (
        ("schedule", len(schedule.dated), MOST_DATED),
        ("weekly", len(schedule.weekly), MOST_WEEKLY),
    ):
        if count > most:
            raise ValueError(f"{name} must have at most {most} entries, got {count}.")
    for place, each in enumerate(schedule.dated):
        _check_dated(f"schedule[{place}]", each)
    for place, rule in enumerate(schedule.weekly):
        _check_weekly(f"weekly[{place}]", rule)


def _check_dated(name: str, entry: Interval) -> None:
    if not 0 <= entry.start < _LAST:
        raise ValueError(f"{name}.start must be a moment from 1970 to 2999.")
    if entry.end <= entry.start:
        raise ValueError(f"{name}.end must be later than {name}.start.")
    if entry.end - entry.start > LONGEST:
        raise ValueError(f"{name}.end must be at most 366 days after {name}.start.")


def _check_weekly(name: str, rule: Weekly) -> None:
    if not rule.days:
        raise ValueError(f"{name}.days must name at least one day.")
    if len(set(rule.days)) < len(rule.days):
        raise ValueError(f"{name}.days must name each day once.")
    for field, text in (("from", rule.begin), ("to", rule.end)):
        try:
            minutes_of(text)
        except ValueError as fault:
            raise ValueError(f"{name}.{field} {fault}, got {text!r}.") from None
    if rule.begin == "24:00":
        raise ValueError(f"{name}.from must be before 24:00.")
    if rule.begin == rule.end:
        raise ValueError(f"{name}.to must differ from {name}.from; a whole day is 00:00 to 24:00.")


def expanded(schedule: Schedule, begin: WallTime, end: WallTime) -> tuple[Interval, ...]:
    """Return what is planned that touches a stretch of time, in the order in which it was entered."""
    weekly = (each for rule in schedule.weekly for each in _each_week(rule, schedule.timezone, begin, end))
    return tuple(each for each in (*weekly, *schedule.dated) if each.start < end and each.end > begin)


def _each_week(rule: Weekly, zone_name: str, begin: WallTime, end: WallTime) -> Iterator[Interval]:
    zone, first, last = zone_named(zone_name), minutes_of(rule.begin), minutes_of(rule.end)
    reason = rule.reason or f"weekly {rule.begin} to {rule.end} {zone_name}"
    for day in days_between(WallTime(begin - 2 * _DAY), end, zone):
        if _DAYS[day.weekday()] not in rule.days or day.isoformat() in rule.without:
            continue
        starts = moment(day, first, zone)
        ends = moment(day if last > first else day + timedelta(days=1), last, zone)
        if starts < ends:
            yield Interval(starts, ends, rule.kind, rule.power, rule.priority, "schedule", reason)


def otherwise_of(schedule: Schedule, kind: Kind) -> Interval | None:
    """Return what holds of a kind while no interval of it does."""
    for each in schedule.otherwise:
        if each.kind is kind:
            return Interval(*ALWAYS, kind, each.power, reason="otherwise")
    return None
