"""Energy prices as they are published: a list of half-open intervals, in currency per kWh.

What is past is kept for a day, for the price rule counts from the list itself and so forgets nothing at a
restart. A price that is missing is not 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from netstab.units import Seconds, WallTime

__all__ = [
    "KEPT",
    "MOST_RATES",
    "NO_PRICES",
    "NO_RULE",
    "Missing",
    "PriceRule",
    "Prices",
    "Rate",
    "check_rates",
    "check_rule",
    "merged",
]

MOST_RATES = 2500
"""A week of 5-minute prices, a day of them kept, and some."""

KEPT = Seconds(86_400.0)
AHEAD = Seconds(8 * 86_400.0)
"""How far ahead a price may be known."""

_HOUR = 3600


class Missing(StrEnum):
    """What holds while no price is known: the schedule alone, what held before, or standby."""

    SCHEDULE = "schedule"
    HOLD = "hold"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class Rate:
    """A price in currency per kWh, from `start` on and before `end`; it may be negative."""

    start: WallTime
    end: WallTime
    value: float


@dataclass(frozen=True, slots=True)
class PriceRule:
    """When power is off by the price, and on again. Prices are per kWh.

    It is off once the price was above `off_above` for `off_after_min` minutes, or is above
    `off_at_once_above`; on again once it was below `on_below` (None: not above `off_above`) for
    `on_after_min`. There are at most `max_changes_per_hour`, but for what is off at once.
    """

    off_above: float | None = None
    off_after_min: float = 0.0
    off_at_once_above: float | None = None
    on_below: float | None = None
    on_after_min: float = 0.0
    max_changes_per_hour: int | None = None


NO_RULE = PriceRule()


@dataclass(frozen=True, slots=True)
class Prices:
    """`hash_price` is what a PH/s earns in a day, in the prices' currency; None: no unit is judged by it.

    No unit above `worth` J/TH ran when the first rate began, None: any might. `version` is that of the last
    command that said any of it, 0 of none.
    """

    rates: tuple[Rate, ...] = ()
    rule: PriceRule = NO_RULE
    hash_price: float | None = None
    version: int = 0
    worth: float | None = None

    @property
    def decide(self) -> bool:
        """Whether there is anything that goes by the price."""
        rule = self.rule
        return self.hash_price is not None or rule.off_above is not None or rule.off_at_once_above is not None


NO_PRICES = Prices()


def check_rates(rates: Sequence[Rate], name: str = "rates") -> None:
    """Raise `ValueError` for rates that overlap or end before they start, with the place of the first."""
    if len(rates) > MOST_RATES:
        raise ValueError(f"{name} must have at most {MOST_RATES} entries, got {len(rates)}.")
    for place, rate in enumerate(rates):
        if rate.end <= rate.start:
            raise ValueError(f"{name}[{place}].end must be later than {name}[{place}].start.")
    by_start = sorted(range(len(rates)), key=lambda place: rates[place].start)
    for before, after in pairwise(by_start):
        if rates[after].start < rates[before].end:
            raise ValueError(f"{name}[{after}] must not overlap {name}[{before}].")


def check_rule(rule: PriceRule) -> None:
    """Raise `ValueError` where the bounds of a rule contradict one another."""
    off, on, once = rule.off_above, rule.on_below, rule.off_at_once_above
    if on is not None and off is None:
        raise ValueError("rule.on_below must be left out without rule.off_above.")
    if on is not None and off is not None and on >= off:
        raise ValueError(f"rule.on_below must be below rule.off_above, {off:.12g}, got {on:.12g}.")
    if once is not None and off is not None and once < off:
        raise ValueError(
            f"rule.off_at_once_above must be {off:.12g} (rule.off_above) or more, got {once:.12g}."
        )


def merged(known: Sequence[Rate], new: Iterable[Rate], now: WallTime) -> tuple[Rate, ...]:
    """Return the new rates behind those known before the first of them; all later ones are replaced.

    No new ones end what is known now, but those that are all too far ahead end nothing. What lies further
    back than a day is forgotten, what lies more than 8 days ahead not taken. Raises `ValueError` as
    `check_rates` does.
    """
    said = sorted(new, key=lambda rate: rate.start)
    given = tuple(rate for rate in (_within(each, now) for each in said) if rate.start < rate.end)
    check_rates(given)
    until = given[0].start if given else max([now, *(rate.start for rate in said[:1])])
    past = (replace(rate, end=min(rate.end, until)) for rate in known if rate.start < until)
    kept = (*(rate for rate in past if rate.end > now - KEPT), *given)
    return kept[-MOST_RATES:] if len(given) < MOST_RATES else given


def _within(rate: Rate, now: WallTime) -> Rate:
    """Cut off what is not kept, by the full hour: a list that is said again is the same for as long."""
    hour = now // _HOUR * _HOUR
    first, last = hour - KEPT, hour + AHEAD
    if first <= rate.start and rate.end <= last:
        return rate
    return replace(rate, start=WallTime(max(rate.start, first)), end=WallTime(min(rate.end, last)))
