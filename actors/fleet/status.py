"""From everything known to the snapshot that readers see. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from actors.fleet.assessment import Seen
from actors.fleet.assessment import reachable as reachable_in
from actors.fleet.dispatching import has_settled
from actors.fleet.initializing import is_initializing
from actors.fleet.memory import Memory
from actors.fleet.silence import is_silent
from actors.fleet.silence_wording import failsafe_error
from actors.fleet.view import View
from actors.fleet.wording import limit_error, missing_price
from actors.meter_board import MeterState
from actors.report import MinerReport, Phase
from actors.snapshot import FleetPhase, FleetSnapshot
from events.limits import binding, pursued
from events.state import FRONTS, FleetState, Source
from netstab.devices.port import Firmware
from netstab.dispatch.plan import Plan
from netstab.dispatch.unit_status import Availability
from netstab.schedules.price_rule import is_missing
from netstab.units import MinerId, Timestamp, WallTime, kilowatts

__all__ = ["snapshot"]

_MOST_ERRORS = 100
_TROUBLES = (
    Availability.UNREACHABLE,
    Availability.LOCKED,
    Availability.FAILED_TO_WAKE,
    Availability.DOES_NOT_STOP,
    Availability.NOT_CONTROLLABLE,
    Availability.TAKES_NO_ORDERS,
)


def snapshot(memory: Memory, view: View, clock_errors: tuple[str, ...] = ()) -> FleetSnapshot:
    """Put together what is known at the moment of a view."""
    state, now = view.state, view.now
    published, seen = view.published(), view.seen
    reachable, hashing = reachable_in(seen), seen.count(Phase.HASHING)
    settled = has_settled(memory, view)
    initializing = is_initializing(memory, view)
    cut_off = reachable == 0 and not initializing
    phase = _phase(view, hashing, initializing=initializing, cut_off=cut_off, settled=settled)
    reported = seen.power(Seen.POWER)
    ready = phase not in (FleetPhase.INITIALIZING, FleetPhase.FAULT)
    return FleetSnapshot(
        at=now,
        phase=phase,
        available_for_dispatch=ready and reachable > 0 and state.override is None,
        rated_power=view.rated_power,
        active_power=reported if view.metered_power is None else view.metered_power,
        reported_power=reported,
        meter=view.meter,
        reachable=reachable,
        hashing=hashing,
        halted=seen.count(Seen.HALTED),
        phases={phase: seen.count(phase) for phase in Phase},
        state=state,
        reports=published.reports,
        plan=memory.plan,
        settled=settled,
        errors=(
            *_errors(memory, view, clock_errors, cut_off=cut_off),
            *(_locked_sites(memory.plan, view) if seen.count(Phase.LOCKED) else ()),
            *(_doubts(published.reports) if seen.count(Seen.DOUBTFUL) else ()),
        ),
        log_fault=view.log_fault,
        memory=memory,
        view=published,
        ems_silent=is_silent(memory, view, Source.EMS),
        silent=frozenset(front for front in FRONTS if is_silent(memory, view, front)),
        clock_errors=clock_errors,
    )


def _phase(view: View, hashing: int, *, initializing: bool, cut_off: bool, settled: bool) -> FleetPhase:
    if view.log_fault is not None:
        return FleetPhase.FAULT
    if initializing:
        return FleetPhase.INITIALIZING
    if cut_off:
        return FleetPhase.FAULT
    if view.state.order is None:
        return FleetPhase.ACTIVE if hashing else FleetPhase.STANDBY
    if pursued(view.state, view.wall):
        return FleetPhase.ACTIVE if settled else FleetPhase.ACTIVATING
    return FleetPhase.STANDBY if settled else FleetPhase.DEACTIVATING


def _errors(memory: Memory, view: View, clock_errors: tuple[str, ...], *, cut_off: bool) -> tuple[str, ...]:
    state, errors = view.state, []
    if view.log_fault is not None:
        errors.append(f"Commands cannot be recorded: {view.log_fault}")
    if view.unrecorded.count:
        errors.append(view.unrecorded.sentence)
    errors += view.unrecorded.faults
    if not state.miners:
        errors.append("No miner is registered.")
    elif cut_off:
        errors.append(f"None of {len(state.miners)} miners is reachable.")
    if state.failsafe is not None:
        errors.append(failsafe_error(state.failsafe, state))
    errors += [*_limit_errors(state, view.wall), *_price_errors(view), *clock_errors]
    if memory.out_of_reach is not None and not memory.initializing:
        errors.append(memory.out_of_reach.sentence)
    of_miners = [*_double_errors(state, memory.doubles), *_miner_errors(memory.plan)]
    return (*errors, *_meter_errors(view.meter, view.now), *_limited(of_miners))


def _limit_errors(state: FleetState, at: WallTime) -> list[str]:
    limit = binding(state, at)
    if limit is None or state.order is None or state.order.target is None:
        return []
    return [limit_error(limit, state.order.target)]


def _price_errors(view: View) -> list[str]:
    prices, absence = view.state.prices, view.rules.absence
    return [missing_price(prices, absence)] if is_missing(prices, absence, view.wall) else []


def _meter_errors(meter: MeterState | None, now: Timestamp) -> list[str]:
    """Say that the meter fails, whether its last reading still counts, and why."""
    if meter is None:
        return []
    age, reason = f"{meter.age(now):.0f} s", meter.fault.text if meter.fault else ""
    if meter.reversed:
        return [f"The site meter is not counted; active power is what the miners report. {reason}"]
    if meter.age(now) >= meter.stale_after:
        stale = f"The site meter gave no reading for {age}; active power is what the miners report. {reason}"
        return [stale.rstrip()]
    return [f"The site meter could not be read for {age}: {reason}"] if reason else []


def _double_errors(state: FleetState, doubles: Mapping[MinerId, MinerId]) -> list[str]:
    return [
        f"{address} and {home} are one machine, by its MAC: it is counted once, as {home}."
        for address, home in doubles.items()
        if home in state.miners
    ]


def _miner_errors(plan: Plan | None) -> list[str]:
    if plan is None:
        return []
    return [
        f"{other.miner_id} {other.availability.predicate}: {other.reason}"
        for other in plan.excluded
        if other.availability in _TROUBLES
    ]


def _locked_sites(plan: Plan | None, view: View) -> list[str]:
    """Say which sites want another token, with or without an order, unless the plan tells of them."""
    told = {other.miner_id for other in plan.excluded if other.availability in _TROUBLES} if plan else set()
    return _limited(
        [
            f"{miner_id} {Availability.LOCKED.predicate}: {report.last_error.text}"
            for miner_id, report in view.published().reports.items()
            if report.phase is Phase.LOCKED and report.last_error is not None and miner_id not in told
            if view.state.miners[miner_id].firmware is Firmware.NETSTAB
        ]
    )


def _implausible(reports: Mapping[MinerId, MinerReport]) -> list[str]:
    return [
        f"{miner_id} {report.reading.implausible}; that is not counted"
        for miner_id, report in reports.items()
        if report.reading is not None and report.reading.implausible and report.reachable
    ]


def _uncertain(reports: Iterable[MinerReport]) -> list[str]:
    return [
        f"{report.miner_id}: {report.uncertain}; that it draws {kilowatts(report.power)} kW is an estimate"
        for report in reports
    ]


def _doubts(reports: Mapping[MinerId, MinerReport]) -> list[str]:
    uncertain = [report for report in reports.values() if report.uncertain]
    return _limited([*_implausible(reports), *_uncertain(uncertain)])


def _limited(errors: Sequence[str]) -> list[str]:
    if len(errors) <= _MOST_ERRORS:
        return list(errors)
    return [*errors[:_MOST_ERRORS], f"and {len(errors) - _MOST_ERRORS} more"]
