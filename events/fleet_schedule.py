"""The events of what is planned, and of what energy costs."""

from dataclasses import field, replace
from typing import Any

import msgspec

from events.fleet_event import CommandRecorded
from events.state import FleetState
from netstab.schedules.prices import PriceRule, Rate
from netstab.schedules.schedule import Schedule

__all__ = ["PricesSet", "ScheduleSet"]


class ScheduleSet(CommandRecorded):
    """What is planned from now on, a `Schedule` of `netstab.schedules`; `replaces` is the one before."""

    schedule: dict[str, Any]
    replaces: int | None

    def changes(self, state: FleetState) -> dict[str, Any]:
        entered = msgspec.convert(self.schedule, Schedule)
        return {"schedule": replace(entered, version=self.originator_version)}


class PricesSet(CommandRecorded):
    """What energy costs from now on, what goes by it, and what a PH/s earns; None is as it was."""

    rates: list[dict[str, Any]] | None
    rule: dict[str, Any] | None
    hash_price: float | None
    worth: float | None = field(default=None, kw_only=True)

    def changes(self, state: FleetState) -> dict[str, Any]:
        prices = replace(state.prices, version=self.originator_version)
        if self.rates is not None:
            rates = msgspec.convert(self.rates, tuple[Rate, ...])
            prices = replace(prices, rates=rates, worth=self.worth)
        if self.rule is not None:
            prices = replace(prices, rule=msgspec.convert(self.rule, PriceRule))
        if self.hash_price is not None:
            prices = replace(prices, hash_price=self.hash_price or None)
        return {"prices": prices}
