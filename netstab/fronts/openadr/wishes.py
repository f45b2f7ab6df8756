"""What of the fleet is wanted by what events ask for: commands in the making, with their ends. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netstab.fronts.openadr.in_force import Asks, Piece, ahead
from netstab.fronts.openadr.periods import SECOND
from netstab.fronts.openadr.planned import Ask, PlannedEvent
from netstab.units import WallTime, Watts, asked_watts, kilowatts

__all__ = [
    "CAPACITY",
    "SIMPLE",
    "Ongoing",
    "Wish",
    "alone",
    "base_needed",
    "capacity_wish",
    "level_wish",
    "ongoing",
    "setpoint_wish",
]

CAPACITY, SIMPLE = "openadr", "openadr-simple"
"""What its limits are called, by capacity and by level."""

_MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """A power that is wanted until a moment, None: without an end; `client` names event and interval.

    `clamped` is what was asked for where that is more than the fleet is rated for.
    """

    power: Watts
    until: WallTime | None
    client: str
    clamped: Watts | None = None


@dataclass(frozen=True, slots=True)
class Ongoing:
    """What is in force from `start` up to before `end`, and how long each kind of it goes on.

    What is followed by another of its kind without a gap goes on: nothing is to end between the two.
    """

    start: float
    end: float
    asked: Asks
    setpoint_until: float
    limit_until: float
    level_until: float


def ongoing(events: Sequence[PlannedEvent], now: float) -> Ongoing:
    """Look ahead from a moment; no further than 100 changes, however many there are."""
    pieces = list(ahead(events, now, _MOST_STEPS))
    return Ongoing(
        pieces[0].start,
        pieces[0].end,
        pieces[0].asked,
        _goes_on(pieces, lambda asked: asked.setpoint is not None),
        _goes_on(pieces, lambda asked: asked.limit is not None),
        _goes_on(pieces, lambda asked: asked.shed_level > 0),
    )


def alone(piece: Piece) -> Ongoing:
    """Return a piece alone, whatever follows it."""
    return Ongoing(piece.start, piece.end, piece.asked, piece.end, piece.end, piece.end)


def _goes_on(pieces: Sequence[Piece], holds: Callable[[Asks], bool]) -> float:
    return next((piece.start for piece in pieces if not holds(piece.asked)), pieces[-1].end)


def base_needed(seen: Ongoing) -> Ask | None:
    """Return the change of a setpoint that is asked for, None where there is none."""
    ask = seen.asked.setpoint
    return ask if ask is not None and ask.relative else None


def setpoint_wish(seen: Ongoing, rated: Watts, base: Watts) -> Wish | None:
    """Return what is to be drawn; a change is added to `base`, and what is above rated is clamped."""
    ask = seen.asked.setpoint
    if ask is None or rated <= 0:
        return None
    power = _power(ask, rated)
    wanted = Watts(max(0.0, base + power)) if ask.relative else power
    clamped = wanted if wanted > rated else None
    told = f", {kilowatts(wanted):g} kW clamped to rated" if clamped is not None else ""
    return Wish(min(wanted, rated), _wall(seen.setpoint_until), f"openadr {ask.named}{told}", clamped)


def capacity_wish(seen: Ongoing, rated: Watts) -> Wish | None:
    """Return what may be drawn by the capacity that is allowed."""
    ask = seen.asked.limit
    if ask is None or (ask.percent and rated <= 0):
        return None
    return Wish(_power(ask, rated), _wall(seen.limit_until), f"openadr {ask.named}")


def level_wish(seen: Ongoing, rated: Watts, percents: Sequence[float]) -> Wish | None:
    """Return what may be drawn by the level of SIMPLE or an alert; `percents` are those of levels 1 to 3."""
    level = seen.asked.shed_level
    cause = seen.asked.alert or seen.asked.level
    if not level or cause is None or rated <= 0:
        return None
    power = Watts(float(round(rated * percents[level - 1] / 100)))
    return Wish(power, _wall(seen.level_until), f"openadr {cause.named} level {level}")


def _power(ask: Ask, rated: Watts) -> Watts:
    return Watts(float(round(ask.value * rated))) if ask.percent else asked_watts(ask.value)


def _wall(moment: float) -> WallTime | None:
    return None if math.isinf(moment) else WallTime(moment / SECOND)
