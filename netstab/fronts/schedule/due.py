"""From what is planned to the commands that put it in force: only what differs is said. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from actors.planned import PRICE, SCHEDULE
from events.commands import Activate, Command, LiftLimit, Release, SetLimit
from events.state import FleetState, Source
from netstab.schedules.efficiency import allowed
from netstab.schedules.in_force import InForce, Plans
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.price_rule import ALL, Verdict
from netstab.schedules.schedule import expanded
from netstab.units import WallTime, Watts

__all__ = ["Due", "due"]

_NEAR = 0.01
"""What a unit draws is learned all the time: a limit that moves by less is said no more."""

_LONGEST = 120
_DAY = 86_400.0


class Due(NamedTuple):
    """A command that is due, by which way, and the interval or the price that it is for."""

    command: Command
    source: Source
    cause: str


def due(state: FleetState, plans: Plans, what: InForce, at: WallTime, *, again: bool = False) -> list[Due]:
    """Return what is to be said so that `what` is in force; nothing of a schedule that was never entered.

    Under an override no setpoint is said, and all of it `again` once that has ended.
    """
    found: list[Due] = []
    if state.schedule.version:
        found += _setpoint(state, plans, what.setpoint, at, again=again)
        found += _limit(state, plans, what.limit, at)
    if state.prices.version:
        found += _price(state, plans, what.price)
    return found


def _setpoint(
    state: FleetState, plans: Plans, wanted: Interval | None, at: WallTime, *, again: bool
) -> Iterator[Due]:
    said = state.setpoints.get(Source.SCHEDULE)
    if state.override is not None:
        return
    if wanted is None:
        if said is not None:
            yield Due(Release(), Source.SCHEDULE, _over(plans, Kind.SETPOINT, at))
        return
    rated = plans.site.rated
    power = Watts(min(wanted.power, rated)) if rated else wanted.power
    if said is None and not again and _yields(state, wanted):
        return
    if said is None or said.target != power:
        yield Due(Activate(power), Source.SCHEDULE, _named(wanted))


def _yields(state: FleetState, wanted: Interval) -> bool:
    """Whether an operator's order without override came later: it stands until what is planned changes."""
    order = state.order
    if order is None or order.source is not Source.DASHBOARD:
        return False
    return order.since >= wanted.start and order.version > state.schedule.version


def _limit(state: FleetState, plans: Plans, wanted: Interval | None, at: WallTime) -> Iterator[Due]:
    said = state.limits.get(SCHEDULE)
    if wanted is None:
        if said is not None:
            yield Due(LiftLimit(SCHEDULE), Source.SCHEDULE, _over(plans, Kind.LIMIT, at))
    elif said is None or said.until is not None or said.power != wanted.power:
        yield Due(SetLimit(SCHEDULE, wanted.power), Source.SCHEDULE, _named(wanted))


def _price(state: FleetState, plans: Plans, verdict: Verdict | None) -> Iterator[Due]:
    said = state.limits.get(PRICE)
    if verdict is None or verdict.worth == ALL:
        if said is not None:
            yield Due(LiftLimit(PRICE), Source.PRICE, _priced(verdict))
        return
    power = allowed(plans.groups, verdict.worth)
    near = said is not None and abs(said.power - power) <= _NEAR * power
    if said is None or said.efficiency != verdict.worth or not near:
        yield Due(SetLimit(PRICE, power, None, verdict.worth), Source.PRICE, _priced(verdict))


def _over(plans: Plans, kind: Kind, at: WallTime) -> str:
    """Name the interval that has just ended."""
    planned = expanded(plans.schedule, WallTime(at - _DAY), at)
    ended = [each for each in planned if each.kind is kind and each.end <= at]
    return f"{_named(max(ended, key=lambda each: each.end))} is over" if ended else "nothing is scheduled"


def _named(interval: Interval) -> str:
    if interval.start < 0:
        return "otherwise"
    return f"{_moment(interval.start)} to {_moment(interval.end)} {interval.reason}".strip()[:_LONGEST]


def _priced(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no price rule"
    if verdict.rate is None:
        return "no price is known"
    return f"{verdict.rate.value:.6g} per kWh from {_moment(verdict.rate.start)}"


def _moment(at: WallTime) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%MZ}"
