"""The schedule, energy prices, and what both will have in force."""

from collections.abc import Sequence
from dataclasses import replace

import falcon
from msgspec import UNSET

from actors.front_board import FrontBoard
from actors.planned import plans_of, priced, says_nothing
from actors.port import DispatchPort
from api.arrival import sender
from api.operation import operation
from api.outlook import planned_ahead
from api.schedule_views import prices_view, rates_of, rule_of_prices, schedule_of, schedule_view
from api.schemas.schedule import (
    OutlookQuery,
    OutlookView,
    PlannedAnswer,
    PricesBody,
    PricesView,
    ScheduleBody,
    ScheduleView,
)
from events.commands import Command, SetPrices, SetSchedule
from events.state import Source
from netstab.clock import WallClock
from netstab.errors import CommandRejected, ErrorCode
from netstab.schedules.in_force import outlook
from netstab.schedules.prices import Rate, check_rates
from netstab.schedules.schedule import check_schedule
from netstab.settings.fronts import PriceUnit
from netstab.units import WallTime

__all__ = ["OutlookResource", "PricesResource", "ScheduleResource"]

_MOST_BODY = 256 * 1024
"""Bytes: 2,500 prices take 210 KiB."""


class ScheduleResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation("The schedule", ScheduleView)
    def on_get(self, _request: falcon.Request) -> ScheduleView:
        return schedule_view(self._fleet.snapshot.state.schedule)

    @operation(
        "Enter a schedule in place of the one that there is",
        PlannedAnswer,
        body=ScheduleBody,
        most_body=_MOST_BODY,
        refusals=(ErrorCode.CHANGED_MEANWHILE, ErrorCode.FAULT_STATE),
    )
    def on_put(self, request: falcon.Request, body: ScheduleBody) -> PlannedAnswer:
        known, entered = self._fleet.snapshot.state.schedule, schedule_of(body)
        if known.version and replace(entered, version=known.version) == known:
            return _unchanged(known.version)
        try:
            check_schedule(entered)  # before it would be recorded as refused, as long as it may be
        except ValueError as fault:
            raise CommandRejected(ErrorCode.INVALID_INPUT, str(fault)) from None
        return _submit(self._fleet, request, SetSchedule(entered, body.version))


class PricesResource:
    def __init__(self, fleet: DispatchPort, unit: PriceUnit, wall: WallClock) -> None:
        self._fleet = fleet
        self._unit = unit
        self._wall = wall

    @operation("Energy prices, and what goes by them", PricesView)
    def on_get(self, _request: falcon.Request) -> PricesView:
        return prices_view(self._fleet.snapshot.state.prices, self._unit)

    @operation(
        "Say what energy costs, from the first price given on, or what goes by it",
        PlannedAnswer,
        body=PricesBody,
        bare_list="rates",
        most_body=_MOST_BODY,
        refusals=(ErrorCode.FAULT_STATE,),
    )
    def on_put(self, request: falcon.Request, body: PricesBody) -> PlannedAnswer:
        command = SetPrices()
        if body.rates is not UNSET:
            command = self._priced(rates_of(body.rates or [], self._unit))
        if body.rule is not UNSET:
            command = replace(command, rule=rule_of_prices(body.rule, self._unit))
        if body.hash_price is not UNSET:
            command = replace(command, hash_price=body.hash_price or 0.0)
        known = self._fleet.snapshot.state.prices
        return (
            _unchanged(known.version)
            if says_nothing(command, known)
            else _submit(self._fleet, request, command)
        )

    def _priced(self, rates: Sequence[Rate]) -> SetPrices:
        try:
            check_rates(rates)
            return priced(self._fleet.snapshot, rates, self._wall())
        except ValueError as fault:
            raise CommandRejected(ErrorCode.INVALID_INPUT, str(fault)) from None


class OutlookResource:
    def __init__(self, fleet: DispatchPort, fronts: FrontBoard) -> None:
        self._fleet = fleet
        self._fronts = fronts

    @operation("What will be in force, and why", list[OutlookView], query=OutlookQuery)
    def on_get(self, _request: falcon.Request, query: OutlookQuery) -> list[OutlookView]:
        snapshot = self._fleet.snapshot
        begin = snapshot.wall(snapshot.at)
        plans = plans_of(snapshot)
        segments = outlook(plans, begin, WallTime(begin + 3600 * query.hours))
        return planned_ahead(snapshot, plans, segments, self._fronts.announced)


def _unchanged(version: int) -> PlannedAnswer:
    """Answer what says again what is known: a feed may repeat itself each minute, and the log is for ever."""
    return PlannedAnswer(success=True, message="Nothing has changed.", version=version)


def _submit(fleet: DispatchPort, request: falcon.Request, command: Command) -> PlannedAnswer:
    result = fleet.submit(command, Source.DASHBOARD, sender(request))
    return PlannedAnswer(success=True, message=result.message, version=result.version)
