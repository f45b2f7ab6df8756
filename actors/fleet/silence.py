"""Hears the fronts, and says whose setpoint ends by time or by silence. Pure.

The rule of silence is `netstab.dispatch.failsafe`, who is next `events.authority`; what comes of it is a
command like any other, of the front whose setpoint ends, or of the system where the failsafe is entered.
"""

from collections.abc import Mapping
from dataclasses import replace

from actors.fleet.effects import OwnCommand
from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.messages import CommandRequest
from events.authority import LIVE, commanding, without
from events.commands import EnterFailsafe, Release, ReleaseCause, SetOverride
from events.state import FRONTS, FleetState, Source
from netstab.dispatch.failsafe import Circumstances, fallback, silent_since
from netstab.units import Timestamp, on_wall

__all__ = ["due", "ended", "heard", "is_silent", "listened", "lost"]


def heard(memory: Memory, request: CommandRequest, view: View) -> Memory:
    """Note a sign of life, or the end of an override; the view is that before the command.

    A command of a front that the log cannot take is one too: it is not the front that is silent. What the
    server says for a front is none.
    """
    command, source = request.command, request.origin.source
    own = isinstance(command, Release) and command.cause is not ReleaseCause.ASKED
    if source in FRONTS and not own:
        memory = _noted(memory, {source: view.now})
    if isinstance(command, SetOverride) and view.state.override is not None:
        memory = replace(memory, released_at=view.now)
    return memory


def listened(memory: Memory, signs: Mapping[Source, Timestamp]) -> Memory:
    """Note when fronts were heard; who was lost before is there again."""
    newer = {front: at for front, at in signs.items() if at > memory.heard.get(front, memory.started_at)}
    return _noted(memory, newer) if newer else memory


def _noted(memory: Memory, heard: Mapping[Source, Timestamp]) -> Memory:
    return replace(memory, heard={**memory.heard, **heard}, lost=memory.lost - heard.keys())


def lost(memory: Memory, front: Source) -> Memory:
    """Note that a front's counterpart is gone, as its protocol tells."""
    return replace(memory, lost=memory.lost | {front})


def due(memory: Memory, view: View) -> OwnCommand | None:
    """Return the command that time or silence calls for, the lowest front's first; None while none does.

    Under an override no front has a setpoint. Silence is counted from the start of this server on.
    """
    if view.state.override is not None:
        return None
    return ended(memory, view) or _lapsed(memory, view) or _fallen_back(memory, view)


def ended(memory: Memory, view: View) -> OwnCommand | None:
    """Return the end of a setpoint whose time is over."""
    for front in reversed(view.rules.priority):
        setpoint = view.state.setpoints.get(front)
        end = memory.tally.end_of(setpoint) if setpoint is not None else None
        if end is not None and view.wall >= end:
            return OwnCommand(Release(ReleaseCause.ENDED), front)
    return None


def _lapsed(memory: Memory, view: View) -> OwnCommand | None:
    """Return the end of the power that a silent front asks for, or the failsafe where nobody else does."""
    setpoints, priority = view.state.setpoints, view.rules.priority
    for front in reversed(priority):
        setpoint = setpoints.get(front)
        if setpoint is None or setpoint.target is None or not is_silent(memory, view, front):
            continue
        if commanding(without(setpoints, front), priority) is None:
            return _failsafe(memory, view, front)
        return OwnCommand(Release(ReleaseCause.SILENT), front)
    return None


def _fallen_back(memory: Memory, view: View) -> OwnCommand | None:
    """Return the failsafe for a front whose standby is in force, or whose power an operator has moved.

    After an operator it is that of the last who is heard of.
    """
    state = view.state
    if state.order is None:
        return None
    if state.setpoints:
        found = commanding(state.setpoints, view.rules.priority)
        fronts = [found.source] if found is not None and found.target is None else []
    else:
        fronts = [] if state.order.source in FRONTS else [*LIVE]
    spoke = [front for front in fronts if _last_command(memory, state, front) is not None and front in LIVE]
    if not spoke or not all(is_silent(memory, view, front) for front in spoke):
        return None
    return _failsafe(memory, view, max(spoke, key=lambda front: _last_command(memory, state, front) or 0.0))


def _failsafe(memory: Memory, view: View, front: Source) -> OwnCommand | None:
    rules = view.rules
    found = fallback(_seen(memory, view, front), rules.ems_timeout, rules.ems_failsafe, view.rated_power)
    if found is None:
        return None
    since = on_wall(found.silent_since, view.correction)
    return OwnCommand(EnterFailsafe(found.action, found.power, since, front), Source.SYSTEM)


def _seen(memory: Memory, view: View, front: Source) -> Circumstances:
    state = view.state
    return Circumstances(
        now=view.now,
        started_at=memory.started_at,
        last_command=_last_command(memory, state, front),
        released_at=memory.released_at,
        ordered=state.order is not None,
        target=state.order.target if state.order else None,
        overridden=state.override is not None,
        in_failsafe=state.failsafe is not None,
        lost=front in memory.lost,
    )


def is_silent(memory: Memory, view: View, front: Source) -> bool:
    """Whether a front has let its time-out pass without a word, or is lost by its protocol."""
    if front not in LIVE and front not in memory.lost:
        return False
    return silent_since(_seen(memory, view, front), view.rules.ems_timeout) is not None


def _last_command(memory: Memory, state: FleetState, front: Source) -> Timestamp | None:
    """Return when a front was last heard; what it said before this server began counts as said then.

    None while no command of it is recorded: then no order of it can lapse.
    """
    said = state.last_ems_command if front is Source.EMS else state.last_commands.get(front)
    return None if said is None else memory.heard.get(front, memory.started_at)
