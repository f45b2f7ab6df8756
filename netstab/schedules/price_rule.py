"""From prices to what may run: a fold over the list of prices, from its beginning, that needs no clock.

It says from which J/TH on units are not worth running: infinity, all run; 0, none does. What it counts, the
minutes above a price and the changes of an hour, it counts from the list, so that a restart forgets nothing.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from netstab.schedules.efficiency import Step, break_even
from netstab.schedules.prices import Missing, PriceRule, Prices, Rate
from netstab.units import Seconds, WallTime

__all__ = ["ALL", "NONE", "Absence", "Verdict", "folded", "is_missing", "verdict_at"]

ALL = math.inf
NONE = 0.0
_HOUR = 3600.0
_NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Absence:
    """What is done about a missing price, after the last one has counted on for a while."""

    action: Missing = Missing.SCHEDULE
    grace: Seconds = Seconds(900.0)


class Verdict(NamedTuple):
    """From `at` on no unit above `worth` J/TH runs, for that price; None: no price is known."""

    at: WallTime
    worth: float
    rate: Rate | None


class _Piece(NamedTuple):
    start: float
    end: float
    rate: Rate | None


@dataclass(slots=True)
class _Threshold:
    """One price to go by, and since when it is above or below; what is `off` leaves `worth` running."""

    worth: float
    off_above: float
    on_below: float | None
    at_once: float
    off: bool
    above: float = _NEVER
    below: float = _NEVER

    def seen(self, price: float, at: float) -> None:
        returns = price <= self.off_above if self.on_below is None else price < self.on_below
        self.above = min(self.above, at) if price > self.off_above else _NEVER
        self.below = min(self.below, at) if returns else _NEVER

    def unseen(self) -> None:
        self.above = self.below = _NEVER


@dataclass(slots=True)
class _Fold:
    rule: PriceRule
    thresholds: list[_Threshold]
    changes: list[float] = field(default_factory=list)

    @property
    def worth(self) -> float:
        return min((each.worth for each in self.thresholds if each.off), default=ALL)

    def through(self, piece: _Piece) -> Iterator[float]:
        """Take in a piece of one price; yield each moment in it at which something has changed."""
        rate, now = piece.rate, piece.start
        if rate is None:
            for each in self.thresholds:
                each.unseen()
            return
        for each in self.thresholds:
            each.seen(rate.value, now)
        while True:
            due = [(self._due(each, rate.value, now), each) for each in self.thresholds]
            at = min((moment for moment, _ in due), default=_NEVER)
            if at >= piece.end:
                return
            for moment, each in due:
                if moment <= at:
                    each.off = not each.off
            self.changes = [past for past in self.changes if past > at - _HOUR] + [at]
            now = at
            yield at

    def _due(self, each: _Threshold, price: float, now: float) -> float:
        """Return when a threshold is to turn while the price stays."""
        if not each.off and price > each.at_once:
            return now
        since, minutes = (
            (each.below, self.rule.on_after_min) if each.off else (each.above, self.rule.off_after_min)
        )
        return self._admitted(max(now, since + 60 * minutes))

    def _admitted(self, at: float) -> float:
        """Put a change off until there were few enough of them within an hour."""
        most = self.rule.max_changes_per_hour
        if most is None or at == _NEVER:
            return at
        lately = [past for past in self.changes if past > at - _HOUR]
        return at if len(lately) < most else lately[-most] + _HOUR


def folded(prices: Prices, groups: Sequence[Step], absence: Absence, end: WallTime) -> tuple[Verdict, ...]:
    """Return what the price rule says up to `end`, one verdict for each change."""
    before = ALL if prices.worth is None else prices.worth
    fold = _Fold(prices.rule, _thresholds(prices, groups, before))
    found: list[Verdict] = []
    for piece in _pieces(prices.rates, absence, end):
        worth = fold.worth if piece.rate is not None else _absent(fold, absence)
        _add(found, Verdict(WallTime(piece.start), worth, piece.rate))
        for at in fold.through(piece):
            _add(found, Verdict(WallTime(at), fold.worth, piece.rate))
    return tuple(found)


def verdict_at(verdicts: Sequence[Verdict], at: WallTime) -> Verdict:
    """Return the verdict of a moment."""
    return verdicts[max(0, bisect_right(verdicts, at, key=lambda each: each.at) - 1)]


def is_missing(prices: Prices, absence: Absence, at: WallTime) -> bool:
    """Whether a price would decide, and none is known, nor was for as long as the last one counts on."""
    if not prices.decide:
        return False
    before = prices.rates[: bisect_right(prices.rates, at, key=lambda each: each.start)]
    return not before or at >= before[-1].end + absence.grace


def _absent(fold: _Fold, absence: Absence) -> float:
    match absence.action:
        case Missing.STANDBY:
            return NONE
        case Missing.HOLD:
            return fold.worth
        case Missing.SCHEDULE:
            return ALL


def _add(found: list[Verdict], verdict: Verdict) -> None:
    """Note a verdict: in the place of one at the same moment, and only if it changes something."""
    if found and found[-1].at == verdict.at:
        found.pop()
    last = found[-1] if found else None
    if last is None or last.worth != verdict.worth or (last.rate is None) != (verdict.rate is None):
        found.append(verdict)


def _thresholds(prices: Prices, groups: Sequence[Step], before: float) -> list[_Threshold]:
    rule, found, best = prices.rule, list[_Threshold](), NONE
    once = _NEVER if rule.off_at_once_above is None else rule.off_at_once_above
    strike = once if rule.off_above is None else rule.off_above
    if strike < _NEVER:
        found.append(_Threshold(NONE, strike, rule.on_below, once, off=before <= NONE))
    if prices.hash_price is None:
        return found
    margin = 0.0 if rule.off_above is None or rule.on_below is None else rule.off_above - rule.on_below
    for group in groups:
        if group.efficiency > 0:
            off = break_even(prices.hash_price, group.efficiency)
            on = off - margin if margin else None
            found.append(_Threshold(best, off, on, _NEVER, off=group.efficiency > before))
            best = group.efficiency
    return found


def _pieces(rates: Sequence[Rate], absence: Absence, end: WallTime) -> Iterator[_Piece]:
    """Yield the whole of time up to `end` in pieces of one price, or of none."""
    known, last = -math.inf, None
    for rate in rates:
        yield from _gap(known, min(rate.start, end), last, absence)
        if rate.start >= end:
            return
        yield _Piece(rate.start, min(rate.end, end), rate)
        known, last = rate.end, rate
    yield from _gap(known, end, last, absence)


def _gap(begin: float, end: float, last: Rate | None, absence: Absence) -> Iterator[_Piece]:
    """Yield what is between two prices: the last one counts on for a while."""
    counts = begin if last is None else min(end, begin + absence.grace)
    if begin < counts:
        yield _Piece(begin, counts, last)
    if counts < end:
        yield _Piece(counts, end, None)
