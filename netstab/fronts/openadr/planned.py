"""What single events ask for, interval by interval, and why nothing comes of the rest. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from netstab.fronts.openadr.documents import Descriptor, Event, Payload, shown
from netstab.fronts.openadr.offsets import Draw
from netstab.fronts.openadr.periods import moment_in
from netstab.fronts.openadr.timeline import Span, Timeline, timeline

__all__ = ["EMERGENCY", "Ask", "Plan", "PlannedEvent", "Purpose", "planned", "read_plan"]

EMERGENCY = 3
"""The highest level of SIMPLE: everything that can be shed."""


class Purpose(StrEnum):
    """What an interval can ask for; of each there is one at a moment."""

    SETPOINT = "setpoint"
    LIMIT = "limit"
    LEVEL = "level"
    ALERT = "alert"
    PRICE = "price"


_KINDS: Mapping[str, Purpose] = {
    "DISPATCH_SETPOINT": Purpose.SETPOINT,
    "DISPATCH_SETPOINT_RELATIVE": Purpose.SETPOINT,
    "IMPORT_CAPACITY_LIMIT": Purpose.LIMIT,
    "SIMPLE": Purpose.LEVEL,
    "ALERT_GRID_EMERGENCY": Purpose.ALERT,
    "ALERT_BLACK_START": Purpose.ALERT,
    "PRICE": Purpose.PRICE,
}
_RELATIVE = "DISPATCH_SETPOINT_RELATIVE"
_UNITS = {Purpose.SETPOINT: ("KW", "PERCENT"), Purpose.LIMIT: ("KW", "PERCENT"), Purpose.PRICE: ("KWH",)}


@dataclass(frozen=True, slots=True)
class Ask:
    """What one interval asks for: `value` in kW, as a share of rated (`percent`), a level or a price.

    `relative` is a change of the setpoint at its start. A price may have several `values`, each for an equal
    part of the interval.
    """

    event_id: str
    interval_id: int
    start: float
    end: float
    value: float = 0.0
    relative: bool = False
    percent: bool = False
    values: tuple[float, ...] = ()

    @property
    def named(self) -> str:
        """How the log and pages name its cause."""
        return f"event {self.event_id} interval {self.interval_id}"


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event that can be acted upon; `rank` is the lower the more it has to say."""

    event: Event
    timeline: Timeline
    rank: tuple[float, float, str]
    units: Mapping[str, str]

    @property
    def kinds(self) -> Iterator[Purpose]:
        """Yield the kinds of things that it asks for at one time or another."""
        payloads = (payload for span in self.timeline.spans for payload in span.payloads)
        return (_KINDS[payload.type] for payload in payloads if payload.type in _KINDS)

    def asks(self, span: Span) -> Iterator[tuple[Purpose, Ask]]:
        """Yield what an interval asks for, of what is known."""
        for payload in span.payloads:
            kind = _KINDS.get(payload.type)
            if kind is None or _why_not(payload, self.units):
                continue
            yield (
                kind,
                Ask(
                    self.event.id,
                    span.interval_id,
                    span.start,
                    span.end,
                    payload.number or 0.0,
                    relative=payload.type == _RELATIVE,
                    percent=self.units.get(payload.type) == "PERCENT",
                    values=tuple(payload.numbers) if kind is Purpose.PRICE else (),
                ),
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """All events of a poll, and in words what of them cannot be acted upon."""

    events: Sequence[PlannedEvent] = ()
    unsupported: Sequence[str] = ()


def read_plan(events: Iterable[Event], descriptors: Sequence[Descriptor], draw: Draw) -> Plan:
    """Lay out events; `descriptors` are the program's, for payloads whose units an event does not tell.

    An event that comes twice counts once, as it was changed last.
    """
    newest: dict[str, Event] = {}
    for event in events:
        known = newest.get(event.id)
        newest[event.id] = event if known is None else max(known, event, key=_newness)
    laid_out, unsupported = [], []
    for key in sorted(newest):
        try:
            each = planned(newest[key], descriptors, draw)
        except ValueError as error:
            unsupported.append(f"event {key}: {error}")
        else:
            laid_out.append(each)
            unsupported += _not_understood(each)
    return Plan(laid_out, unsupported)


def _newness(event: Event) -> tuple[str, bytes]:
    return event.modified or "", msgspec.json.encode(event)


def planned(event: Event, descriptors: Sequence[Descriptor], draw: Draw) -> PlannedEvent:
    """Lay out one event; raises `ValueError` where its times cannot be read."""
    units = {
        each.payload_type: each.units.upper()
        for each in (*descriptors, *(event.payload_descriptors or ()))
        if each.units
    }
    created = moment_in(event.created) if event.created else -math.inf
    priority = math.inf if event.priority is None else event.priority
    return PlannedEvent(event, timeline(event, draw), (priority, -created, event.id), units)


def _not_understood(each: PlannedEvent) -> Iterator[str]:
    """Say of each type of payload of an event that nothing comes of why that is."""
    seen: set[str] = set()
    for span in each.timeline.spans:
        for payload in span.payloads:
            if payload.type not in seen and (why := _why_not(payload, each.units)):
                seen.add(payload.type)
                yield f"event {each.event.id}: {shown(payload.type)} {why}"
    if each.event.intervals and not each.timeline.spans:
        yield f"event {each.event.id}: no interval of it has a start and a duration"


def _why_not(payload: Payload, units: Mapping[str, str]) -> str:
    """Say why nothing comes of a payload, "" where something does."""
    kind, unit = _KINDS.get(payload.type), units.get(payload.type, "")
    if kind is None:
        return "is not supported"
    if kind is Purpose.ALERT:
        return ""
    value = payload.number
    if value is None:
        return "has no number"
    if kind is Purpose.LEVEL:
        return "" if value in range(EMERGENCY + 1) else f"has no level of 0 to {EMERGENCY}"
    if unit and unit not in _UNITS[kind]:
        return f"has the unit {shown(unit)}"
    is_negative = value < 0 and kind is not Purpose.PRICE and payload.type != _RELATIVE
    return "is below 0" if is_negative else ""
