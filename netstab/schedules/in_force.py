"""What of a schedule and of prices is in force at a moment, why, and until when.

The fold is total, for any schedule says something of any moment, and constant between the moments at which
something changes. What is to be down at a start begins as much sooner as ramp limit and sleep take; where a
limit ends, each site returns after a while of its own.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from netstab.schedules.efficiency import Step
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.price_rule import Absence, Verdict, folded, verdict_at
from netstab.schedules.prices import NO_PRICES, Prices
from netstab.schedules.schedule import Schedule, expanded, otherwise_of
from netstab.units import Seconds, WallTime, Watts

__all__ = ["HORIZON", "InForce", "Plans", "Segment", "Site", "in_force", "outlook"]

HORIZON = Seconds(8 * 86_400.0)
"""So far is looked ahead for the next change: every weekly rule comes within it."""

_LONGEST_LEAD = Seconds(3600.0)
_SHORTLY = Seconds(1.0)


@dataclass(frozen=True, slots=True)
class Site:
    """What a site needs to be down in time, and how it returns.

    From `rated` W it goes down by `ramp_down` W a second, and its last unit takes `sleep` s. It returns
    within `stagger` s, by a part of them that its `name` decides. Others ask it
    for `elsewhere` W.
    """

    rated: Watts = Watts(0.0)
    ramp_down: Watts = Watts(50_000.0)
    sleep: Seconds = Seconds(0.0)
    stagger: Seconds = Seconds(0.0)
    name: str = ""
    elsewhere: Watts = Watts(0.0)

    def lead(self, interval: Interval) -> Seconds:
        """Return how much before its start an interval has to be followed."""
        fall = self.rated - interval.power
        if fall <= 0:
            return Seconds(0.0)
        return Seconds(float(round(min(_LONGEST_LEAD, fall / self.ramp_down + self.sleep))))

    def delay(self, interval: Interval) -> Seconds:
        """Return how long after an interval's end the site returns: less than `stagger`, always the same."""
        drawn = hashlib.sha256(f"{self.name} {interval.start} {interval.end} {interval.kind}".encode())
        return Seconds(round(self.stagger * int.from_bytes(drawn.digest()[:4]) / 2**32, 3))


class InForce(NamedTuple):
    """What is in force: a setpoint, a limit, None where there is none, and what the price says.

    It holds `until` the next change, None where none comes within the horizon.
    """

    setpoint: Interval | None
    limit: Interval | None
    price: Verdict | None
    until: WallTime | None = None


class Segment(NamedTuple):
    """From `start` to `end` the same is in force."""

    start: WallTime
    end: WallTime
    what: InForce


@dataclass(frozen=True, slots=True)
class Plans:
    """All that decides what is in force."""

    schedule: Schedule
    prices: Prices = NO_PRICES
    absence: Absence = field(default_factory=Absence)
    groups: Sequence[Step] = ()
    site: Site = field(default_factory=Site)


def in_force(plans: Plans, at: WallTime) -> InForce:
    """Return what is in force at a moment, and until when."""
    found = outlook(plans, at, WallTime(at + HORIZON))
    return found[0].what._replace(until=found[0].end if len(found) > 1 else None)


def outlook(plans: Plans, begin: WallTime, end: WallTime) -> tuple[Segment, ...]:
    """Return what will be in force from `begin` to `end`, in as few segments as there are changes."""
    longest = _LONGEST_LEAD + plans.site.stagger
    planned = expanded(plans.schedule, WallTime(begin - longest), WallTime(end + longest))
    verdicts = _verdicts(plans, end)
    setpoints = _Setpoints(planned, plans)
    limits = _Limits(planned, plans)
    moments = {*setpoints.moments(), *limits.moments(), *(each.at for each in verdicts)}
    edges = [begin, *sorted(moment for moment in moments if begin < moment < end), end]
    found: list[Segment] = []
    for first, last in pairwise(edges):
        at = WallTime(first)
        what = InForce(setpoints.at(at), limits.at(at), verdict_at(verdicts, at) if verdicts else None)
        if found and found[-1].what == what:
            found[-1] = found[-1]._replace(end=WallTime(last))
        else:
            found.append(Segment(at, WallTime(last), what))
    return tuple(found)


def _verdicts(plans: Plans, end: WallTime) -> Sequence[Verdict]:
    if not plans.prices.decide:
        return ()
    return folded(plans.prices, plans.groups, plans.absence, end)


class _Setpoints:
    """The setpoint of a moment: that of the highest priority, then of the later entered."""

    def __init__(self, planned: Iterable[Interval], plans: Plans) -> None:
        self._site = plans.site
        self._all = [each for each in planned if each.kind is Kind.SETPOINT]
        self._otherwise = otherwise_of(plans.schedule, Kind.SETPOINT)
        self._falls = [(each.start - self._site.lead(each), each) for each in self._all]
        self._returns = [(each.end + self._site.delay(each), each) for each in self._all]

    def moments(self) -> Iterable[float]:
        yield from (each.start for each in self._all)
        yield from (each.end for each in self._all)
        yield from (at for at, _ in self._falls)
        yield from (at for at, _ in self._returns)

    def at(self, at: WallTime) -> Interval | None:
        now = self._winner(at)
        if now is None:
            now = self._held(at) or self._otherwise
        for begins, each in self._falls:
            lower = each.power < (self._site.elsewhere if now is None else now.power)
            if begins <= at < each.start and lower and self._winner(each.start) is each:
                now = each
        return now

    def _winner(self, at: WallTime) -> Interval | None:
        found = None
        for each in self._all:
            if each.holds(at) and (found is None or each.priority >= found.priority):
                found = each
        return found

    def _held(self, at: WallTime) -> Interval | None:
        """Return the interval that has just ended where what holds otherwise is more."""
        if self._otherwise is None:
            return None
        for returns, each in self._returns:
            lower = each.power < self._otherwise.power
            if each.end <= at < returns and lower and self._winner(_last_of(each)) is each:
                return each
        return None


def _last_of(interval: Interval) -> WallTime:
    """Return a moment shortly before the end of an interval."""
    return WallTime(max(interval.start, interval.end - _SHORTLY))


class _Limits:
    """The limit of a moment: the lowest, the first entered of those that are alike."""

    def __init__(self, planned: Iterable[Interval], plans: Plans) -> None:
        site = plans.site
        self._otherwise = otherwise_of(plans.schedule, Kind.LIMIT)
        self._all = [
            (each.start - site.lead(each), each.end + site.delay(each), each)
            for each in planned
            if each.kind is Kind.LIMIT
        ]

    def moments(self) -> Iterable[float]:
        yield from (begins for begins, _, _ in self._all)
        yield from (ends for _, ends, _ in self._all)

    def at(self, at: WallTime) -> Interval | None:
        there = [each for begins, ends, each in self._all if begins <= at < ends]
        return min(there, key=lambda each: each.power, default=self._otherwise)
