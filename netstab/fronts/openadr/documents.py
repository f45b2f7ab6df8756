"""What a VTN says of programs and events, of both versions, as far as it is used. Pure.

Any optional member may be null, and what is not known is left out. One event that cannot be read costs no
other.
Sources: the OpenAPI documents of OpenADR 3.0.1 and 3.1.0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

T = TypeVar("T")

__all__ = [
    "MOST_INTERVALS",
    "MOST_REPORTS",
    "Descriptor",
    "Event",
    "EventInterval",
    "Named",
    "Payload",
    "Period",
    "Program",
    "Read",
    "ReportDescriptor",
    "decoded",
    "read_events",
    "read_list",
    "shown",
]

MOST_INTERVALS = 5000
"""Of one event; a week of five minutes has 2,016."""

MOST_REPORTS = 50
"""That one event asks for; there are seven types of what can be reported."""

_ID = re.compile(r"[a-zA-Z0-9_-]{1,128}", re.ASCII)
_LONGEST_SHOWN = 64
_LARGEST = 1e12  # of a value: beyond that nothing is a power or a price


class Period(Struct, frozen=True, rename="camel"):
    """When an interval starts and how long it takes, as text; nothing is what is not said."""

    start: str | None = None
    duration: str | None = None
    randomize_start: str | None = None


class Payload(Struct, frozen=True):
    type: str
    values: list[Any] = field(default_factory=list)

    @property
    def numbers(self) -> list[float]:
        """The values where all of them are numbers that can be reckoned with, else none."""
        numbers = [float(value) for value in self.values if _is_number(value)]
        return numbers if len(numbers) == len(self.values) else []

    @property
    def number(self) -> float | None:
        """The first of its numbers, None where it has none."""
        return next(iter(self.numbers), None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


class EventInterval(Struct, frozen=True):
    id: int
    payloads: list[Payload] = field(default_factory=list)
    period: Period | None = field(name="intervalPeriod", default=None)


class Descriptor(Struct, frozen=True, rename="camel"):
    """In which units a payload is."""

    payload_type: str
    units: str | None = None
    currency: str | None = None


class ReportDescriptor(Struct, frozen=True, rename="camel"):
    """What is asked to be reported, of which intervals and how often."""

    payload_type: str
    reading_type: str | None = None
    units: str | None = None
    start_interval: int | None = -1
    num_intervals: int | None = -1
    historical: bool | None = True
    frequency: int | None = -1
    repeat: int | None = 1


class Event(Struct, frozen=True, rename="camel"):
    id: str
    program_id: str = field(name="programID", default="")
    created: str | None = field(name="createdDateTime", default=None)
    modified: str | None = field(name="modificationDateTime", default=None)
    event_name: str | None = None
    priority: int | None = None
    duration: str | None = None
    period: Period | None = field(name="intervalPeriod", default=None)
    intervals: list[EventInterval] | None = None
    payload_descriptors: list[Descriptor] | None = None
    report_descriptors: list[ReportDescriptor] | None = None


class Program(Struct, frozen=True, rename="camel"):
    id: str
    program_name: str = ""
    payload_descriptors: list[Descriptor] | None = None


class Named(Struct, frozen=True, rename="camel"):
    """What of a ven, a resource or a report is looked for again."""

    id: str
    ven_name: str | None = None
    resource_name: str | None = None
    report_name: str | None = None

    @property
    def name(self) -> str:
        return self.ven_name or self.resource_name or self.report_name or ""


@dataclass(frozen=True, slots=True)
class Read:
    """A page of events: those that can be read, and of each other why not. `ids` has those of all items."""

    events: Sequence[Event]
    unusable: Sequence[str]
    ids: Sequence[str]


class _Known(Struct):
    id: str


def decoded(document: bytes | msgspec.Raw, kind: type[T], *, strict: bool = True) -> T:
    """Read a document of a VTN; raises `ValueError` where it is not of that kind."""
    try:
        return msgspec.json.decode(document, type=kind, strict=strict)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def shown(text: str) -> str:
    """Return what a VTN said as it may stand in a line of a log, shortened."""
    return text[:_LONGEST_SHOWN] if text.isprintable() else repr(text)[:_LONGEST_SHOWN]


def read_list(body: bytes) -> list[msgspec.Raw]:
    """Return the items of an answer that is a list; raises `ValueError` where it is none."""
    return decoded(body, list[msgspec.Raw])


def read_events(body: bytes) -> Read:
    """Read a page of events; raises `ValueError` where it is no list."""
    events: list[Event] = []
    unusable: list[str] = []
    ids: list[str] = []
    for item in read_list(body):
        ids.append(_id_in(item))
        try:
            events.append(_event(item))
        except ValueError as error:
            unusable.append(f"event {ids[-1] or '?'}: {error}")
    return Read(events, unusable, ids)


def _event(item: msgspec.Raw) -> Event:
    event = decoded(item, Event)
    if not _ID.fullmatch(event.id):
        raise ValueError("its id is none: 1 to 128 letters, digits, - and _")
    if len(event.intervals or ()) > MOST_INTERVALS:
        raise ValueError(f"it has more than {MOST_INTERVALS} intervals")
    if len(event.report_descriptors or ()) > MOST_REPORTS:
        raise ValueError(f"it asks for more than {MOST_REPORTS} reports")
    return event


def _id_in(item: msgspec.Raw) -> str:
    try:
        return decoded(item, _Known).id[:128]
    except ValueError:
        return ""
