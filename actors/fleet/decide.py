"""What a command comes to: a refusal, a repetition, or what is to be recorded and followed. Pure.

A preview is this without recording.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.claim import too_late
from actors.fleet import dispatching, learning
from actors.fleet.assessment import reachable
from actors.fleet.effects import Effect
from actors.fleet.initializing import is_initializing
from actors.fleet.memory import Memory
from actors.fleet.succession import no_setpoint, succession
from actors.fleet.view import View
from actors.fleet.wording import accepted_message
from actors.messages import CommandRequest
from events.authority import Ruling
from events.commands import Command, MoveMiners, Release
from events.pace import AT_ONCE, PER_SECOND, takes_turns
from events.refusal import Facts, refusal
from events.repetition import repeated
from events.shedding import only_sheds
from events.state import FleetState, FrontSetpoint, Limit, Source
from netstab.dispatch.decision import Decision
from netstab.dispatch.plan import Plan
from netstab.errors import CommandRejected, ErrorCode

__all__ = ["Accepted", "Nothing", "Repeated", "decide"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command that is to be recorded, with what it then comes to: its plan, None if it orders no power.

    `first` is to be done before it is recorded.
    """

    plan: Plan | None
    message: str
    decision: Decision | None
    ruled: Ruling
    first: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeated:
    """A heartbeat: the answer is that of the setpoint or the limit that it repeats, which is on record."""

    said: FrontSetpoint | Limit
    message: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """It asks for what is so already, and was never recorded: it is answered, and not recorded either."""

    message: str


def decide(
    memory: Memory, request: CommandRequest, view: View
) -> Accepted | Repeated | Nothing | CommandRejected:
    """Return what a command comes to now, or why it is refused."""
    if (rejected := _refused(memory, request, view)) is not None:
        return rejected
    command, source = request.command, request.origin.source
    ruled = view.ruled(command, source)
    if isinstance(command, Release) and not _releases(view.state, source):
        return Nothing(no_setpoint(source))
    said = _said_before(request, ruled, view)
    if said is not None and (memory.plan is not None or isinstance(said, Limit)):
        return Repeated(said, _worded(request, ruled, memory.plan, view))
    if (rejected := _too_often(memory, request, view)) is not None:
        return rejected
    plan = dispatching.drafted(memory, command, ruled, view)
    message = _worded(request, ruled, plan, view)
    decision = dispatching.decided(memory, ruled, plan, view)
    return Accepted(plan, message, decision, ruled, tuple(_learned_of_moves(command, view)))


def _worded(request: CommandRequest, ruled: Ruling, plan: Plan | None, view: View) -> str:
    told = succession(view.state, request.command, request.origin.source, ruled, view.rules.priority)
    return accepted_message(request.command, plan, view.state, told, ruled.power if ruled.moves else None)


def _releases(state: FleetState, front: Source) -> bool:
    """Whether a front has anything to let go of: a setpoint, or what a failsafe made of it."""
    own = state.order is not None and state.order.source is front and state.order.target is not None
    failed = state.failsafe is not None and state.failsafe.front is front
    return front in state.setpoints or (state.override is None and (own or failed))


def _said_before(request: CommandRequest, ruled: Ruling, view: View) -> FrontSetpoint | Limit | None:
    """Find what a command only says again; while nothing is recorded, only if that is standby.

    All else is refused then, but for a limit that is refreshed: it is kept as it is said, or would end.
    """
    command = request.command
    said = repeated(view.state, command, request.origin, view.wall, view.rules.priority)
    if view.log_fault is None:
        return said
    sheds = only_sheds(view.state, command, ruled, view.wall)
    return said if isinstance(said, FrontSetpoint) and sheds else None


def _refused(memory: Memory, request: CommandRequest, view: View) -> CommandRejected | None:
    if view.fence.closed:
        return CommandRejected(ErrorCode.FAULT_STATE, "This server no longer leads the fleet.")
    facts = Facts(view.rated_power, reachable(view.seen), is_initializing(memory, view), view.wall)
    rejected = refusal(view.state, request.command, facts)
    return too_late() if rejected is None and view.now > request.deadline else rejected


def _too_often(memory: Memory, request: CommandRequest, view: View) -> CommandRejected | None:
    command, source = request.command, request.origin.source
    if not takes_turns(view.state, command, source, view.wall) or memory.pace.left(source, view.now) >= 1:
        return None
    text = (
        f"{command.name} came too often: after {AT_ONCE:,} changes a source may make {PER_SECOND:g} a second,"
        " for each is recorded. Say it again in a second."
    )
    return CommandRejected(ErrorCode.BUSY, text)


def _learned_of_moves(command: Command, view: View) -> Iterable[Effect]:
    if isinstance(command, MoveMiners):
        found = learning.hours_of((move.old for move in command.moves), view)
        if found is not None:
            yield found
