"""Asks the VTN for its events again and again, and sends it the reports that are due. One thread of its own.

A poll that fails changes nothing: what was known before is followed on. Reports that fail are kept, at most
1,000 and for a day, and sent again. They are in memory: after a restart those of the last hour are made anew
from the record of power, and those that the VTN has already are left out.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from netstab.clock import wall_clock
from netstab.dispatch.attribution import PowerRecord
from netstab.errors import CounterpartLost, LogUnavailable
from netstab.fronts.link import Link
from netstab.fronts.openadr.client import RESOURCE, VtnClient
from netstab.fronts.openadr.figures import Noted, Power, mean_power, report
from netstab.fronts.openadr.offsets import Draw, drawn_by
from netstab.fronts.openadr.periods import SECOND
from netstab.fronts.openadr.planned import Plan, read_plan
from netstab.fronts.openadr.reporting import Due, not_made
from netstab.fronts.openadr.timeline import Span
from netstab.settings.fronts import OpenAdrSettings, OpenAdrVersion
from netstab.units import WallTime, kilowatts

__all__ = ["Calling", "Handed", "PowerReader"]

logger = logging.getLogger(__name__)

PowerReader = Callable[[WallTime, WallTime], Iterator[Sequence[PowerRecord]]]

RECORDED_AFTER = 6.0
"""Seconds until the power of a moment is in the record for certain: it is stored every five."""

MOST_KEPT = 1000
_OLDEST = 86_400.0
_LONGEST_PAUSE = 30.0
_AGAIN = 5.0
_STEP = 0.25
_MOST_TOLD = 5
_REFUSED_FOR_GOOD = (400, 404, 405, 409, 410, 413, 422)


@dataclass(frozen=True, slots=True)
class Handed:
    """A report of what was `noted` of its intervals; one that `is_late` may have been sent before."""

    due: Due
    noted: tuple[Noted, ...]
    is_late: bool


class Calling:
    """`plan` is that of the newest poll, None before the first; `hand_in` is for another thread.

    `heard` is told each plan after it is there for others.
    """

    def __init__(
        self, settings: OpenAdrSettings, link: Link, power: PowerReader, heard: Callable[[Plan], None]
    ) -> None:
        self.plan: Plan | None = None
        self._settings = settings
        self._link = link
        self._draw: Draw | None = None
        self._power = power
        self._heard = heard
        self._client = VtnClient(settings)
        self._handed: deque[Handed] = deque(maxlen=MOST_KEPT)
        self._kept: deque[Handed] = deque(maxlen=MOST_KEPT)
        self._reported: dict[str, set[str]] = {}
        self._connected = False
        self._failures = 0
        self._refused = ""
        self._told: Sequence[str] = ()
        self._next_poll = self._next_report = 0.0

    def hand_in(self, reports: Iterable[Handed]) -> None:
        self._handed.extend(reports)

    def run(self, stopping: threading.Event) -> None:
        """Go on until `stopping` is set."""
        while not stopping.wait(_STEP):
            now = time.monotonic()
            if now >= self._next_poll:
                self._next_poll = now + self._poll()
            if self._connected and now >= self._next_report:
                self._report(wall_clock(), stopping)

    def _poll(self) -> float:
        """Ask for all events; return the seconds until that is done again.

        Nothing is drawn before it is known which fleet this is: the first snapshot of a start does not say.
        """
        fleet_id = self._link.fleet.snapshot.view.rules.fleet_id
        if not fleet_id:
            return _STEP
        draw = self._draw = self._draw or drawn_by(f"{fleet_id} {self._settings.ven_name}")
        try:
            if not self._connected:
                self._introduce()
            polled = self._client.poll()
        except CounterpartLost as error:
            self._lost(error)
            longest = min(_LONGEST_PAUSE, 2.0**self._failures)
            self._failures = min(self._failures + 1, 10)
            return longest * _scattered(0.7)
        self.plan = read_plan(polled.events, polled.descriptors, draw)
        known = {each.event.id for each in self.plan.events}
        self._reported = {key: names for key, names in self._reported.items() if key in known}
        self._connected, self._failures = True, 0
        self._link.connected()
        unmade = (why for each in self.plan.events for why in not_made(each))
        self._heard(self.plan)
        self._tell([*polled.unusable, *self.plan.unsupported, *unmade])
        return self._settings.poll * _scattered(0.9)

    def _introduce(self) -> None:
        refused = self._client.register(kilowatts(self._link.fleet.snapshot.rated_power))
        if refused and refused != self._refused:
            logger.info("%s", refused)
        if refused:
            self._link.trouble(refused)
        self._refused = refused
        self._reported.clear()

    def _lost(self, error: CounterpartLost) -> None:
        if self._connected or not self._failures:
            logger.warning("The VTN is not there: %s", error)
        self._connected = False
        self._link.away(str(error))

    def _tell(self, unsupported: Sequence[str]) -> None:
        """Say what of the events nothing comes of, once."""
        if unsupported == self._told:
            return
        self._told = unsupported
        if unsupported:
            told = f"{len(unsupported)} things are not followed: {'; '.join(unsupported[:_MOST_TOLD])}"
            logger.warning("Of the VTN's events %s", told)
            self._link.trouble(f"Of the VTN's events {told}")

    def _report(self, wall: float, stopping: threading.Event) -> None:
        """Send the reports whose power is recorded by now, the oldest first, until one fails.

        A VTN that takes its time for each is asked for its events in between, as often as ever.
        """
        while self._handed:
            self._kept.append(self._handed.popleft())
        for handed in [each for each in self._kept if each.due.at / SECOND + RECORDED_AFTER <= wall]:
            self._kept.remove(handed)
            try:
                if handed.due.at / SECOND > wall - _OLDEST and not self._has(handed):
                    self._send(handed)
            except CounterpartLost as error:
                self._kept.append(handed)  # behind the others, which it may be the only one to keep waiting
                self._link.trouble(f"A report is kept: {error}")
                self._next_report = time.monotonic() + _AGAIN * _scattered(0.7)
                return
            if stopping.is_set() or time.monotonic() >= self._next_poll:
                return

    def _has(self, handed: Handed) -> bool:
        """Whether the VTN has a report already that was due long before it is made."""
        if not handed.is_late:
            return False
        event_id = handed.due.event_id
        if event_id not in self._reported:
            with suppress(CounterpartLost):  # it need not let us read them
                self._reported[event_id] = self._client.reported(event_id)
        return handed.due.name in self._reported.get(event_id, ())

    def _send(self, handed: Handed) -> None:
        document = report(
            handed.due,
            self._settings.ven_name,
            RESOURCE,
            [self._drawn(span) for span in handed.due.spans],
            handed.noted,
            with_program=self._settings.version is OpenAdrVersion.V3_0_1,
        )
        status = self._client.send(document)
        if handed.is_late:
            self._reported.get(handed.due.event_id, set()).add(handed.due.name)
        if status in _REFUSED_FOR_GOOD:
            self._link.trouble(f"The VTN takes no report {handed.due.name!r}: it answers with {status}.")
        elif status not in (200, 201):
            raise CounterpartLost(f"The VTN answers with {status}.")

    def _drawn(self, span: Span) -> Power:
        since, until = WallTime(span.start / SECOND), WallTime(span.end / SECOND)
        try:
            return mean_power((each for some in self._power(since, until) for each in some), span)
        except LogUnavailable as error:
            self._link.trouble(f"A report has no figure: {error}")
            return Power(None, None, None)


def _scattered(least: float) -> float:
    """Return a factor up to 1, so that VENs do not ask together."""
    return random.uniform(least, 1.0)  # noqa: S311  # nosec B311  # a pause
