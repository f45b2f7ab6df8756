"""What events will ask for, as far ahead as they are known, for whoever wants to see it coming. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netstab.fronts.openadr.in_force import Piece, ahead
from netstab.fronts.openadr.periods import SECOND
from netstab.fronts.openadr.planned import PlannedEvent
from netstab.fronts.openadr.wishes import (
    CAPACITY,
    SIMPLE,
    alone,
    capacity_wish,
    level_wish,
    setpoint_wish,
)
from netstab.schedules.interval import Interval, Kind
from netstab.units import WallTime, Watts

__all__ = ["announced"]

_AHEAD = 8 * 86_400 * SECOND
_MOST = 500


def announced(
    events: Sequence[PlannedEvent], now: WallTime, rated: Watts, percents: Sequence[float]
) -> list[Interval]:
    """Return the setpoints and limits to come, eight days and 500 changes ahead at most.

    A change of the setpoint is left out: nobody knows now what it will be added to.
    """
    moment = float(int(now * SECOND))
    known: dict[tuple[Kind, str], list[Interval]] = {}
    for piece in ahead(events, moment, _MOST):
        if piece.start >= moment + _AHEAD:
            break
        for each in _intervals(piece, min(piece.end, moment + _AHEAD), rated, percents):
            alike = known.setdefault((each.kind, each.source), [])
            goes_on = bool(alike) and replace(alike[-1], start=each.start, end=each.end) == each
            if goes_on and alike[-1].end == each.start:
                alike[-1] = replace(alike[-1], end=each.end)
            else:
                alike.append(each)
    return sorted((each for alike in known.values() for each in alike), key=lambda each: each.start)


def _intervals(piece: Piece, end: float, rated: Watts, percents: Sequence[float]) -> Iterator[Interval]:
    seen, ask = alone(piece), piece.asked.setpoint
    wishes = (
        (Kind.SETPOINT, "openadr", setpoint_wish(seen, rated, Watts(0.0))),
        (Kind.LIMIT, CAPACITY, capacity_wish(seen, rated)),
        (Kind.LIMIT, SIMPLE, level_wish(seen, rated, percents)),
    )
    start, until = WallTime(piece.start / SECOND), WallTime(end / SECOND)
    for kind, source, wish in wishes:
        is_unknown = kind is Kind.SETPOINT and ask is not None and ask.relative
        if wish is not None and not is_unknown:
            reason = wish.client.removeprefix("openadr ")
            yield Interval(start, until, kind, wish.power, source=source, reason=reason)
