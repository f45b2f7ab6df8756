"""Hands the prices of events to the fleet's price engine, once each time that they are others. One thread."""

from collections.abc import Iterable, Sequence

from actors.planned import priced
from events.commands import SetPrices
from events.state import Source
from netstab.errors import CommandRejected
from netstab.fronts.link import Link
from netstab.fronts.openadr.in_force import prices
from netstab.fronts.openadr.periods import SECOND
from netstab.fronts.openadr.planned import Plan
from netstab.schedules.prices import Rate
from netstab.units import WallTime

__all__ = ["Pricing", "rates_of"]

_DAY = 86_400
_DAYS_AHEAD = 3
_AGAIN = 60.0
"""Seconds until what was refused is said again."""

Known = list[tuple[WallTime, float]]


class Pricing:
    """One for a term. Prices that others set stay until OpenADR's own change."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._plan: Plan | None = None
        self._told: Known | None = None
        self._again = 0.0

    def look(self, plan: Plan, now: WallTime) -> None:
        """Say what is new of the prices of a poll."""
        if plan is self._plan or now < self._again:
            return
        rates, snapshot = rates_of(plan, now), self._link.fleet.snapshot
        if self._told is None and not rates:
            self._plan = plan
            return
        told = _known(snapshot.state.prices.rates, now) if self._told is None else _ahead(self._told, now)
        known = _known(rates, now)
        if known != told and not self._say(priced(snapshot, rates, now), now):
            return
        self._plan, self._told = plan, known

    def _say(self, command: SetPrices, now: WallTime) -> bool:
        try:
            self._link.submit_now(command, Source.OPENADR, "openadr")
        except CommandRejected as rejected:
            self._link.trouble(f"Prices were refused: {rejected.message}")
            self._again = now + _AGAIN
            return False
        return True


def rates_of(plan: Plan, now: WallTime) -> list[Rate]:
    """Return the prices from now to the end of a day, three days ahead at most; those alike are joined."""
    until = (now // _DAY + _DAYS_AHEAD) * _DAY * SECOND
    joined: list[Rate] = []
    for start, end, value in prices(plan.events, float(int(now * SECOND)), until):
        rate = Rate(WallTime(start / SECOND), WallTime(min(end, until) / SECOND), value)
        if joined and (joined[-1].end, joined[-1].value) == (rate.start, rate.value):
            rate = Rate(joined.pop().start, rate.end, value)
        joined.append(rate)
    return joined


def _known(rates: Iterable[Rate], now: WallTime) -> Known:
    """Return what tells two lists apart: where the running price began is of no account."""
    return [(rate.end, rate.value) for rate in rates if rate.end > now]


def _ahead(known: Sequence[tuple[WallTime, float]], now: WallTime) -> Known:
    return [(end, value) for end, value in known if end > now]
