"""What a command comes to: a refusal, a repetition, or what is to be recorded and followed. Pure.

A preview is this without recording.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from actors.fleet import dispatching, learning, silence
from actors.fleet.effects import Effect, RecordMeasurements
from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.fleet.wording import accepted_message, limited_message
from actors.messages import CommandRequest, too_late
from events.commands import Command, MoveMiners, changes_order, ordered_power
from events.refusal import Facts, refusal
from events.repetition import repeated_order
from events.state import Order
from netstab.dispatch.decision import Decision
from netstab.dispatch.plan import Plan
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["Accepted", "Repeated", "accepted", "answered", "decide", "hear"]


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
    return replace(memory, ems=silence.heard(memory.ems, request.command, request.origin.source, view))


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
