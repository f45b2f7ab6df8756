"""What is planned: a schedule, energy prices, and what will be in force."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from api.schemas.base import MAX_KILOWATTS, Answer, Body, Moment
from netstab.schedules.prices import MOST_RATES
from netstab.schedules.schedule import MOST_DATED, MOST_WEEKLY, Day
from netstab.settings.fronts import PriceUnit

__all__ = [
    "DatedBody",
    "DatedView",
    "OtherwiseBody",
    "OtherwiseView",
    "OutlookQuery",
    "OutlookView",
    "PlannedAnswer",
    "PriceRuleBody",
    "PriceRuleView",
    "PricesBody",
    "PricesView",
    "RateBody",
    "RateView",
    "ScheduleBody",
    "ScheduleView",
    "WeeklyBody",
    "WeeklyView",
]

Kilowatts = Annotated[float, Meta(ge=0, le=MAX_KILOWATTS)]
Zoned = Annotated[datetime, Meta(tz=True)]
Price = Annotated[float, Meta(ge=-1e9, le=1e9)]
Minutes = Annotated[float, Meta(ge=0, le=1440)]
Reason = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Priority = Annotated[int, Meta(ge=0, le=100)]


class OtherwiseBody(Body):
    """What holds while no interval of its kind does."""

    setpoint_kw: Kilowatts | UnsetType = UNSET
    limit_kw: Kilowatts | UnsetType = UNSET


class DatedBody(Body):
    """From `start` on and before `end`; either a setpoint or a limit. `reason` is recorded with it."""

    start: Zoned
    end: Zoned
    setpoint_kw: Kilowatts | UnsetType = UNSET
    limit_kw: Kilowatts | UnsetType = UNSET
    priority: Priority = 0
    reason: Reason = ""


class WeeklyBody(Body):
    """On these days from `from` to `to` (HH:MM, to 24:00; the next day's where it is no later).

    It does not begin on the dates of `except`, which are holidays.
    """

    days: Annotated[list[Day], Meta(min_length=1, max_length=7)]
    begin: str = field(name="from")
    end: str = field(name="to")
    setpoint_kw: Kilowatts | UnsetType = UNSET
    limit_kw: Kilowatts | UnsetType = UNSET
    priority: Priority = 0
    reason: Reason = ""
    without: Annotated[list[Date], Meta(max_length=100)] = field(name="except", default_factory=list)


class ScheduleBody(Body):
    """All that is planned; each part may be missing. `version` is that of the schedule to be replaced."""

    schedule: Annotated[list[DatedBody], Meta(max_length=MOST_DATED)] = field(default_factory=list)
    timezone: Annotated[str, Meta(max_length=64)] = "UTC"
    weekly: Annotated[list[WeeklyBody], Meta(max_length=MOST_WEEKLY)] = field(default_factory=list)
    otherwise: OtherwiseBody | None = None
    version: Annotated[int, Meta(ge=0)] | None = None


class DatedView(Answer, omit_defaults=True):
    """A dated interval."""

    start: Moment
    end: Moment
    setpoint_kw: float | UnsetType = UNSET
    limit_kw: float | UnsetType = UNSET
    priority: int = 0
    reason: str = ""


class WeeklyView(Answer, omit_defaults=True):
    """A weekly rule."""

    days: list[Day]
    begin: str = field(name="from")
    end: str = field(name="to")
    setpoint_kw: float | UnsetType = UNSET
    limit_kw: float | UnsetType = UNSET
    priority: int = 0
    reason: str = ""
    without: list[str] = field(name="except", default_factory=list)


class OtherwiseView(Answer):
    """What holds while no interval of its kind does."""

    setpoint_kw: float | UnsetType = UNSET
    limit_kw: float | UnsetType = UNSET


class ScheduleView(Answer):
    """The schedule as it was entered, its moments in its own time zone. It may be sent back as it is."""

    schedule: list[DatedView]
    timezone: str
    weekly: list[WeeklyView]
    otherwise: OtherwiseView | None
    version: int


class RateBody(Body):
    """A price, from `start` on and before `end`; it may be negative."""

    start: Zoned
    end: Zoned
    value: Price


class PriceRuleBody(Body):
    """When power is off by the price, and on again; without any of it the price decides nothing.

    Off once it was above `off_above` for `off_after_min`, or is above `off_at_once_above`; on again once it
    was below `on_below` (without it: not above `off_above`) for `on_after_min`. There are at most
    `max_changes_per_hour`, but for what is off at once.
    """

    off_above: Price | None = None
    off_after_min: Minutes = 0.0
    off_at_once_above: Price | None = None
    on_below: Price | None = None
    on_after_min: Minutes = 0.0
    max_changes_per_hour: Annotated[int, Meta(ge=1, le=60)] | None = None


class PricesBody(Body):
    """Prices, what goes by them, and what a PH/s earns in a day; what is missing stays as it is.

    With a `hash_price` no unit runs that costs more than it earns. Null, or an empty list, ends each.
    """

    rates: Annotated[list[RateBody], Meta(max_length=MOST_RATES)] | UnsetType | None = UNSET
    rule: PriceRuleBody | UnsetType | None = UNSET
    hash_price: Annotated[float, Meta(ge=0, le=1e9)] | UnsetType | None = UNSET


class RateView(Answer):
    """A price."""

    start: Moment
    end: Moment
    value: float


class PriceRuleView(Answer):
    """When power is off by the price, and on again."""

    off_above: float | None
    off_after_min: float
    off_at_once_above: float | None
    on_below: float | None
    on_after_min: float
    max_changes_per_hour: int | None


class PricesView(Answer):
    """The prices known, the newest day of the past among them, in `unit`, and what goes by them."""

    unit: PriceUnit
    rates: list[RateView]
    rule: PriceRuleView
    hash_price: float | None
    version: int


class PlannedAnswer(Answer):
    """What was done, and the version that the schedule or the prices have now."""

    success: bool
    message: str
    version: int


class OutlookQuery(Body):
    hours: Annotated[int, Meta(ge=1, le=168, description="How far to look ahead")] = 48


class OutlookView(Answer):
    """What will be in force, from whom, and why. The setpoint is cut by all limits of its time."""

    start: Moment
    end: Moment
    kind: Literal["setpoint", "limit"]
    value_kw: float
    source: str
    reason: str
