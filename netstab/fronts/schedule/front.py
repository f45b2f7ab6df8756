"""Says each second what the schedule and the prices have in force, where it differs from what was said."""

import threading

from actors.planned import plans_of
from actors.snapshot import FleetSnapshot
from events.commands import Command
from events.state import FleetState, Source
from netstab.errors import CommandRejected
from netstab.fronts.link import Link
from netstab.fronts.pause import pause_after
from netstab.fronts.schedule.due import Due, due
from netstab.schedules.in_force import InForce, Plans, Segment, outlook
from netstab.schedules.interval import Interval
from netstab.schedules.schedule import EMPTY
from netstab.units import Seconds, Timestamp, WallTime

__all__ = ["ScheduleFront"]

_TICK = Seconds(1.0)
_AHEAD = Seconds(60.0)
_LOOKED_AT_EVERY = Seconds(10.0)


class ScheduleFront:
    """All that it says follows from the log and the clock, but that an override has just ended."""

    name = "schedule"
    counterpart = ""

    def __init__(self) -> None:
        self._ahead = _Ahead()
        self._refused: dict[type[Command], tuple[Command, Timestamp, Seconds]] = {}
        self._before: tuple[bool, Interval | None] | None = None
        self._again = False

    def run(self, link: Link, stopping: threading.Event) -> None:
        """Run until `stopping` is set."""
        link.connected()
        while not stopping.wait(_TICK):
            self.tick(link)

    def tick(self, link: Link) -> None:
        """Say what is due now."""
        if not link.fleet.leads:
            return
        snapshot, now = link.fleet.snapshot, link.clock()
        at = snapshot.wall(now)
        plans, what = self._ahead.at(snapshot, now, at)
        self._note(snapshot.state, what.setpoint)
        found = due(snapshot.state, plans, what, at, again=self._again)
        self._refused = {kind: said for kind, said in self._refused.items() if _is_due(found, kind)}
        for each in found:
            self._say(each, link, now)

    def _note(self, state: FleetState, wanted: Interval | None) -> None:
        """Take note of whether an override has ended, or something else is planned: then it is said again."""
        now = (state.override is not None, wanted)
        before, self._before = self._before, now
        if wanted is None or Source.SCHEDULE in state.setpoints:
            self._again = False
        elif before is not None and (before[0] > now[0] or before[1] != wanted):
            self._again = True

    def _say(self, each: Due, link: Link, now: Timestamp) -> None:
        kind = type(each.command)
        before = self._refused.get(kind)
        if before is not None and before[0] == each.command and now < before[1]:
            return
        try:
            link.submit_now(each.command, each.source, f"{each.source} {each.cause}")
        except CommandRejected as rejected:
            pause = pause_after(before[2] if before is not None else None)
            self._refused[kind] = each.command, Timestamp(now + pause), pause
            link.trouble(f"{each.cause}: {rejected}")
            return
        self._refused.pop(kind, None)
        link.connected()


def _is_due(found: list[Due], kind: type[Command]) -> bool:
    return any(isinstance(each.command, kind) for each in found)


class _Ahead:
    """What is in force for the next while: looked at anew every few seconds, and by what decides."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._until = Timestamp(0.0)
        self._plans = Plans(EMPTY)
        self._segments: tuple[Segment, ...] = ()

    def at(self, snapshot: FleetSnapshot, now: Timestamp, at: WallTime) -> tuple[Plans, InForce]:
        state = snapshot.state
        key = (state.schedule, state.prices, state.configuration, snapshot.rated_power)
        if key != self._key or now >= self._until or not self._segments[0].start <= at:
            self._plans = plans_of(snapshot)
            self._segments = outlook(self._plans, at, WallTime(at + _AHEAD))
            self._key, self._until = key, Timestamp(now + _LOOKED_AT_EVERY)
        found = next((each for each in self._segments if each.start <= at < each.end), self._segments[-1])
        return self._plans, found.what
