"""The fleet's control loop as a pure machine: what a command comes to, and what every message changes.

It reads no clock, writes no log and tells nobody: `loop` carries out what it says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from actors.fleet import dispatching, ems, learning, schedule
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
from actors.fleet.unit_status import all_known, dispatchability
from actors.fleet.view import View
from actors.fleet.wording import accepted_message, limited_message
from actors.messages import ActionEnded, CommandRequest, DoublesFound, MinerStarted, too_late
from actors.report import MinerReport, Phase, Step
from events.commands import Command, LiftLimit, MoveMiners, SetLimit, changes_order, ordered_power
from events.refusal import Facts, refusal
from events.repetition import repeated_order
from events.state import FleetState, Order, RegisteredMiner
from netstab.devices.port import Firmware
from netstab.dispatch.decision import Decision
from netstab.dispatch.plan import Plan
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import Seconds

__all__ = ["SECOND", "Accepted", "Message", "Repeated", "accepted", "answered", "decide", "handle", "hear"]

_AWAY_FOR = Seconds(60.0)
"""A miner that comes back after so long may be another one: addresses are leased."""

Timed = WatchEms | Refresh | Learn | Review | TellDue

Message = ActionEnded | DoublesFound | MinerStarted | CommandRecorded | Follow | Timed

SECOND: tuple[Message, ...] = (WatchEms(), Refresh(), Learn(), Review())
"""What is done once a second, in this order: each part sees what those before it have recorded."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command that is to be recorded, with what it then comes to.

    `fence` is where the fence is to stand before anyone can hear that it is accepted. `first` is to be done
    before it is recorded.
    """

    memory: Memory
    plan: Plan | None
    message: str
    decision: Decision | None
    fence: int
    first: tuple[Effect, ...] = ()


def hear(memory: Memory, request: CommandRequest, view: View) -> Memory:
    """Take note of who commands, whatever becomes of it."""
    return replace(memory, ems=ems.heard(memory.ems, request.command, request.origin.source, view))


@dataclass(frozen=True, slots=True)
class Repeated:
    """A heartbeat: the answer is that of the order in force, which is on record."""

    order: Order
    message: str


def decide(memory: Memory, request: CommandRequest, view: View) -> Accepted | Repeated | CommandRejected:
    """Return what a command comes to now, or why it is refused."""
    return answered(memory, request, view) or accepted(memory, request, view)


def answered(memory: Memory, request: CommandRequest, view: View) -> Repeated | CommandRejected | None:
    """Return the answer to what needs no decision: a refusal, or that an order is repeated."""
    if (rejected := _refused(memory, request, view)) is not None:
        return rejected
    order, command = repeated_order(view.state, request.command, request.origin), request.command
    if order is None or memory.plan is None or view.log_fault is not None:
        return None
    return Repeated(order, _worded(command, memory.plan, view))


def _worded(command: Command, plan: Plan | None, view: View) -> str:
    return accepted_message(command, plan, view.state) + limited_message(command, plan)


def accepted(memory: Memory, request: CommandRequest, view: View) -> Accepted:
    """Return what a command comes to that is not refused."""
    command = request.command
    after, plan = dispatching.drafted(memory, command, view)
    return Accepted(
        memory=after,
        plan=plan,
        message=_worded(command, plan, view),
        decision=dispatching.decided(memory, command, plan, view),
        fence=_fenced_by(command, view),
        first=tuple(_learned_of_moves(command, view)),
    )


def _refused(memory: Memory, request: CommandRequest, view: View) -> CommandRejected | None:
    if view.fence.closed:
        return CommandRejected(ErrorCode.FAULT_STATE, "This server no longer leads the fleet.")
    reachable = sum(1 for report in view.reports.values() if report.reachable)
    facts = Facts(view.rated_power, reachable, memory.initializing, view.wall)
    rejected = refusal(view.state, request.command, facts)
    return too_late() if rejected is None and view.now > request.deadline else rejected


def _fenced_by(command: Command, view: View) -> int:
    """Return where the fence is to stand; repeating the standby in force does not move it."""
    power, order = ordered_power(command), view.state.order
    repeated = order is not None and order.target == power
    if not changes_order(command) or power or repeated:
        return view.fence.standby_version
    first = 0 if view.log_fault is None else 1  # that a fault of the log is over is recorded before it
    return view.state.version + first + 1


def _learned_of_moves(command: Command, view: View) -> Iterable[Effect]:
    if isinstance(command, MoveMiners):
        found = learning.hours_of((move.old for move in command.moves), view)
        if found is not None:
            yield RecordMeasurements(found)


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
    command = ems.failsafe(memory, view) if view.log_fault is None else None
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
