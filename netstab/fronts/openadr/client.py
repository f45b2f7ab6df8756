"""What a VEN asks of its VTN: its program and itself there, the events, and that its reports are taken.

For one thread. Everything raises `CounterpartLost` where the VTN is not there or does not do as it should.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from netstab.errors import CounterpartLost
from netstab.fronts.openadr.access import Access
from netstab.fronts.openadr.documents import (
    Descriptor,
    Event,
    Named,
    Program,
    Read,
    decoded,
    read_events,
    read_list,
)
from netstab.fronts.openadr.exchange import Query, asked, refused
from netstab.settings.fronts import OpenAdrSettings, OpenAdrVersion
from netstab.wire.bounds import after
from netstab.wire.http import Answer, Content

T = TypeVar("T")

__all__ = ["RESOURCE", "Polled", "VtnClient"]

RESOURCE = "fleet"
"""What the fleet is called as a resource."""

MOST_INTERVALS = 50_000
"""Of all events of a poll; what has more is not followed in part."""

MOST_REPORTS = 1000
"""That all events of a poll ask for, likewise."""

_PAGE = 50  # the most that the specification lets be asked for
_MOST_PAGES = 40
_MOST_BEGINNINGS = 10
_POLL_WITHIN = 20.0
_OK = (200, 201)
_UNAUTHORIZED = (401, 403)
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Polled:
    """All events of a poll, the units of the program, and what could not be read."""

    events: Sequence[Event]
    descriptors: Sequence[Descriptor]
    unusable: Sequence[str]


class VtnClient:
    """One VEN's access to its VTN."""

    def __init__(self, settings: OpenAdrSettings) -> None:
        self._settings = settings
        self._base = settings.vtn_url.rstrip("/")
        self._access = Access(settings)
        self._program: Program | None = None

    @property
    def _is_first(self) -> bool:
        return self._settings.version is OpenAdrVersion.V3_0_1

    def register(self, rated_kw: float) -> str:
        """Make the VEN and its resource known, once; return why that is not to be, "" where it is done."""
        try:
            self._register(rated_kw)
        except CounterpartLost as error:
            return f"The VEN is not registered: {error}"
        return ""

    def poll(self) -> Polled:
        """Return all events there are; raises rather than return a part of them.

        The program is looked for each time: a VTN that was set up anew has it by another id.
        """
        self._program = self._found_program() if self._settings.program else None
        events: list[Event] = []
        unusable: list[str] = []
        for query in self._queries():
            for page in self._event_pages(query):
                events += (each for each in page.events if self._is_ours(each))
                unusable += page.unusable
            if sum(len(each.intervals or ()) for each in events) > MOST_INTERVALS:
                raise CounterpartLost(f"The VTN's events have more than {MOST_INTERVALS:,} intervals.")
            if sum(len(each.report_descriptors or ()) for each in events) > MOST_REPORTS:
                raise CounterpartLost(f"The VTN's events ask for more than {MOST_REPORTS:,} reports.")
        program = self._program
        return Polled(events, (program and program.payload_descriptors) or (), unusable)

    def _is_ours(self, event: Event) -> bool:
        """Whether an event is of the program, also where a VTN lists those of others too."""
        return self._program is None or event.program_id == self._program.id

    def reported(self, event_id: str) -> set[str]:
        """Return the names of the reports that the VTN has of us for an event."""
        query = [("eventID", event_id), ("clientName", self._settings.ven_name)]
        return {report.report_name or "" for report in self._named("/reports", query)}

    def send(self, report: dict[str, Any]) -> int:
        """Hand over a report, in the place of one of the same name where there is one; return the status."""
        answer = self._ask("POST", "/reports", document=report)
        if answer.status == _CONFLICT:
            query = [("eventID", report["eventID"]), ("clientName", report["clientName"])]
            for known in self._named("/reports", query):
                if known.report_name == report["reportName"]:
                    answer = self._ask("PUT", f"/reports/{known.id}", document=report)
        return answer.status

    def _queries(self) -> Iterator[Query]:
        """Yield what events are asked for with: in 3.0.1 targets have types, and a query has one."""
        program = [("programID", self._program.id)] if self._program is not None else []
        if not self._is_first:
            yield [*program, *(("targets", target) for target in self._settings.targets)]
            return
        by_type: dict[str, list[str]] = defaultdict(list)
        for target in self._settings.targets:
            kind, is_typed, value = target.partition("=")
            by_type[kind if is_typed else "GROUP"].append(value if is_typed else target)
        for kind, values in by_type.items():
            yield [*program, ("targetType", kind), *(("targetValues", value) for value in values)]
        if not by_type:
            yield program

    def _event_pages(self, query: Query) -> list[Read]:
        """Read all pages. Each begins with the last of the one before: where it does not, some have moved.

        An event that is overlooked would count as cancelled.
        """
        expires = after(_POLL_WITHIN)
        pages: list[Read] = []
        beginnings = 1
        while len(pages) < _MOST_PAGES:
            skip = len(pages) * (_PAGE - 1)
            page = _understood(read_events, self._page("/events", query, skip, expires))
            if pages and page.ids[:1] != pages[-1].ids[-1:]:
                if beginnings == _MOST_BEGINNINGS:
                    raise CounterpartLost("No page of the VTN's events begins where the one before ended.")
                pages.clear()
                beginnings += 1
                continue
            pages.append(page)
            if len(page.ids) < _PAGE:
                return pages
        raise CounterpartLost(f"The VTN lists more than {_MOST_PAGES * (_PAGE - 1)} events.")

    def _found_program(self) -> Program:
        name = self._settings.program
        for place in range(_MOST_PAGES):
            items = _understood(read_list, self._page("/programs", (), place * _PAGE))
            for item in items:
                program = _if_sound(item, Program)
                if program is not None and program.program_name == name:
                    return program
            if len(items) < _PAGE:
                break
        raise CounterpartLost(f"The VTN has no program {name!r}.")

    def _register(self, rated_kw: float) -> None:
        name = self._settings.ven_name
        ven = {"venName": name} if self._is_first else {"objectType": "VEN_VEN_REQUEST", "venName": name}
        known = self._made_or_found("/vens", ven, [("venName", name)], name)
        resource: dict[str, Any] = {
            "resourceName": RESOURCE,
            "attributes": [{"type": "MAX_POWER_CONSUMPTION", "values": [rated_kw]}],
        }
        path, query = f"/vens/{known.id}/resources", [("resourceName", RESOURCE)]
        if not self._is_first:
            path, query = "/resources", [("venID", known.id), *query]
            resource |= {"objectType": "VEN_RESOURCE_REQUEST", "venID": known.id}
        self._made_or_found(path, resource, query, RESOURCE)

    def _made_or_found(self, path: str, document: dict[str, Any], query: Query, name: str) -> Named:
        """Make an object once; where there is one of that name already, return that."""
        answer = self._ask("POST", path, document=document)
        if answer.status == _CONFLICT:
            known = [each for each in self._named(path, query) if each.name == name]
        else:
            self._require(answer, path)
            known = [made] if (made := _if_sound(answer.body, Named)) is not None else []
        if not known:
            raise CounterpartLost(f"The VTN at {path} does not say which object {name!r} is.")
        return known[0]

    def _named(self, path: str, query: Query) -> list[Named]:
        items = _understood(read_list, self._page(path, query, 0))
        return [known for item in items if (known := _if_sound(item, Named)) is not None]

    def _page(self, path: str, query: Query, skip: int, expires: float | None = None) -> bytes:
        whole = [*query, ("skip", str(skip)), ("limit", str(_PAGE))]
        answer = self._ask("GET", path, whole, expires=expires)
        self._require(answer, path)
        return answer.body

    def _require(self, answer: Answer, path: str) -> None:
        if answer.status not in _OK:
            raise refused(answer, self._base + path)

    def _ask(
        self,
        method: str,
        path: str,
        query: Query = (),
        document: dict[str, Any] | None = None,
        expires: float | None = None,
    ) -> Answer:
        """Ask with a token, and once again with another one where that is not taken."""
        content, url = None if document is None else Content.json(document), self._base + path

        def once() -> Answer:
            token = self._access.token()
            return asked(url, query=query, content=content, method=method, token=token, expires=expires)

        answer = once()
        return once() if answer.status in _UNAUTHORIZED and self._access.forget() else answer


def _understood(read: Callable[[bytes], T], body: bytes) -> T:
    try:
        return read(body)
    except ValueError as error:
        raise CounterpartLost(f"The VTN gives an answer that is no list: {error}.") from None


def _if_sound(document: bytes | msgspec.Raw, kind: type[T]) -> T | None:
    try:
        return decoded(document, kind)
    except ValueError:
        return None
