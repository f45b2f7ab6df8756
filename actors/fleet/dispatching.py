"""From the order in force and what is known of the miners to what each is to be, in a closed loop. Pure.

It decides nothing about power itself (`netstab.dispatch` does), and commands nobody (`schedule` does).
"""

from collections.abc import Mapping
from dataclasses import replace

from actors.fleet.assessment import hold_setpoint
from actors.fleet.memory import Memory, Wanted
from actors.fleet.schedule import kept
from actors.fleet.view import View
from events.authority import Ruling
from events.commands import (
    ApplyPower,
    Command,
    LiftLimit,
    SetLimit,
    SetOverride,
)
from events.deciding import rules_of
from events.limits import UNLIMITED, ceiling, changed, efficiency_bound, pursued, stopped_by
from events.state import FleetState, Hold, HoldKind, RegisteredMiner, as_ordered
from netstab.dispatch.decision import Decision, decision
from netstab.dispatch.forecast import (
    CLIMB_PERCENT,
    NO_FORECAST,
    Forecast,
    deviation,
    fine_tolerance,
    forecast,
    forecast_share,
    is_due,
    tuning_room,
)
from netstab.dispatch.plan import Plan, plan
from netstab.dispatch.reach import OutOfReach, out_of_reach
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.signal_forecast import SignalForecast, look_ahead
from netstab.dispatch.standing import Standing
from netstab.dispatch.sums import Sums
from netstab.dispatch.unit_status import Availability
from netstab.units import MinerId, Seconds, Watts

__all__ = ["decided", "drafted", "follow", "has_settled", "is_outdated", "preview", "review"]


def drafted(memory: Memory, command: Command, ruled: Ruling, view: View) -> Plan | None:
    """Plan for the power that a command puts in force, None if it leaves the order as it is.

    What is repeated, or comes to the same under a limit and ends no hold, changes nobody: its plan is the one
    in force. So is that of a setpoint that only jitters: what is off then is the loop's to correct. A limit
    has a plan where it leaves more or less of the order in force than before.
    """
    if isinstance(command, SetLimit | LiftLimit):
        return _under(memory, changed(view.state, command, view.wall), view)
    if not ruled.moves:
        return None
    power = ruled.power
    most = UNLIMITED if isinstance(command, SetOverride) else ceiling(view.state, view.wall)
    state, worth = as_ordered(view.state, power), _worth(view.state, view, most)
    if memory.plan is not None and power and most and state.holds is view.state.holds:
        target = min(power, most)
        waits = memory.plan.waits and memory.standing.is_jitter(target, view.now)
        found = memory.plan.retold(target) if waits else memory.plan
        if found.suits(target, most, worth):
            return found
    return _draft(memory, power, view, state, most)


def _under(memory: Memory, state: FleetState, view: View) -> Plan | None:
    """Plan for the order in force under the limits of a state, None where the plan in force suits them."""
    target, most = pursued(state, view.wall), ceiling(state, view.wall)
    worth = _worth(state, view, most)
    if memory.plan is None or state.order is None or memory.plan.suits(target, most, worth):
        return None
    return _draft(memory, state.order.target, view, state, most)


def _draft(memory: Memory, target: Watts | None, view: View, state: FleetState, most: Watts) -> Plan:
    """Plan for a target in a state without adopting it, and for no more than `most`; None is standby."""
    target = None if target is None else min(target, most)
    stands = _standing(memory, target, view).expected(view.now)
    held_to = view.rules.constraints
    rules = rules_of(state, held_to.tolerance_percent, view.record, Seconds(round(stands)), held_to.min_on)
    rules = replace(rules, worth=_worth(state, view, most))
    ahead = look_ahead(_signal(memory, target, view), view.record.seconds, view.now)
    return plan(target, view.units_in(state), rules, ahead, most, memory.learning.climb_scale)


def _worth(state: FleetState, view: View, most: Watts) -> float | None:
    """Return which units are to run under limits; an override that begins knows none yet."""
    return None if most == UNLIMITED else efficiency_bound(state, view.wall)


def _standing(memory: Memory, target: Watts | None, view: View) -> Standing:
    tolerance = view.rules.constraints.tolerance_percent
    return memory.standing.after(target or Watts(0.0), tolerance, view.now)


def preview(memory: Memory, target: Watts, view: View) -> tuple[Plan, Forecast]:
    """Return the plan that an order of `target` W would get now, and what the fleet is expected to draw."""
    planned = drafted(memory, ApplyPower(target), Ruling(moves=True, power=target), view)
    if planned is None:
        raise ValueError("An order of a power has a plan.")
    units, told = view.units_in(as_ordered(view.state, target)), planned.setpoints
    shares = ((unit.unit_id, forecast_share(unit, told.get(unit.unit_id))) for unit in units)
    return planned, forecast(Sums.of(shares), planned.lent, planned.to_spare)


def decided(memory: Memory, ruled: Ruling, found: Plan | None, view: View) -> Decision | None:
    """Sum up a draft for the log."""
    if found is None:
        return None
    tolerance = view.rules.constraints.tolerance_percent
    order = view.state.order
    ordered = ruled.power if ruled.moves or order is None else order.target
    limit = None if found.target == ordered else found.target
    return decision(
        found,
        tolerance,
        view.meter_scale,
        repeats=_goes_on(found, memory),
        limit=limit,
        confirming=view.record.confirming,
    )


def _goes_on(found: Plan | None, memory: Memory) -> bool:
    """Whether a plan is the one in force, for the same target or one that was told a little otherwise."""
    return found is not None and memory.plan is not None and found.setpoints is memory.plan.setpoints


def is_outdated(memory: Memory, view: View) -> bool:
    """Whether limits leave other miners running now than the plan was made for."""
    target, most = pursued(view.state, view.wall), ceiling(view.state, view.wall)
    worth = _worth(view.state, view, most)
    if memory.plan is not None and not memory.plan.suits(target, most, worth):
        return True
    return any(_is_held_otherwise(memory, hold, view) for hold in view.state.holds.values())


def _is_held_otherwise(memory: Memory, hold: Hold, view: View) -> bool:
    """Whether a limit of 0 W stops a miner now that it did not stop before, or stops it no more."""
    wanted = memory.wanted.get(hold.miner_id)
    return wanted is not None and wanted.running != _held(hold, view).running


def _held(hold: Hold, view: View) -> Setpoint:
    """Return the setpoint of a miner that is held: one that was started stops for a later limit of 0 W."""
    stopped = hold.kind is HoldKind.STARTED and hold.version < stopped_by(view.state, view.wall)
    return IDLE if stopped else hold_setpoint(hold, view.state)


def _signal(memory: Memory, target: Watts | None, view: View) -> SignalForecast:
    if target is not None and memory.standing.is_jitter(target, view.now):
        return memory.signal
    return memory.signal.ordered(target, view.now)


def follow(memory: Memory, view: View, found: Plan | None = None) -> Memory:
    """Plan for the order in force, unless that was done just now; before the first all are left alone."""
    state = view.state
    if found is None and state.order is not None:
        found = _draft(memory, state.order.target, view, state, ceiling(state, view.wall))
    return replace(
        memory,
        plan=found,
        wanted=_wanted(found, view, memory.schedule.commanded),
        schedule=kept(memory.schedule, state.miners),
        deviation=memory.deviation if _goes_on(found, memory) else None,
        stale=False,
        out_of_reach=_out_of_reach(found, view),
        standing=_standing(memory, found.target if found else None, view),
        signal=_signal(memory, found.target if found else None, view),
    )


def _wanted(found: Plan | None, view: View, told: Mapping[MinerId, Setpoint | None]) -> Wanted:
    """Return what each miner is to be at: who is dispatched, and not held, at what dispatch wants."""
    state, dispatched = view.state, _dispatched(found, told)
    wanted: dict[MinerId, Setpoint | None] = {**dict.fromkeys(state.miners), **dispatched}
    for miner_id in (wanted.keys() - dispatched.keys()) | (state.holds.keys() & wanted.keys()):
        wanted[miner_id] = _want(state.miners[miner_id], view, found)
    return wanted


def _dispatched(found: Plan | None, told: Mapping[MinerId, Setpoint | None]) -> Mapping[MinerId, Setpoint]:
    """Return what dispatch wants of the miners: one that does not stop is told to all the same.

    One that takes nothing stays told what it was `told`: so it is found out that it takes something again.
    """
    if found is None:
        return {}
    kept = {
        other.miner_id: IDLE if other.availability is Availability.DOES_NOT_STOP else told.get(other.miner_id)
        for other in found.excluded
        if other.availability in (Availability.DOES_NOT_STOP, Availability.CLOSED)
    }
    known = {miner_id: setpoint for miner_id, setpoint in kept.items() if setpoint is not None}
    return {**found.setpoints, **(known if found.target else dict.fromkeys(known, IDLE))}


def _want(miner: RegisteredMiner, view: View, found: Plan | None) -> Setpoint | None:
    """Return the setpoint of a miner that is held or passed over; None releases it.

    A standby order also reaches those that are passed over: they are to stop when they come back.
    """
    hold = view.state.holds.get(miner.miner_id)
    if hold is not None:
        return _held(hold, view)
    if miner.not_controllable or found is None:
        return None
    return None if found.target else IDLE


def review(memory: Memory, view: View) -> Memory:
    """Hold what is to be expected against the target, and correct what has been off for long enough."""
    planned = memory.plan
    if planned is None:
        return replace(memory, forecast=NO_FORECAST, out_of_reach=None)
    ahead = view.ahead(planned.setpoints)
    seen = forecast(ahead, planned.lent, planned.to_spare)
    signal = memory.signal.looked(view.now)
    memory = replace(memory, forecast=seen, out_of_reach=_out_of_reach(planned, view), signal=signal)
    if not planned.target:
        return memory
    tolerance = view.rules.constraints.tolerance_percent
    if not planned.looks_ahead:
        error = Watts(seen.expected - planned.target)
        tolerance = fine_tolerance(tolerance, error, tuning_room(ahead), len(planned.setpoints))
    off = deviation(memory.deviation, seen.expected, planned.target, tolerance, view.now)
    memory = replace(memory, deviation=off)
    signal_ended = planned.looks_ahead and not memory.signal.moves(view.now)
    climbed = seen.climbed * memory.learning.climb_scale
    came = planned.awaited - seen.pending_up if planned.lent or any(tuning_room(ahead)) else 0.0
    changed = max(abs(climbed - planned.climbed), came) > CLIMB_PERCENT / 100 * planned.target
    return follow(memory, view) if signal_ended or changed or is_due(off, view.now) else memory


def _out_of_reach(planned: Plan | None, view: View) -> OutOfReach | None:
    """Find whether the target can be had of the miners as they were seen last."""
    target = planned.target if planned else None
    return out_of_reach(target or Watts(0.0), view.reach, view.rules.constraints.tolerance_percent)


def has_settled(memory: Memory, view: View) -> bool:
    """Whether all is done that can be: every miner in use was told its setpoint, and is at it or failed.

    Who failed is tried again after its back-off, for as long as the order stands.
    """
    used = memory.plan.setpoints if memory.plan else {}
    causes = used, memory.wanted, memory.schedule.commanded
    return view.settled(used, causes, lambda miner_id: _is_settled(memory, view, miner_id))


def _is_settled(memory: Memory, view: View, miner_id: MinerId) -> bool:
    wanted, commanded = memory.wanted.get(miner_id), memory.schedule.commanded
    report = view.reports.get(miner_id)
    if miner_id not in commanded or report is None or not _is_same(commanded[miner_id], wanted):
        return False
    reached = report.desired.setpoint if report.desired else None
    return _is_same(reached, wanted) and (report.settled or report.fails_to_run or report.takes_nothing)


def _is_same(one: Setpoint | None, other: Setpoint | None) -> bool:
    return one is other or one == other
