"""Hears every command of the EMS and says when the failsafe is to be entered. Pure.

The rule itself is `netstab.dispatch.failsafe`; entering is a command like any other.
"""

from dataclasses import replace

from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.messages import CommandRequest
from events.commands import EnterFailsafe, SetOverride
from events.state import FleetState, Source
from netstab.dispatch.failsafe import Circumstances, fallback
from netstab.units import Timestamp, on_wall

__all__ = ["failsafe", "heard", "is_silent"]


def heard(memory: Memory, request: CommandRequest, view: View) -> Memory:
    """Note a sign of life, or the end of an override; the view is that before the command.

    A command of the EMS that the log cannot take is one too: it is not the EMS that is silent.
    """
    if request.origin.source is Source.EMS:
        memory = replace(memory, ems_heard_at=view.now)
    if isinstance(request.command, SetOverride) and view.state.override is not None:
        memory = replace(memory, released_at=view.now)
    return memory


def failsafe(memory: Memory, view: View) -> EnterFailsafe | None:
    """Return the command that enters the failsafe, None while there is no reason to.

    Silence is counted from the start of this server on.
    """
    seen = _seen(memory, view)
    entered = fallback(seen, view.rules.ems_timeout, view.rules.ems_failsafe, view.rated_power)
    if entered is None:
        return None
    return EnterFailsafe(entered.action, entered.power, on_wall(entered.silent_since, view.correction))


def _seen(memory: Memory, view: View) -> Circumstances:
    state = view.state
    return Circumstances(
        now=view.now,
        started_at=memory.started_at,
        last_command=_last_command(memory, state),
        released_at=memory.released_at,
        ordered=state.order is not None,
        target=state.order.target if state.order else None,
        overridden=state.override is not None,
        in_failsafe=state.failsafe is not None,
    )


def is_silent(memory: Memory, view: View) -> bool:
    """Whether the EMS has let its time-out pass without a word."""
    last = _last_command(memory, view.state)
    return bool(view.rules.ems_timeout) and last is not None and view.now - last >= view.rules.ems_timeout


def _last_command(memory: Memory, state: FleetState) -> Timestamp | None:
    """Return when the EMS was last heard; what it said before this server began counts as said then.

    None while no command of the EMS is recorded: then no order of it can lapse.
    """
    if state.last_ems_command is None:
        return None
    return memory.started_at if memory.ems_heard_at is None else memory.ems_heard_at
