"""From everything known to the snapshot that readers see. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from actors.fleet.standing import drawn
from actors.fleet.wording import failsafe_error, limit_error
from actors.meter_board import MeterState
from actors.report import MinerReport, Phase
from actors.snapshot import Basis, FleetPhase, FleetSnapshot
from events.limits import binding, pursued
from events.state import FleetState
from netstab.dispatch.loop import NO_FORECAST, Forecast
from netstab.dispatch.plan import Plan
from netstab.dispatch.reach import OutOfReach
from netstab.dispatch.unit_status import Availability
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts, kilowatts, on_wall, watts

__all__ = ["Condition", "rated_power", "snapshot"]

_MOST_ERRORS = 100
_TROUBLES = (
    Availability.UNREACHABLE,
    Availability.LOCKED,
    Availability.FAILED_TO_WAKE,
    Availability.DOES_NOT_STOP,
    Availability.NOT_CONTROLLABLE,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What the FleetActor itself knows: is it still waiting for first reports, can it record, is it done.

    `doubles` are second addresses of machines, with those under which they are registered. `meter` is None
    without a site meter. `correction` is what the host's clock is ahead of the steady one.
    """

    initializing: bool
    log_fault: str | None
    settled: bool
    forecast: Forecast = NO_FORECAST
    basis: Basis = field(default_factory=Basis)
    out_of_reach: OutOfReach | None = None
    meter: MeterState | None = None
    ems_silent: bool = False
    ems_heard_at: Timestamp | None = None
    correction: Seconds = Seconds(0.0)
    clock_errors: tuple[str, ...] = ()
    doubles: Mapping[MinerId, MinerId] = field(default_factory=dict)


def rated_power(state: FleetState, rated_setting: Watts | None) -> Watts:
    """Return the operator's override, else the setting, else the sum over the miners that count."""
    override = state.configuration.rated_power_kw_override
    if override is not None:
        return watts(override)
    if rated_setting is not None:
        return rated_setting
    return Watts(float(round(sum(miner.rated_power for miner in state.miners.values() if miner.counts))))


def snapshot(
    state: FleetState,
    reports: Mapping[MinerId, MinerReport],
    plan: Plan | None,
    condition: Condition,
    rated: Watts,
    now: Timestamp,
) -> FleetSnapshot:
    """Put together what is known at `now`."""
    own = {miner_id: reports[miner_id] for miner_id in state.miners if miner_id in reports}
    reachable = sum(1 for report in own.values() if report.reachable)
    uncertain = [report for report in own.values() if report.uncertain]
    hashing = sum(1 for report in own.values() if report.phase is Phase.HASHING)
    target = pursued(state, on_wall(now, condition.correction))
    phase = _phase(state, target, condition, reachable, hashing)
    reported = Watts(sum(drawn(report, now) or 0.0 for report in own.values()))
    ready = phase not in (FleetPhase.INITIALIZING, FleetPhase.FAULT)
    return FleetSnapshot(
        at=now,
        phase=phase,
        available_for_dispatch=ready and reachable > 0 and state.override is None,
        rated_power=rated,
        active_power=_active_power(condition.meter, reported, now),
        reported_power=reported,
        meter=condition.meter,
        reachable=reachable,
        hashing=hashing,
        halted=sum(1 for report in uncertain if report.halted),
        state=state,
        reports=own,
        plan=plan,
        errors=(
            *_errors(state, plan, condition, reachable, now),
            *_limited([*_implausible(own), *_uncertain(uncertain)]),
        ),
        log_fault=condition.log_fault,
        forecast=condition.forecast,
        ems_silent=condition.ems_silent,
        ems_heard_at=condition.ems_heard_at,
        correction=condition.correction,
        clock_errors=condition.clock_errors,
        basis=condition.basis,
        out_of_reach=condition.out_of_reach,
    )


def _active_power(meter: MeterState | None, reported: Watts, now: Timestamp) -> Watts:
    metered = meter.power(now) if meter else None
    return reported if metered is None else metered


def _phase(
    state: FleetState, target: Watts | None, condition: Condition, reachable: int, hashing: int
) -> FleetPhase:
    if condition.log_fault is not None:
        return FleetPhase.FAULT
    if condition.initializing:
        return FleetPhase.INITIALIZING
    if reachable == 0:
        return FleetPhase.FAULT
    if state.order is None:
        return FleetPhase.ACTIVE if hashing else FleetPhase.STANDBY
    if target:
        return FleetPhase.ACTIVE if condition.settled else FleetPhase.ACTIVATING
    return FleetPhase.STANDBY if condition.settled else FleetPhase.DEACTIVATING


def _errors(
    state: FleetState, plan: Plan | None, condition: Condition, reachable: int, now: Timestamp
) -> tuple[str, ...]:
    errors = []
    if condition.log_fault is not None:
        errors.append(f"Commands cannot be recorded: {condition.log_fault}")
    if not state.miners:
        errors.append("No miner is registered.")
    elif reachable == 0 and not condition.initializing:
        errors.append(f"None of {len(state.miners)} miners is reachable.")
    if state.failsafe is not None:
        errors.append(failsafe_error(state.failsafe, state))
    errors += [*_limit_errors(state, on_wall(now, condition.correction)), *condition.clock_errors]
    if condition.out_of_reach is not None and not condition.initializing:
        errors.append(condition.out_of_reach.sentence)
    of_miners = [*_double_errors(state, condition.doubles), *_miner_errors(plan)]
    return (*errors, *_meter_errors(condition.meter, now), *_limited(of_miners))


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
