"""What each miner was commanded, and what may be commanded now within ramp limit and staggered start. Pure.

What is wanted of the miners is dispatch's business; sending it is the shell's.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from actors.fence import FenceLevel
from actors.fleet.assessment import running_at
from actors.fleet.coming import arrived, begun, first_told, is_awaited, is_large
from actors.fleet.effects import TellMiner
from actors.fleet.memory import Schedule, Wanted
from actors.fleet.returning import give_way
from actors.fleet.view import View
from actors.messages import ReleaseControl, SetTarget
from actors.report import MinerReport, Step
from events.limits import stopped_by
from events.state import Hold, RegisteredMiner
from netstab.dispatch.confirmation import confirmed, counted
from netstab.dispatch.ramp import Change, release
from netstab.dispatch.reach import confirming
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.staggered_start import may_wake, woken
from netstab.dispatch.switching import UNTOUCHED, SwitchingHistory
from netstab.power.unit import drawn_at
from netstab.units import MinerId, Setting, Timestamp, Version, Watts

__all__ = ["due", "forgotten", "heard_of", "kept", "looked_over", "operated", "restored"]

_NEVER_COMMANDED: Any = object()

MOST_AT_ONCE = 1_000
"""So many are told at a stretch: telling one costs about 30 us, and whoever commands next does not wait for
all of them."""


def kept(schedule: Schedule, members: Mapping[MinerId, RegisteredMiner]) -> Schedule:
    """Forget all about miners that are no members any more."""
    if schedule.commanded.keys() <= members.keys() and schedule.history.keys() <= members.keys():
        return schedule
    history = {each: past for each, past in schedule.history.items() if each in members}
    return replace(_forgotten(schedule, schedule.commanded.keys() - members.keys()), history=history)


def forgotten(schedule: Schedule, new: AbstractSet[MinerId]) -> Schedule:
    """Take note that miners' actors are new and know nothing: these are commanded again."""
    return _forgotten(schedule, new) if new & schedule.commanded.keys() else schedule


def _forgotten(schedule: Schedule, gone: AbstractSet[MinerId]) -> Schedule:
    commanded = {each: setpoint for each, setpoint in schedule.commanded.items() if each not in gone}
    versions = {each: version for each, version in schedule.versions.items() if each not in gone}
    return replace(schedule, commanded=commanded, versions=versions, asked=None, let=())


def restored(schedule: Schedule, view: View) -> Schedule:
    """Take up from the log since when miners run, or rest: a minimum time outlives the server it began under.

    What was under way when that one ended is not in the log, and binds nobody.
    """
    constraints = view.rules.constraints
    longest = max(constraints.min_on, constraints.min_off)
    lately = {
        miner_id: UNTOUCHED.switched(Timestamp(view.now - (view.wall - known.switched_at)), runs=known.runs)
        for miner_id, known in view.state.experience.items()
        if known.switched_at is not None and 0 <= view.wall - known.switched_at < longest
    }
    return replace(schedule, history={**lately, **schedule.history}) if lately else schedule


def operated(
    schedule: Schedule, miner_id: MinerId, setpoint: Setpoint, version: Version, now: Timestamp
) -> Schedule:
    """Note what an operator has had a miner commanded."""
    past = schedule.history.get(miner_id, UNTOUCHED).switched(now, runs=setpoint.running)
    return replace(
        schedule,
        commanded={**schedule.commanded, miner_id: setpoint},
        versions={**schedule.versions, miner_id: version},
        history={**schedule.history, miner_id: past},
        asked=None,
        let=(),
    )


def heard_of(schedule: Schedule, before: MinerReport | None, report: MinerReport) -> Schedule:
    """Take in how soon a miner has confirmed a wake, if it just has."""
    told, ordered = report.commanded, report.desired
    if told is None or told.step is not Step.WAKE or ordered is None or told.version != ordered.version:
        return schedule
    if before is None or before.commanded == told or told.at < ordered.since:
        return schedule
    return replace(schedule, confirmation=confirmed(schedule.confirmation, told.at - ordered.since))


def looked_over(schedule: Schedule, view: View) -> Schedule:
    """Take in how many of those that were woken have not confirmed it in time."""
    found = counted(schedule.confirmation, *confirming(view.reach), view.now)
    return schedule if found is schedule.confirmation else replace(schedule, confirmation=found)


def due(schedule: Schedule, wanted: Wanted, view: View) -> tuple[Schedule, tuple[TellMiner, ...]]:
    """Return the schedule in which miners are commanded what they are to be now, and what they are told.

    Of a large fleet no more than `MOST_AT_ONCE` are told; ask again for those that are left (`Schedule.let`).
    """
    schedule, too_soon = give_way(arrived(schedule, view), wanted, view)
    if too_soon:
        return _commanded(replace(schedule, let=(*too_soon, *schedule.let)), view)
    asked = wanted, view.fence, _by_which_orders(view)
    if _was_asked(schedule, *asked):
        return _commanded(schedule, view) if schedule.let else (schedule, ())
    unaware = _unaware(schedule, wanted, view)
    pending = [_change(schedule, view, miner_id, wanted[miner_id]) for miner_id in unaware]
    if not pending:
        return replace(schedule, asked=asked, let=()), ()
    released, schedule = _released(schedule, view, pending)
    return _commanded(replace(schedule, asked=asked, let=tuple(released)), view)


def _by_which_orders(view: View) -> tuple[Any, ...]:
    """Return all of what is recorded that says by which command a miner is commanded."""
    return view.state.order, view.state.holds, stopped_by(view.state, view.wall)


def _was_asked(schedule: Schedule, wanted: Wanted, fence: FenceLevel, by: tuple[Any, ...]) -> bool:
    if schedule.asked is None:
        return False
    what, before, by_before = schedule.asked
    # What is recorded while those are told changes nothing of what they were let through for.
    return what is wanted and before == fence and (bool(schedule.let) or by_before == by)


def _unaware(schedule: Schedule, wanted: Wanted, view: View) -> Iterator[MinerId]:
    """Name those that were not commanded their setpoint by an order that still stands."""
    commanded, versions, fence = schedule.commanded, schedule.versions, view.fence
    for miner_id, setpoint in wanted.items():
        same = commanded.get(miner_id, _NEVER_COMMANDED) is setpoint
        if same and (setpoint is None or not setpoint.running or fence.allows(versions[miner_id])):
            continue
        if not _knows(schedule, view, miner_id, setpoint):
            yield miner_id


def _released(schedule: Schedule, view: View, pending: Sequence[Change]) -> tuple[list[Change], Schedule]:
    """Let through what staggered start and ramp limit allow."""
    constraints, now = view.rules.constraints, view.now
    wakes = [change.miner_id for change in pending if change.wakes]
    allowed = may_wake(wakes, schedule.woken, constraints, now, len(view.state.miners))
    held_back = set(wakes) - allowed
    free = [each for each in pending if each.miner_id not in held_back and not is_awaited(schedule, each)]
    if view.fence.lowers_only:
        free = [change for change in free if _lowers(change)]
    released, ramp = release(free, schedule.ramp, view.ramps, now)
    waking = sum(1 for change in released if change.miner_id in allowed)
    schedule = begun(schedule, released)
    return released, replace(schedule, ramp=ramp, woken=woken(waking, schedule.woken, constraints, now))


def _lowers(change: Change) -> bool:
    return change.step < 0 or (change.setpoint is not None and not change.setpoint.running)


def _commanded(schedule: Schedule, view: View) -> tuple[Schedule, tuple[TellMiner, ...]]:
    """Command the first of those that are let through; once all are, the fleet is gone through again."""
    released, later = schedule.let[:MOST_AT_ONCE], schedule.let[MOST_AT_ONCE:]
    asked = schedule.asked if later else None
    if not released:
        return replace(schedule, asked=asked), ()
    commanded, versions = dict(schedule.commanded), dict(schedule.versions)
    history, holds = dict(schedule.history), view.state.holds
    of_the_rest, told = _version_of(None, view), []
    for change in released:
        miner_id, setpoint = change.miner_id, change.setpoint
        version = _version_of(holds[miner_id], view) if miner_id in holds else of_the_rest
        if setpoint is not None and change.binds:
            past = history.get(miner_id, UNTOUCHED)
            after = _noted(past, view, change, setpoint)
            if after is not past:
                history[miner_id] = after
        commanded[miner_id], versions[miner_id] = setpoint, version
        message = ReleaseControl(version) if setpoint is None else SetTarget(setpoint, version)
        told.append(TellMiner(miner_id, message))
    noted = replace(schedule, commanded=commanded, versions=versions, history=history)
    return replace(noted, asked=asked, let=later), tuple(told)


def _noted(past: SwitchingHistory, view: View, change: Change, setpoint: Setpoint) -> SwitchingHistory:
    """Note what a command puts a miner through."""
    miner, report = view.state.miners[change.miner_id], view.reports.get(change.miner_id)
    if past.is_switched(ran=change.ran, runs=setpoint.running):
        past = past.switched(view.now, runs=setpoint.running)
    moved = report is not None and (setpoint.tuning or setpoint.setting not in (None, report.setting))
    if moved and change.ran and miner.points.restarts_on_change:
        past = past.changed_point(view.rules.constraints, view.now)
    return past


def _knows(schedule: Schedule, view: View, miner_id: MinerId, setpoint: Setpoint | None) -> bool:
    """Whether a miner was commanded its setpoint, and if that is to run, by an order that still stands."""
    if miner_id not in schedule.commanded or schedule.commanded[miner_id] != setpoint:
        return False
    if setpoint is None or not setpoint.running:
        return True
    fence = view.fence
    by = _version_of(view.state.holds.get(miner_id), view)
    return fence.allows(schedule.versions[miner_id]) or not fence.allows(by)


def _change(schedule: Schedule, view: View, miner_id: MinerId, setpoint: Setpoint | None) -> Change:
    """Return the change of power that commanding a miner this brings; releasing it brings none."""
    if setpoint is None:
        return Change(miner_id, None, Watts(0.0))
    miner, report = view.state.miners[miner_id], view.reports.get(miner_id)
    before = running_at(miner, report, schedule.commanded.get(miner_id))
    late = before is None and setpoint.running and is_large(miner, view.ramps.up)
    if late:
        setpoint = first_told(miner, setpoint)
    after = running_at(miner, report, setpoint)
    step = Watts(_drawn(miner, after) - _drawn(miner, before))
    return Change(miner_id, setpoint, step, ran=before is not None, late=late)


def _drawn(miner: RegisteredMiner, setting: Setting | None) -> float:
    if setting is None:
        return 0.0
    return drawn_at(miner.points, miner.point_of(setting), miner.rated_power)


def _version_of(hold: Hold | None, view: View) -> Version:
    """Return the version of the command that a miner is commanded for, held or not.

    What an operator wanted of a miner after the newest order is above that order; a standby order that came
    later, or a limit of 0 W, does not end a hold, but nothing is started for it any more. What such a limit
    has fenced off is above the fence again once the limit is gone.
    """
    state = view.state
    stopped = stopped_by(state, view.wall)
    ordered = state.order.version if state.order else 0
    above = view.fence.standby_version + 1
    if (hold is not None and hold.version > max(ordered, stopped)) or not (ordered or stopped):
        return Version(max(state.version, above))
    if stopped:
        return Version(stopped)
    return Version(max(ordered, above) if state.order and state.order.target else ordered)
