"""The server's own log lines on the fleet: each change that an operator must know of, once, in a sentence.

Commands of the EMS are none of them: they may come every second, and the history has them all.
"""

import logging
from collections.abc import Collection, Iterator
from typing import NamedTuple

from actors.fleet.silence_wording import commands_again, failsafe_error
from actors.report import MinerReport, Phase
from actors.snapshot import FleetPhase, FleetSnapshot
from events.state import FleetState, HoldKind, Override
from netstab.units import MinerId, Seconds, Timestamp, kilowatts

__all__ = ["Journal", "Line", "changes"]

logger = logging.getLogger(__name__)

REACH_EVERY = Seconds(60.0)
"""Links break and come back by the hundred: of reach one line says where it stands."""

FAULT_AFTER = Seconds(5.0)
"""Miners that have just joined were not looked at yet; a log that fails is told by who writes it."""

_MOST_NAMED = 5


class Line(NamedTuple):
    level: int
    text: str


class Journal:
    """Told of every snapshot; logs what has changed since the one before."""

    def __init__(self) -> None:
        self._before: FleetSnapshot | None = None
        self._missing = set[MinerId]()
        self._reach_told_at: Timestamp | None = None
        self._fault_since: Timestamp | None = None
        self._fault_told = False

    def note(self, snapshot: FleetSnapshot) -> None:
        lines = [*changes(self._before, snapshot), *self._fault(snapshot), *self._reach(snapshot)]
        for level, text in lines:
            logger.log(level, "%s", text)
        self._before = snapshot

    def _fault(self, snapshot: FleetSnapshot) -> Iterator[Line]:
        """Say that the fleet is in fault once it lasts, and that it is no more."""
        if snapshot.phase is not FleetPhase.FAULT:
            if self._fault_told:
                yield Line(logging.INFO, f"The fleet is in fault no more: {snapshot.phase}.")
            self._fault_since, self._fault_told = None, False
            return
        self._fault_since = snapshot.at if self._fault_since is None else self._fault_since
        if not self._fault_told and snapshot.at >= self._fault_since + FAULT_AFTER:
            self._fault_told = True
            level = logging.ERROR if snapshot.state.miners else logging.WARNING
            yield Line(level, f"The fleet is in fault. {''.join(snapshot.errors[:1])}".rstrip())

    def _reach(self, snapshot: FleetSnapshot) -> Iterator[Line]:
        """Say who is out of reach when that has changed, and no more often than is of use."""
        told_at = self._reach_told_at
        too_soon = told_at is not None and snapshot.at < told_at + REACH_EVERY
        if snapshot.phase is FleetPhase.INITIALIZING or too_soon:
            return
        reports, miners = snapshot.reports, snapshot.state.miners
        if snapshot.reachable == len(miners) and not self._missing:
            return
        missing = {each for each in miners if each in reports and _is_missing(reports[each])}
        if missing == self._missing:
            return
        self._missing, self._reach_told_at = missing, snapshot.at
        if missing:
            text = f"{len(missing)} of {_miners(len(miners))} cannot be reached: {_named(missing)}."
            yield Line(logging.WARNING, text)
        else:
            yield Line(logging.INFO, f"All {_miners(len(miners))} can be reached.")


def _is_missing(report: MinerReport) -> bool:
    return not report.reachable and _was_looked_at(report)


def changes(before: FleetSnapshot | None, now: FleetSnapshot) -> Iterator[Line]:
    """Say what an operator must know of what has changed; `before` is None at the start. Pure."""
    yield from _condition(before, now)
    if before is None:
        yield Line(logging.INFO, f"{_miners(len(now.state.miners))} registered in the log.")
        yield from _commanders(None, now.state)
    elif before.state is not now.state:
        yield from _members(before.state, now.state)
        yield from _commanders(before.state, now.state)
        yield from _choices(before.state, now.state)


def _condition(before: FleetSnapshot | None, now: FleetSnapshot) -> Iterator[Line]:
    was = before.phase if before else FleetPhase.INITIALIZING
    if was is FleetPhase.INITIALIZING is not now.phase:
        figures = f"{now.reachable} of {_miners(len(now.state.miners))} reachable"
        unseen = sum(not _was_looked_at(now.reports.get(each)) for each in now.state.miners)
        waited = f", {unseen} not seen yet" if unseen else ""
        yield Line(logging.INFO, f"The fleet is known: {figures}{waited}, {kilowatts(now.active_power)} kW.")


def _was_looked_at(report: MinerReport | None) -> bool:
    return report is not None and report.phase is not Phase.UNKNOWN


def _members(before: FleetState, now: FleetState) -> Iterator[Line]:
    joined = [each for each in now.miners if each not in before.miners]
    left = [each for each in before.miners if each not in now.miners]
    if joined:
        kinds = sum(now.miners[each].not_controllable is not None for each in joined)
        unlike = f" {kinds} of them cannot be controlled." if kinds else ""
        yield Line(logging.INFO, f"{_miners(len(joined))} joined the fleet: {_named(joined)}.{unlike}")
    if left:
        yield Line(logging.INFO, f"{_miners(len(left))} left the fleet: {_named(left)}.")


def _commanders(before: FleetState | None, now: FleetState) -> Iterator[Line]:
    """Say who has taken command, or given it back."""
    override, failsafe = (before.override, before.failsafe) if before else (None, None)
    if now.override is not None and (override is None or override.target != now.override.target):
        yield Line(logging.WARNING, f"Manual override is on: {_ordered(now.override)}.")
    if override is not None and now.override is None:
        yield Line(logging.INFO, "Manual override is off.")
    if now.failsafe is not None and failsafe is None:
        yield Line(logging.WARNING, failsafe_error(now.failsafe, now))
    if failsafe is not None and now.failsafe is None:
        yield Line(logging.INFO, commands_again(now))


def _ordered(override: Override) -> str:
    return "all miners stop" if override.target is None else f"{kilowatts(override.target)} kW"


def _choices(before: FleetState, now: FleetState) -> Iterator[Line]:
    """Say what an operator has settled for later."""
    if before.power_mode is not now.power_mode:
        yield Line(logging.INFO, f"The power mode is {now.power_mode}.")
    if before.configuration != now.configuration:
        yield Line(logging.INFO, "The configuration was changed.")
    taken = [each for each in now.holds if each not in before.holds]
    freed = [each for each in before.holds if each in now.miners and each not in now.holds]
    if taken:
        kinds = sorted({_HELD[now.holds[each].kind] for each in taken})
        yield Line(logging.INFO, f"An operator has {' or '.join(kinds)} {_named(taken)}.")
    if freed:
        yield Line(logging.INFO, f"Dispatch has {_named(freed)} again.")


_HELD = {
    HoldKind.STOPPED: "stopped",
    HoldKind.STARTED: "started",
    HoldKind.FREQUENCY: "set the frequency of",
}


def _miners(count: int) -> str:
    return f"{count} {'miner' if count == 1 else 'miners'}"


def _named(miners: Collection[MinerId]) -> str:
    first = sorted(miners)[:_MOST_NAMED]
    more = len(miners) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
