"""When an event's intervals are in force: the timing rules of OpenADR 3's User Guide (7.3, 7.4). Pure.

All moments are in ms since 1970 as `periods` reads them.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from netstab.fronts.openadr.documents import Event, EventInterval, Payload, Period
from netstab.fronts.openadr.offsets import Draw
from netstab.fronts.openadr.periods import NOW, SECOND, duration_in, moment_in

__all__ = ["NEVER", "Span", "Timeline", "timeline"]

_NOTHING = Period()


@dataclass(frozen=True, slots=True)
class Span:
    """An interval in force from `start` up to before `end`; `turn` counts the intervals of all repetitions.

    `interval_id` is the label that the event has for it.
    """

    start: float
    end: float
    interval_id: int
    payloads: Sequence[Payload]
    turn: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The spans of one round, in order and without overlap; one begins anew every `cycle` until `limit`."""

    spans: Sequence[Span]
    cycle: float = math.inf
    limit: float = math.inf

    def at(self, moment: float) -> Span | None:
        """Return what is in force at a moment."""
        if moment >= self.limit or math.isinf(moment):
            return None
        rounds = self._rounds(moment)
        place = self._place(moment, rounds)
        return self._span(place, rounds, moment) if place >= 0 else None

    def after(self, moment: float) -> float:
        """Return when that changes next, infinity where it never does."""
        if not self.spans or moment >= self.limit:
            return math.inf
        rounds = self._rounds(moment)
        place, shift = self._place(moment, rounds), self._shift(rounds)
        if place >= 0 and (end := self.spans[place].end + shift) > moment:
            return min(end, self.limit)
        if place + 1 < len(self.spans):
            return min(self.spans[place + 1].start + shift, self.limit)
        return min(self.spans[0].start + self._shift(rounds + 1), self.limit)

    @property
    def end(self) -> float:
        """When its last interval is over."""
        if not self.spans:
            return NOW
        return min(self.spans[-1].end if math.isinf(self.cycle) else math.inf, self.limit)

    def turn(self, number: int) -> Span | None:
        """Return the span that is the one of that number of all repetitions, None where it never is."""
        if not self.spans or (number >= len(self.spans) and math.isinf(self.cycle)):
            return None
        rounds, place = divmod(number, len(self.spans))
        shift = self._shift(rounds)
        start = self.spans[place].start + shift
        return self._span(place, rounds, start) if start < self.limit else None

    def _rounds(self, moment: float) -> int:
        """Count the rounds that are over."""
        if not self.spans or math.isinf(self.cycle):
            return 0
        return max(0, int((moment - self.spans[0].start) // self.cycle))

    def _shift(self, rounds: int) -> float:
        """Return by how much later than in the first round it is."""
        return rounds * self.cycle if rounds else 0.0

    def _place(self, moment: float, rounds: int) -> int:
        """Return which span has begun last in its round, -1 where none has."""
        return bisect_right(self.spans, moment - self._shift(rounds), key=lambda span: span.start) - 1

    def _span(self, place: int, rounds: int, moment: float) -> Span | None:
        span, shift = self.spans[place], self._shift(rounds)
        end = min(span.end + shift, self.limit)
        if moment >= end:
            return None
        return replace(span, start=span.start + shift, end=end, turn=rounds * len(self.spans) + place)


NEVER = Timeline(())


@dataclass(slots=True)
class _Timed:
    """An interval as the event says it, and by how much its start is shifted."""

    interval: EventInterval
    start: float
    end: float
    offset: float


def timeline(event: Event, draw: Draw) -> Timeline:
    """Lay out an event; raises `ValueError` where its times cannot be read.

    An interval that follows another begins where that ends, whatever was drawn for it. Of intervals that
    overlap, the one that starts later takes over. What takes less than a second is left out.
    """
    planned = list(_planned(event, draw))
    if not planned:
        return NEVER
    begin, end = planned[0].start, max(each.end for each in planned)
    spans = _laid_out(planned)
    total = duration_in(event.duration or "PT0S")
    if not spans or total <= 0 or math.isinf(begin):
        return Timeline(spans)
    limit = begin + total + planned[0].offset
    length = end - min(each.start for each in planned)
    if total <= length or length < SECOND:
        return Timeline(spans, limit=limit)
    first = spans[0].start
    within = [
        replace(each, end=min(each.end, first + length)) for each in spans if each.start < first + length
    ]
    return Timeline(within, length, limit)


def _planned(event: Event, draw: Draw) -> Iterable[_Timed]:
    """Yield the intervals with their times before anything was drawn, and with what is drawn for them."""
    default = event.period or _NOTHING
    modified = event.modified or event.created or ""
    offset, start = 0.0, None
    if default.randomize_start:
        offset = abs(duration_in(default.randomize_start)) * draw(event.id, modified, "event")
    for place, interval in enumerate(event.intervals or ()):
        own = interval.period or _NOTHING
        length = max(0.0, duration_in(own.duration or default.duration or "PT0S"))
        start = _start(own.start or (None if place else default.start), start, length, event, first=not place)
        if start is None:
            return
        if own.randomize_start:
            offset = abs(duration_in(own.randomize_start)) * draw(event.id, modified, str(place))
        offset = float(round(offset)) if math.isfinite(offset) else 0.0
        end = math.inf if math.isinf(length) else start + length
        yield _Timed(interval, start, end, offset)
        start = end


def _start(
    text: str | None, follows: float | None, length: float, event: Event, *, first: bool
) -> float | None:
    """Return when an interval starts, None where nothing says so.

    The year 1 means right after the one before, and for the first one now: since ever where nothing ends it,
    else since the event was made or changed.
    """
    given = moment_in(text) if text else None
    if given is None or (given == NOW and not first):
        return follows
    if given > NOW or (math.isinf(length) and not event.duration):
        return given
    changed = event.modified or event.created
    return moment_in(changed) if changed else given


def _laid_out(planned: Sequence[_Timed]) -> list[Span]:
    """Shift the intervals by what was drawn, and cut each where the next begins."""
    shifted: list[Span] = []
    for place, each in enumerate(planned):
        follower = planned[place + 1] if place + 1 < len(planned) else each
        followed = follower is not each and follower.start == each.end
        end = each.end + (follower.offset if followed else each.offset)
        shifted.append(
            Span(each.start + each.offset, end, each.interval.id, each.interval.payloads, turn=place)
        )
    shifted.sort(key=lambda span: span.start)
    following = [*(span.start for span in shifted[1:]), math.inf]
    cut = (
        replace(span, end=min(span.end, next_one)) for span, next_one in zip(shifted, following, strict=True)
    )
    kept = [span for span in cut if span.end - span.start >= SECOND]
    return [replace(span, turn=turn) for turn, span in enumerate(kept)]
