"""The fleet's control loop as a pure machine: what a recorded command, news and time change.

It reads no clock, writes no log and tells nobody: `loop` carries out what it says.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace

from actors.fleet import dispatching, learning, returning, schedule, silence
from actors.fleet.availability import dispatchability, is_as_before
from actors.fleet.children import child_changes, operation
from actors.fleet.effects import (
    Effect,
    GoOn,
    IdentifyMiner,
    OwnCommand,
    RecordRestored,
    StopMiner,
    TellMiner,
    WithdrawHold,
)
from actors.fleet.initializing import is_known, looked_over
from actors.fleet.levels import may_have_risen
from actors.fleet.memory import Memory
from actors.fleet.view import View
from actors.messages import ActionEnded, CommandRequest, DoublesFound, FrontSilent
from actors.report import MinerReport, Phase, Step
from events.commands import Activate, Command, Deactivate, LiftLimit, Release, SetLimit
from events.shedding import only_sheds
from events.state import FleetState, RegisteredMiner
from netstab.devices.port import Firmware
from netstab.dispatch.plan import Plan
from netstab.units import MinerId, Seconds, Version

__all__ = [
    "SECOND",
    "Message",
    "Outcome",
    "end_setpoints",
    "followed",
    "handle",
    "recorded",
    "renewed",
    "reported",
    "tell_due",
]

_AWAY_FOR = Seconds(60.0)
"""A miner that comes back after so long may be another one: addresses are leased."""

_HOLDING = (Step.TUNE, Step.SLEEP, Step.WAKE)  # what an operator holds a miner for

_SHORT = 0.98  # of what was commanded: less is no noise of the figure

Message = ActionEnded | DoublesFound | FrontSilent

Outcome = tuple[Memory, tuple[Effect, ...]]
"""What is remembered then, and what is to be done."""


def handle(memory: Memory, message: Message) -> Outcome:
    """Take in what an actor tells."""
    match message:
        case ActionEnded():
            return _ended(memory, message)
        case FrontSilent(front):
            return silence.lost(memory, front), ()
        case DoublesFound(doubles):
            return replace(memory, doubles=doubles), ()


def renewed(memory: Memory, started: AbstractSet[MinerId]) -> Outcome:
    """Take in that these miners' actors are new and know nothing."""
    return replace(memory, schedule=schedule.forgotten(memory.schedule, started)), ()


def reported(memory: Memory, before: MinerReport | None, report: MinerReport, state: FleetState) -> Outcome:
    """Take in what a registered miner reports, `before` being its last report: it needs no more of a view."""
    if is_as_before(before, report) and not _falls_short(memory, before, report):
        rises = not memory.stale and may_have_risen(report) and _sheds_who_come(memory.plan)
        return (replace(memory, stale=True) if rises else memory), ()
    confirmed = returning.heard_of(schedule.heard_of(memory.schedule, before, report), before, report)
    memory = memory if confirmed is memory.schedule else replace(memory, schedule=confirmed)
    miner, hold = state.miners[report.miner_id], state.holds.get(report.miner_id)
    changed = dispatchability(miner, before, hold) != dispatchability(miner, report, hold)
    changed = changed or (before is not None and before.self_tuning != report.self_tuning)
    awaited = _is_awaited(memory, before, report) or _falls_short(memory, before, report)
    if not memory.stale and (changed or awaited):
        memory = replace(memory, stale=True)
    asked = _to_be_identified(miner, before, report)
    return memory, (IdentifyMiner(report.miner_id),) if asked else ()


def _sheds_who_come(plan: Plan | None) -> bool:
    """Whether whole miners are stopped as others come up."""
    return plan is not None and plan.too_much_woken and not plan.lent


def _is_awaited(memory: Memory, before: MinerReport | None, report: MinerReport) -> bool:
    """Whether a miner has come to hash for which others draw more until then, or are to stop then."""
    began = report.phase is Phase.HASHING and (before is None or before.phase is not Phase.HASHING)
    plan = memory.plan
    return began and plan is not None and (bool(plan.lent) or plan.too_much_woken)


def _falls_short(memory: Memory, before: MinerReport | None, report: MinerReport) -> bool:
    """Whether a miner tells that it can no more draw what it was commanded, which it could before."""
    told, reach = memory.schedule.commanded.get(report.miner_id), report.reach
    if reach is None or told is None or told.point is None:
        return False
    short = _SHORT * told.point.power
    return reach < short and (before is None or before.reach is None or before.reach >= short)


def _to_be_identified(miner: RegisteredMiner, before: MinerReport | None, report: MinerReport) -> bool:
    """Whether a miner answers at last, or again, of which it is not certain what it is."""
    if not report.reachable or (before is not None and before.reachable):
        return False
    if miner.firmware is Firmware.UNKNOWN:
        return True
    lost = before is not None and before.phase is Phase.UNREACHABLE
    return before is not None and lost and report.at - before.phase_since >= _AWAY_FOR


def _ended(memory: Memory, news: ActionEnded) -> Outcome:
    effects: list[Effect] = [news]
    if news.step is Step.RESTORE and not news.reason:
        effects.append(RecordRestored(news.miner_id))
        memory = replace(memory, stale=True)
    if news.refused and news.step in _HOLDING:
        effects.append(WithdrawHold(news.miner_id, news.version))
        forgotten = schedule.forgotten(memory.schedule, {news.miner_id})
        memory = replace(memory, schedule=forgotten, stale=True)
    return memory, tuple(effects)


def recorded(
    memory: Memory, request: CommandRequest, version: Version, before: FleetState, view: View
) -> Outcome:
    """Have actors started and stopped, and one miner told, for a command that is durable at `version`.

    `before` is the state that it found. What dispatch wants then comes after it: `followed`.
    """
    effects: list[Effect] = list(child_changes(request.command, before, view.state))
    stopped = {effect.miner_id for effect in effects if isinstance(effect, StopMiner)}
    commanded = schedule.forgotten(memory.schedule, stopped)
    if (told := operation(request, view.state, version)) is not None:
        miner_id, message = told
        if message.setpoint is not None:
            commanded = schedule.operated(commanded, miner_id, message.setpoint, version, view.now)
        effects.append(TellMiner(miner_id, message))
    return replace(memory, schedule=commanded), tuple(effects)


def followed(memory: Memory, command: Command, plan: Plan | None, view: View) -> Outcome:
    """Plan for what was just decided for a command, unless it changes nothing; the miners are told after."""
    if plan is not None and plan is memory.plan:
        return memory, ()
    waits = isinstance(command, Activate | Deactivate | Release) and plan is None
    if (waits or isinstance(command, SetLimit | LiftLimit)) and not dispatching.is_outdated(memory, view):
        return memory, ()
    return dispatching.follow(memory, view, plan), (GoOn(),)


def watch_fronts(memory: Memory, view: View) -> Outcome:
    """See whose setpoint ends, by time or by silence; one at a time, for who is next depends on it."""
    return _carried_out(memory, silence.due(memory, view), view)


def end_setpoints(memory: Memory, view: View) -> Outcome:
    """See whose setpoint ends by time alone."""
    return _carried_out(memory, silence.ended(memory, view), view)


def _carried_out(memory: Memory, own: OwnCommand | None, view: View) -> Outcome:
    if own is None:
        return memory, ()
    ruled = view.ruled(own.command, own.source)
    if view.log_fault and not only_sheds(view.state, own.command, ruled, view.wall):
        return memory, ()
    return memory, (own,)


def refresh(memory: Memory, view: View) -> Outcome:
    """See whether all miners are known and take what they are told, and plan anew what is stale."""
    memory = looked_over(memory, view)
    late, after = memory.schedule.confirmation.late, schedule.looked_over(memory.schedule, view)
    if after is not memory.schedule:
        memory, view = replace(memory, schedule=after), replace(view, schedule=after)
        memory = replace(memory, stale=memory.stale or after.confirmation.late > late)
    if memory.initializing and is_known(memory, view):
        begun = schedule.restored(memory.schedule, view)
        memory = replace(memory, initializing=False, stale=True, schedule=begun)
    if memory.stale or dispatching.is_outdated(memory, view):
        return tell_due(dispatching.follow(memory, view), view)
    return memory, ()


def learn(memory: Memory, view: View) -> Outcome:
    """Take in what reports and meter teach."""
    if memory.initializing:
        return memory, ()
    learned, found = learning.learned(memory.learning, view)
    return replace(memory, learning=learned), () if found is None else (found,)


def review(memory: Memory, view: View) -> Outcome:
    """Hold what is to be expected against the target."""
    return tell_due(dispatching.review(memory, view), view)


def tell_due(memory: Memory, view: View) -> Outcome:
    """Let out what ramp limit and staggered start allow by now.

    Nothing before the miners are known, or when another server leads them.
    """
    if memory.initializing or view.fence.closed:
        return memory, ()
    after, told = schedule.due(memory.schedule, memory.wanted, view)
    if after is memory.schedule:
        return memory, ()
    return replace(memory, schedule=after), (*told, GoOn()) if after.let else told


SECOND: tuple[Callable[[Memory, View], Outcome], ...] = (watch_fronts, refresh, learn, review)
"""What is done once a second, in this order: each part sees what those before it have recorded."""
