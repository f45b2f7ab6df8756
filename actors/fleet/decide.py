"""What a command comes to: a refusal, a repetition, or what is to be recorded and followed. Pure.

A preview is this without recording.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.claim import too_late
from actors.fleet import dispatching, learning
from actors.fleet.assessment import reachable
from actors.fleet.effects import Effect
from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.fleet.wording import accepted_message
from actors.messages import CommandRequest
from events.commands import Command, MoveMiners
from events.refusal import Facts, refusal
from events.repetition import repeated
from events.shedding import only_sheds
from events.state import Limit, Order
from netstab.dispatch.decision import Decision
from netstab.dispatch.plan import Plan
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["Accepted", "Repeated", "decide"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command that is to be recorded, with what it then comes to: its plan, None if it orders no power.

    `first` is to be done before it is recorded.
    """

    plan: Plan | None
    message: str
    decision: Decision | None
    first: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeated:
    """A heartbeat: the answer is that of the order or the limit in force, which is on record."""

    said: Order | Limit
    message: str


def decide(memory: Memory, request: CommandRequest, view: View) -> Accepted | Repeated | CommandRejected:
    """Return what a command comes to now, or why it is refused."""
    if (rejected := _refused(memory, request, view)) is not None:
        return rejected
    command = request.command
    said = _said_before(request, view)
    if said is not None and (memory.plan is not None or isinstance(said, Limit)):
        return Repeated(said, accepted_message(command, memory.plan, view.state))
    plan = dispatching.drafted(memory, command, view)
    message = accepted_message(command, plan, view.state)
    decision = dispatching.decided(memory, command, plan, view)
    return Accepted(plan, message, decision, tuple(_learned_of_moves(command, view)))


def _said_before(request: CommandRequest, view: View) -> Order | Limit | None:
    """Find what a command only says again; while nothing is recorded, only if that is standby.

    All else is refused then, but for a limit that is refreshed: it is kept as it is said, or would end.
    """
    command = request.command
    said = repeated(view.state, command, request.origin, view.wall)
    if view.log_fault is None:
        return said
    return said if isinstance(said, Order) and only_sheds(view.state, command, view.wall) else None


def _refused(memory: Memory, request: CommandRequest, view: View) -> CommandRejected | None:
    if view.fence.closed:
        return CommandRejected(ErrorCode.FAULT_STATE, "This server no longer leads the fleet.")
    facts = Facts(view.rated_power, reachable(view.seen), memory.initializing, view.wall)
    rejected = refusal(view.state, request.command, facts)
    return too_late() if rejected is None and view.now > request.deadline else rejected


def _learned_of_moves(command: Command, view: View) -> Iterable[Effect]:
    if isinstance(command, MoveMiners):
        found = learning.hours_of((move.old for move in command.moves), view)
        if found is not None:
            yield found
