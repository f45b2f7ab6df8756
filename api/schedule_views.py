"""From what is sent of a schedule and of prices to what is meant by it, and back. It submits nothing."""

from typing import Any

from msgspec import UNSET

from api.schemas.schedule import (
    DatedBody,
    DatedView,
    OtherwiseBody,
    OtherwiseView,
    PriceRuleBody,
    PriceRuleView,
    PricesView,
    RateBody,
    RateView,
    ScheduleBody,
    ScheduleView,
    WeeklyBody,
    WeeklyView,
)
from netstab.errors import CommandRejected, ErrorCode
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.local_time import in_zone
from netstab.schedules.prices import NO_RULE, PriceRule, Prices, Rate
from netstab.schedules.schedule import Otherwise, Schedule, Weekly
from netstab.settings.fronts import PriceUnit
from netstab.units import WallTime, Watts, asked_watts, kilowatts, rfc3339

__all__ = ["prices_view", "rates_of", "rule_of_prices", "schedule_of", "schedule_view"]

_DIGITS = 9
"""Of a price in another unit: what is more comes of binary fractions."""


def schedule_of(body: ScheduleBody) -> Schedule:
    """Return the schedule that a body means; raises `CommandRejected` for an entry of no kind, or of two."""
    return Schedule(
        tuple(_dated(f"schedule[{place}]", each) for place, each in enumerate(body.schedule)),
        tuple(_weekly(f"weekly[{place}]", each) for place, each in enumerate(body.weekly)),
        () if body.otherwise is None else tuple(_otherwise(body.otherwise)),
        body.timezone,
    )


def _power(name: str, body: DatedBody | WeeklyBody) -> tuple[Kind, Watts]:
    given = _otherwise(body)
    if len(given) == 1:
        return given[0].kind, given[0].power
    message = f"{name} must have either setpoint_kw or limit_kw."
    raise CommandRejected(ErrorCode.INVALID_INPUT, message)


def _otherwise(body: DatedBody | WeeklyBody | OtherwiseBody) -> list[Otherwise]:
    found = ((Kind.SETPOINT, body.setpoint_kw), (Kind.LIMIT, body.limit_kw))
    return [Otherwise(kind, asked_watts(power)) for kind, power in found if power is not UNSET]


def _dated(name: str, body: DatedBody) -> Interval:
    start, end = WallTime(body.start.timestamp()), WallTime(body.end.timestamp())
    return Interval(start, end, *_power(name, body), body.priority, "schedule", body.reason)


def _weekly(name: str, body: WeeklyBody) -> Weekly:
    kind, power = _power(name, body)
    without = tuple(body.without)
    return Weekly(tuple(body.days), body.begin, body.end, kind, power, body.priority, body.reason, without)


def schedule_view(schedule: Schedule) -> ScheduleView:
    """Return a schedule as it may be sent again."""
    zone = schedule.timezone
    otherwise = {f"{each.kind}_kw": kilowatts(each.power) for each in schedule.otherwise}
    return ScheduleView(
        schedule=[
            DatedView(
                in_zone(each.start, zone),
                in_zone(each.end, zone),
                **_of_kind(each.kind, each.power),
                priority=each.priority,
                reason=each.reason,
            )
            for each in schedule.dated
        ],
        timezone=zone,
        weekly=[
            WeeklyView(
                list(rule.days),
                rule.begin,
                rule.end,
                **_of_kind(rule.kind, rule.power),
                priority=rule.priority,
                reason=rule.reason,
                without=list(rule.without),
            )
            for rule in schedule.weekly
        ],
        otherwise=OtherwiseView(**otherwise) if otherwise else None,
        version=schedule.version,
    )


def _of_kind(kind: Kind, power: Watts) -> dict[str, Any]:
    return {f"{kind}_kw": kilowatts(power)}


def rates_of(bodies: list[RateBody], unit: PriceUnit) -> list[Rate]:
    """Return prices per kWh."""
    return [
        Rate(
            WallTime(each.start.timestamp()),
            WallTime(each.end.timestamp()),
            round(each.value * unit.per_kwh, 2 * _DIGITS),
        )
        for each in bodies
    ]


def rule_of_prices(body: PriceRuleBody | None, unit: PriceUnit) -> PriceRule:
    """Return a rule in prices per kWh; None is one by which nothing goes."""
    if body is None:
        return NO_RULE
    return PriceRule(
        _per_kwh(body.off_above, unit),
        body.off_after_min,
        _per_kwh(body.off_at_once_above, unit),
        _per_kwh(body.on_below, unit),
        body.on_after_min,
        body.max_changes_per_hour,
    )


def prices_view(prices: Prices, unit: PriceUnit) -> PricesView:
    """Return prices in a unit."""
    rule = prices.rule
    return PricesView(
        unit=unit,
        rates=[
            RateView(rfc3339(rate.start), rfc3339(rate.end), _in_unit(rate.value, unit))
            for rate in prices.rates
        ],
        rule=PriceRuleView(
            None if rule.off_above is None else _in_unit(rule.off_above, unit),
            rule.off_after_min,
            None if rule.off_at_once_above is None else _in_unit(rule.off_at_once_above, unit),
            None if rule.on_below is None else _in_unit(rule.on_below, unit),
            rule.on_after_min,
            rule.max_changes_per_hour,
        ),
        hash_price=prices.hash_price,
        version=prices.version,
    )


def _per_kwh(price: float | None, unit: PriceUnit) -> float | None:
    return None if price is None else round(price * unit.per_kwh, 2 * _DIGITS)


def _in_unit(price: float, unit: PriceUnit) -> float:
    return round(price / unit.per_kwh, _DIGITS)
