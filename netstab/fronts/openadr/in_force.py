"""What events ask for at a moment, until when, and what comes next: a fold of events and time. Pure.

Of events that ask for the same kind of thing the one with the lowest priority number has it, none is last; of
equal ones the one that was made last. Neither the order of events nor that of pages matters.
"""

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from netstab.fronts.openadr.planned import EMERGENCY, Ask, PlannedEvent, Purpose
from netstab.fronts.openadr.timeline import Span

__all__ = ["MOST_PIECES", "NOTHING", "Asks", "Piece", "ahead", "pieces", "prices"]

MOST_PIECES = 1000
"""So far ahead is looked at most, in changes of what is in force."""

_MOST_WORK, _LEAST_PIECES = 100_000, 20
"""Pieces times events, beyond which less far is looked ahead; but so far at least."""


@dataclass(frozen=True, slots=True)
class Asks:
    """What is asked for at a moment, of each kind at most once."""

    setpoint: Ask | None = None
    limit: Ask | None = None
    level: Ask | None = None
    price: Ask | None = None
    alert: Ask | None = None

    @property
    def shed_level(self) -> int:
        """The level of SIMPLE that holds; an alert counts as the highest."""
        if self.alert is not None:
            return EMERGENCY
        return int(self.level.value) if self.level is not None else 0


NOTHING = Asks()


@dataclass(frozen=True, slots=True)
class Piece:
    """A time without a change: from `start` up to before `end`."""

    start: float
    end: float
    asked: Asks


def pieces(events: Sequence[PlannedEvent], since: float) -> Iterator[Piece]:
    """Yield what is in force from a moment on, piece by piece, for as long as anything changes.

    Each piece costs as much as there are events that run then, and that change at its end.
    """
    running = {place: span for place, each in enumerate(events) if (span := each.timeline.at(since))}
    changes = [(each.timeline.after(since), place) for place, each in enumerate(events)]
    heapq.heapify(changes)
    start = since
    while True:
        end = changes[0][0] if changes else math.inf
        yield Piece(start, end, _chosen(events, running))
        if math.isinf(end):
            return
        while changes[0][0] == end:
            place = changes[0][1]
            line = events[place].timeline
            running.pop(place, None)
            if span := line.at(end):
                running[place] = span
            heapq.heapreplace(changes, (line.after(end), place))
        start = end


def _chosen(events: Sequence[PlannedEvent], running: Mapping[int, Span]) -> Asks:
    best: dict[Purpose, tuple[tuple[float, float, str], Ask]] = {}
    for place, span in running.items():
        rank = events[place].rank
        for kind, ask in events[place].asks(span):
            if kind not in best or rank < best[kind][0]:
                best[kind] = (rank, ask)
    return Asks(**{kind.value: ask for kind, (_, ask) in best.items()})


def ahead(events: Sequence[PlannedEvent], since: float, most: int = MOST_PIECES) -> Iterator[Piece]:
    """Yield `pieces` as far as is of use, fewer of many events: looking ahead must not take seconds."""
    bound = max(_LEAST_PIECES, _MOST_WORK // max(1, len(events)))
    return islice(pieces(events, since), min(most, bound))


def prices(
    events: Sequence[PlannedEvent], since: float, until: float
) -> Iterator[tuple[float, float, float]]:
    """Yield start, end and price of each time up to a moment that has a price; those alike are not joined."""
    priced = [each for each in events if any(kind is Purpose.PRICE for kind in each.kinds)]
    for piece in ahead(priced, since):
        if piece.start >= until:
            return
        if (ask := piece.asked.price) is not None:
            yield from _divided(ask, piece)


def _divided(ask: Ask, piece: Piece) -> Iterator[tuple[float, float, float]]:
    """Divide an interval evenly among its values, and yield what of that is in a piece of it."""
    length = (ask.end - ask.start) / len(ask.values)
    if not math.isfinite(length):
        yield piece.start, piece.end, ask.value
        return
    for place, value in enumerate(ask.values):
        start, end = ask.start + place * length, ask.start + (place + 1) * length
        if max(start, piece.start) < min(end, piece.end):
            yield max(start, piece.start), min(end, piece.end), value
