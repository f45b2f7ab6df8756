"""The fleet's control loop as a pure machine: what a command comes to, and what every message changes.

It reads no clock, writes no log and tells nobody: `loop` carries out what it says.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from actors.fleet import dispatching, learning, schedule, silence
from actors.fleet.assessment import all_known, dispatchability
from actors.fleet.children import child_changes
from actors.fleet.effects import (
    CommandRecorded,
    Effect,
    Follow,
    IdentifyMiner,
    Learn,
    OrderFailsafe,
    RecordAction,
    RecordMeasurements,
    RecordRestored,
    Refresh,
    Review,
    StopMiner,
    TellDue,
    TellMiner,
    WatchEms,
    WithdrawHold,
)
from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.messages import ActionEnded, DoublesFound, MinerStarted
from actors.report import MinerReport, Phase, Step
from events.commands import Command, LiftLimit, SetLimit
from events.state import FleetState, RegisteredMiner
from netstab.devices.port import Firmware
from netstab.dispatch.plan import Plan
from netstab.units import Seconds

__all__ = ["SECOND", "Message", "handle", "reported"]

_AWAY_FOR = Seconds(60.0)
"""A miner that comes back after so long may be another one: addresses are leased."""

Timed = WatchEms | Refresh | Learn | Review | TellDue

Message = ActionEnded | DoublesFound | MinerStarted | CommandRecorded | Follow | Timed

SECOND: tuple[Message, ...] = (WatchEms(), Refresh(), Learn(), Review())
"""What is done once a second, in this order: each part sees what those before it have recorded."""


def handle(memory: Memory, message: Message, view: View) -> tuple[Memory, tuple[Effect, ...]]:
    """Return what is remembered after a message, and what is to be done."""
    match message:
        case ActionEnded():
            return _ended(memory, message)
        case DoublesFound(doubles):
            return replace(memory, doubles=doubles), ()
        case MinerStarted(miner_id):
            return replace(memory, schedule=schedule.forgotten(memory.schedule, {miner_id})), ()
        case CommandRecorded():
            return _recorded(memory, message, view)
        case Follow(command, plan):
            return _followed(memory, command, plan, view)
        case _:
            return _timed(memory, message, view)


def _timed(memory: Memory, message: Timed, view: View) -> tuple[Memory, tuple[Effect, ...]]:
    """Do what comes with time."""
    match message:
        case WatchEms():
            return memory, tuple(_failsafe(memory, view))
        case Refresh():
            return _refreshed(memory, view)
        case Learn():
            return _learned(memory, view)
        case Review():
            return _told(dispatching.review(memory, view), view)
        case TellDue():
            return _told(memory, view)
        case _:
            assert_never(message)


def reported(
    memory: Memory, before: MinerReport | None, report: MinerReport, state: FleetState
) -> tuple[Memory, tuple[Effect, ...]]:
    """Take in what a registered miner reports, `before` being its last report: it needs no more of a view."""
    miner, hold = state.miners[report.miner_id], state.holds.get(report.miner_id)
    if dispatchability(miner, before, hold) != dispatchability(miner, report, hold) and not memory.stale:
        memory = replace(memory, stale=True)
    asked = _to_be_identified(miner, before, report)
    return memory, (IdentifyMiner(report.miner_id),) if asked else ()


def _to_be_identified(miner: RegisteredMiner, before: MinerReport | None, report: MinerReport) -> bool:
    """Whether a miner answers at last, or again, of which it is not certain what it is."""
    if not report.reachable or (before is not None and before.reachable):
        return False
    if miner.firmware is Firmware.UNKNOWN:
        return True
    lost = before is not None and before.phase is Phase.UNREACHABLE
    return before is not None and lost and report.at - before.phase_since >= _AWAY_FOR


def _ended(memory: Memory, news: ActionEnded) -> tuple[Memory, tuple[Effect, ...]]:
    effects: list[Effect] = [RecordAction(news)]
    if news.step is Step.RESTORE and not news.reason:
        effects.append(RecordRestored(news.miner_id))
        memory = replace(memory, stale=True)
    if news.step is Step.TUNE and news.refused:
        effects.append(WithdrawHold(news.miner_id, news.version))
        forgotten = schedule.forgotten(memory.schedule, {news.miner_id})
        memory = replace(memory, schedule=forgotten, stale=True)
    return memory, tuple(effects)


def _recorded(memory: Memory, news: CommandRecorded, view: View) -> tuple[Memory, tuple[Effect, ...]]:
    """Have actors started and stopped, and one miner commanded; what dispatch wants then comes after it."""
    effects: list[Effect] = list(child_changes(news.command, news.before, view.state))
    stopped = {effect.miner_id for effect in effects if isinstance(effect, StopMiner)}
    commanded = schedule.forgotten(memory.schedule, stopped)
    if news.operation is not None:
        miner_id, message = news.operation
        if message.setpoint is not None:
            commanded = schedule.operated(commanded, miner_id, message.setpoint, news.version, view.now)
        effects.append(TellMiner(miner_id, message))
    return replace(memory, schedule=commanded), tuple(effects)


def _followed(
    memory: Memory, command: Command, plan: Plan | None, view: View
) -> tuple[Memory, tuple[Effect, ...]]:
    """Have the miners follow what was just decided for a command, unless it changes nothing."""
    if plan is not None and plan is memory.plan:
        return memory, ()
    if isinstance(command, SetLimit | LiftLimit) and not dispatching.is_outdated(memory, view):
        return memory, ()
    return _told(dispatching.follow(memory, view, plan), view)


def _failsafe(memory: Memory, view: View) -> Iterable[Effect]:
    command = silence.failsafe(memory, view) if view.log_fault is None else None
    if command is not None:
        yield OrderFailsafe(command)


def _refreshed(memory: Memory, view: View) -> tuple[Memory, tuple[Effect, ...]]:
    if memory.initializing and _is_known(memory, view):
        memory = replace(memory, initializing=False, stale=True)
    if memory.stale or dispatching.is_outdated(memory, view):
        return _told(dispatching.follow(memory, view), view)
    return memory, ()


def _is_known(memory: Memory, view: View) -> bool:
    """Whether every miner was looked at once; a silent one is waited for two intervals."""
    waited = view.now - memory.started_at
    return waited >= 2 * view.rules.poll_interval or all_known(view.state, view.reports)


def _learned(memory: Memory, view: View) -> tuple[Memory, tuple[Effect, ...]]:
    if memory.initializing:
        return memory, ()
    learned, found = learning.learned(memory.learning, view)
    memory = replace(memory, learning=learned)
    return memory, () if found is None else (RecordMeasurements(found),)


def _told(memory: Memory, view: View) -> tuple[Memory, tuple[Effect, ...]]:
    """Tell the miners what is due; nothing before they are known, or when another server leads them."""
    if memory.initializing or view.fence.closed:
        return memory, ()
    after, messages = schedule.due(memory.schedule, memory.wanted, view)
    memory = memory if after is memory.schedule else replace(memory, schedule=after)
    return memory, tuple(TellMiner(miner_id, message) for miner_id, message in messages)
