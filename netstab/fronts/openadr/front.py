"""The thread that has the fleet follow what is known, and hands in what is to be reported of it."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from netstab.clock import WallClock, wall_clock
from netstab.dispatch.constraints import Constraints
from netstab.fronts.link import Link
from netstab.fronts.openadr.announcing import announced
from netstab.fronts.openadr.calling import MOST_KEPT, Calling, Handed, PowerReader
from netstab.fronts.openadr.exchange import peer_of
from netstab.fronts.openadr.figures import Noted, noted
from netstab.fronts.openadr.following import Following
from netstab.fronts.openadr.in_force import Asks, pieces
from netstab.fronts.openadr.periods import SECOND, moment_in
from netstab.fronts.openadr.planned import Plan, PlannedEvent
from netstab.fronts.openadr.pricing import Pricing
from netstab.fronts.openadr.reporting import due, ended
from netstab.fronts.openadr.timeline import Span
from netstab.settings.fronts import OpenAdrSettings

__all__ = ["OpenAdrFront"]

_STEP = 0.5
_NOTED_BEFORE = 1.5 * SECOND
"""So long before an interval ends it is noted what is so: what comes after it has not begun."""

_MADE_UP_FOR = 3600 * SECOND
_LATE = 3 * SECOND
_MOST_NOTED = 2000


@dataclass(frozen=True, slots=True)
class OpenAdrFront:
    """A `BlockingFront`. `power` reads the record of the fleet's power."""

    settings: OpenAdrSettings
    constraints: Constraints
    power: PowerReader
    wall: WallClock = wall_clock

    @property
    def name(self) -> str:
        return "openadr"

    @property
    def counterpart(self) -> str:
        return f"VTN {peer_of(self.settings.vtn_url)}, OpenADR {self.settings.version}"

    def run(self, link: Link, stopping: threading.Event) -> None:
        """Run until `stopping` is set; a defect of either thread ends both, and is raised."""
        pricing = Pricing(link)

        def heard(plan: Plan) -> None:
            now, rated = self.wall(), link.fleet.snapshot.rated_power
            link.announce(announced(plan.events, now, rated, self.settings.simple_percent))
            pricing.look(plan, now)

        calling = Calling(self.settings, link, self.power, heard)
        following = Following(link, self.settings.simple_percent)
        reporting = _Reporting(link, self.constraints, self.wall() * SECOND)
        done, failed = threading.Event(), list[BaseException]()

        def call() -> None:
            try:
                calling.run(done)
            except BaseException as error:  # noqa: BLE001  # raised by the thread that waits
                failed.append(error)

        caller = threading.Thread(target=call, name="front-openadr-vtn", daemon=True)
        caller.start()
        try:
            while not stopping.wait(_STEP) and not failed:
                if (plan := calling.plan) is not None:
                    now = self.wall()
                    following.follow(plan, now)
                    calling.hand_in(reporting.look(plan, now * SECOND))
        finally:
            done.set()
            caller.join(_STEP)
        if failed:
            raise failed[0]


class _Reporting:
    """Notices which intervals end, and what is so then."""

    def __init__(self, link: Link, constraints: Constraints, begun: float) -> None:
        self._link = link
        self._constraints = constraints
        self._looked = begun
        self._oldest = begun - _MADE_UP_FOR
        self._reported_to: dict[str, float] = {}
        self._noted: OrderedDict[tuple[str, float], Noted] = OrderedDict()

    def look(self, plan: Plan, now: float) -> list[Handed]:
        """Return the reports that are due by now."""
        asking = [each for each in plan.events if each.event.report_descriptors]
        for each in asking:
            for span in ended(each, self._looked + _NOTED_BEFORE, now + _NOTED_BEFORE):
                self._note(each.event.id, span, plan)
        self._looked = now
        every = (handed for each in asking for handed in self._due(each, plan, now))
        made = list(islice(every, MOST_KEPT))  # of more that are made up for, none would be kept
        self._reported_to = {each.event.id: now for each in asking}
        return made

    def _due(self, each: PlannedEvent, plan: Plan, now: float) -> Iterator[Handed]:
        """Yield the reports of an event: since the last look, or since it was made, an hour at most."""
        made = moment_in(each.event.created) if each.event.created else now
        since = self._reported_to.get(each.event.id, max(self._oldest, made))
        for one in due(each, since, now):
            notes = tuple(self._note_of(one.event_id, span, plan) for span in one.spans)
            yield Handed(one, notes, is_late=one.at < now - _LATE)

    def _note(self, event_id: str, span: Span, plan: Plan) -> None:
        note = noted(self._link.fleet.snapshot, _asked_in(span, plan), self._constraints)
        self._noted[event_id, span.end] = note
        while len(self._noted) > _MOST_NOTED:
            self._noted.popitem(last=False)

    def _note_of(self, event_id: str, span: Span, plan: Plan) -> Noted:
        """Return what was noted; of an interval that ended unseen the level alone is known."""
        note = self._noted.get((event_id, span.end))
        return note or Noted({"SIMPLE_LEVEL": _asked_in(span, plan).shed_level})


def _asked_in(span: Span, plan: Plan) -> Asks:
    """Return what was asked for at the end of an interval."""
    return next(pieces(plan.events, span.end - 1)).asked
