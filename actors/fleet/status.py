"""From everything known to the snapshot that readers see. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from actors.fleet.assessment import drawn
from actors.fleet.dispatching import has_settled
from actors.fleet.memory import Memory
from actors.fleet.silence import is_silent
from actors.fleet.view import View
from actors.fleet.wording import failsafe_error, limit_error
from actors.meter_board import MeterState
from actors.report import MinerReport, Phase
from actors.snapshot import FleetPhase, FleetSnapshot
from events.limits import binding, pursued
from events.state import FleetState
from netstab.dispatch.plan import Plan
from netstab.dispatch.reach import OutOfReach
from netstab.dispatch.unit_status import Availability
from netstab.units import MinerId, Timestamp, WallTime, Watts, kilowatts

__all__ = ["ControllerStatus", "controller_status", "snapshot"]

_MOST_ERRORS = 100
_TROUBLES = (
    Availability.UNREACHABLE,
    Availability.LOCKED,
    Availability.FAILED_TO_WAKE,
    Availability.DOES_NOT_STOP,
    Availability.NOT_CONTROLLABLE,
)


@dataclass(frozen=True, slots=True)
class ControllerStatus:
    """What is shown of the controller: is it still waiting for first reports, can it record, is it done.

    `doubles` are second addresses of machines, with those under which they are registered.
    """

    initializing: bool
    log_fault: str | None
    settled: bool
    out_of_reach: OutOfReach | None = None
    meter: MeterState | None = None
    ems_silent: bool = False
    ems_heard_at: Timestamp | None = None
    clock_errors: tuple[str, ...] = ()
    doubles: Mapping[MinerId, MinerId] = field(default_factory=dict)


def controller_status(memory: Memory, view: View, clock_errors: tuple[str, ...] = ()) -> ControllerStatus:
    """Return what is to be shown of the controller at the moment of a view."""
    return ControllerStatus(
        initializing=memory.initializing,
        log_fault=view.log_fault,
        settled=has_settled(memory, view),
        out_of_reach=memory.out_of_reach,
        meter=view.meter,
        ems_silent=is_silent(memory, view),
        ems_heard_at=memory.tally.last,
        clock_errors=clock_errors,
        doubles=memory.doubles,
    )


def snapshot(memory: Memory, view: View, status: ControllerStatus) -> FleetSnapshot:
    """Put together what is known at the moment of a view."""
    state, plan, now = view.state, memory.plan, view.now
    own = {miner_id: view.reports[miner_id] for miner_id in state.miners if miner_id in view.reports}
    reachable = sum(1 for report in own.values() if report.reachable)
    uncertain = [report for report in own.values() if report.uncertain]
    hashing = sum(1 for report in own.values() if report.phase is Phase.HASHING)
    phase = _phase(state, pursued(state, view.wall), status, reachable, hashing)
    reported = Watts(sum(drawn(report, now) or 0.0 for report in own.values()))
    ready = phase not in (FleetPhase.INITIALIZING, FleetPhase.FAULT)
    return FleetSnapshot(
        at=now,
        phase=phase,
        available_for_dispatch=ready and reachable > 0 and state.override is None,
        rated_power=view.rated_power,
        active_power=_active_power(status.meter, reported, now),
        reported_power=reported,
        meter=status.meter,
        reachable=reachable,
        hashing=hashing,
        halted=sum(1 for report in uncertain if report.halted),
        state=state,
        reports=own,
        plan=plan,
        errors=(
            *_errors(view, plan, status, reachable),
            *_limited([*_implausible(own), *_uncertain(uncertain)]),
        ),
        log_fault=status.log_fault,
        forecast=memory.forecast,
        memory=memory,
        view=view.published(own),
        ems_silent=status.ems_silent,
        ems_heard_at=status.ems_heard_at,
        correction=view.correction,
        clock_errors=status.clock_errors,
        out_of_reach=status.out_of_reach,
    )


def _active_power(meter: MeterState | None, reported: Watts, now: Timestamp) -> Watts:
    metered = meter.power(now) if meter else None
    return reported if metered is None else metered


def _phase(
    state: FleetState, target: Watts | None, status: ControllerStatus, reachable: int, hashing: int
) -> FleetPhase:
    if status.log_fault is not None:
        return FleetPhase.FAULT
    if status.initializing:
        return FleetPhase.INITIALIZING
    if reachable == 0:
        return FleetPhase.FAULT
    if state.order is None:
        return FleetPhase.ACTIVE if hashing else FleetPhase.STANDBY
    if target:
        return FleetPhase.ACTIVE if status.settled else FleetPhase.ACTIVATING
    return FleetPhase.STANDBY if status.settled else FleetPhase.DEACTIVATING


def _errors(view: View, plan: Plan | None, status: ControllerStatus, reachable: int) -> tuple[str, ...]:
    state, errors = view.state, []
    if status.log_fault is not None:
        errors.append(f"Commands cannot be recorded: {status.log_fault}")
    if not state.miners:
        errors.append("No miner is registered.")
    elif reachable == 0 and not status.initializing:
        errors.append(f"None of {len(state.miners)} miners is reachable.")
    if state.failsafe is not None:
        errors.append(failsafe_error(state.failsafe, state))
    errors += [*_limit_errors(state, view.wall), *status.clock_errors]
    if status.out_of_reach is not None and not status.initializing:
        errors.append(status.out_of_reach.sentence)
    of_miners = [*_double_errors(state, status.doubles), *_miner_errors(plan)]
    return (*errors, *_meter_errors(status.meter, view.now), *_limited(of_miners))


def _limit_errors(state: FleetState, at: WallTime) -> list[str]:
    limit = binding(state, at)
    if limit is None or state.order is None or state.order.target is None:
        return []
    return [limit_error(limit, state.order.target)]


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


def _limited(errors: Sequence[str]) -> list[str]:
    if len(errors) <= _MOST_ERRORS:
        return list(errors)
    return [*errors[:_MOST_ERRORS], f"and {len(errors) - _MOST_ERRORS} more"]
