"""Which reports are due, by an event's descriptors and its intervals. Pure; it knows no figure.

Source: the User Guide of OpenADR 3 on report requests.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from netstab.fronts.openadr.documents import ReportDescriptor, shown
from netstab.fronts.openadr.periods import SECOND
from netstab.fronts.openadr.planned import PlannedEvent
from netstab.fronts.openadr.timeline import Span
from netstab.units import WallTime, rfc3339

__all__ = ["MOST_INTERVALS", "SUPPORTED", "Due", "due", "ended", "not_made", "not_reported"]

MOST_INTERVALS = 100
"""Of one report; the newest count."""

_MOST_AT_ONCE = 50
SUPPORTED = (
    "DEMAND",
    "USAGE",
    "SETPOINT",
    "OPERATING_STATE",
    "SIMPLE_LEVEL",
    "UP_REGULATION_AVAILABLE",
    "DOWN_REGULATION_AVAILABLE",
)
_UNITS = {
    "DEMAND": "KW",
    "USAGE": "KWH",
    "SETPOINT": "KW",
    "UP_REGULATION_AVAILABLE": "KW",
    "DOWN_REGULATION_AVAILABLE": "KW",
}


@dataclass(frozen=True, slots=True)
class Due:
    """A report of `spans`, the last of which has just ended at `at`; `units` are those of its figures."""

    event_id: str
    program_id: str
    payload_type: str
    reading_type: str
    units: str
    spans: tuple[Span, ...]

    @property
    def at(self) -> float:
        return self.spans[-1].end

    @property
    def name(self) -> str:
        """What it is called, the same each time that it is made."""
        kind = " ".join(filter(None, (self.payload_type, self.reading_type)))
        return f"{kind} {rfc3339(WallTime(self.at / SECOND))}"


def due(each: PlannedEvent, since: float, now: float) -> Iterator[Due]:
    """Yield the reports of an event that came to be due after `since`, up to and with `now`."""
    for descriptor in each.event.report_descriptors or ():
        if not_reported(descriptor):
            continue
        for spans in _turns(each, descriptor, since, now):
            yield Due(
                each.event.id,
                each.event.program_id,
                descriptor.payload_type,
                descriptor.reading_type or "",
                _UNITS.get(descriptor.payload_type, ""),
                spans,
            )


def ended(each: PlannedEvent, since: float, now: float) -> Iterator[Span]:
    """Yield the intervals of an event that ended after `since`, up to and with `now`."""
    number = _first_after(each, since)
    for turn in range(number, number + _MOST_AT_ONCE):
        span = each.timeline.turn(turn)
        if span is None or span.end > now:
            return
        yield span


def not_reported(descriptor: ReportDescriptor) -> str:
    """Say why a report that is asked for is not made, "" where it is."""
    if descriptor.payload_type not in SUPPORTED:
        return f"reports of {shown(descriptor.payload_type)} are not supported"
    units = (descriptor.units or "").upper()
    if units and units != _UNITS.get(descriptor.payload_type, units):
        return f"reports of {descriptor.payload_type} in {shown(units)} are not supported"
    return "" if descriptor.historical is not False else "reports of what is to come are not supported"


def not_made(each: PlannedEvent) -> Iterator[str]:
    """Say of each report that an event asks for, and that is not made, why that is."""
    for descriptor in each.event.report_descriptors or ():
        if why := not_reported(descriptor):
            yield f"event {each.event.id}: {why}"


def _turns(
    each: PlannedEvent, descriptor: ReportDescriptor, since: float, now: float
) -> Iterator[tuple[Span, ...]]:
    """Yield the intervals of each report that is due.

    Without a frequency there is one report of all intervals after the last; with one, each report has as many
    as have passed since the one before where no other number is said.
    """
    line, count = each.timeline, len(each.timeline.spans)
    if not count:
        return
    number = descriptor.num_intervals if (descriptor.num_intervals or -1) > 0 else None
    frequency = descriptor.frequency if (descriptor.frequency or -1) > 0 else None
    every = frequency or number or count
    most = number or (frequency or count)
    start = descriptor.start_interval
    first = start if start is not None and start >= 0 else (every if frequency else count) - 1
    repeat = descriptor.repeat if descriptor.repeat is not None else 1
    ended_turn = _first_after(each, since)
    report = max(0, -(-(ended_turn - first) // every))
    for _ in range(_MOST_AT_ONCE):
        last = first + report * every
        span = line.turn(last)
        if span is None or span.end > now or (0 < repeat <= report):
            return
        turns = range(max(0, last + 1 - min(most, MOST_INTERVALS)), last + 1)
        yield tuple(span for turn in turns if (span := line.turn(turn)) is not None)
        report += 1


def _first_after(each: PlannedEvent, since: float) -> int:
    """Return the number of the first interval that ends after a moment."""
    line = each.timeline
    span = line.at(since) or line.at(line.after(since))
    return span.turn if span is not None else 1 << 60
