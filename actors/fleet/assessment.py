"""From what is recorded and reported of each miner to its status, which dispatch decides by. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from actors.fleet.availability import availability, is_as_before
from actors.fleet.levels import to_rise
from actors.report import REACHABLE, MinerReport, Phase
from events.deciding import certainty_of, factor_of, unit_fields
from events.state import FleetState, Hold, HoldKind, RegisteredMiner
from netstab.devices.models import model_named
from netstab.dispatch.calibration import to_scale
from netstab.dispatch.condition import Condition, one_condition
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.statistics import NEW, StartStatistics
from netstab.dispatch.sums import Share, Sums, parts
from netstab.dispatch.switching import SwitchingHistory
from netstab.dispatch.unit_status import FREE, Availability, UnitStatus
from netstab.power.allocation import PowerMode
from netstab.power.tuning import Tuning
from netstab.power.unit import drawn_at
from netstab.units import MinerId, Seconds, Setting, Timestamp, Watts

__all__ = [
    "NEVER",
    "Moment",
    "Seen",
    "aged",
    "climbed_to",
    "goes_on",
    "hold_setpoint",
    "is_settled_as",
    "is_sure",
    "lasts_until",
    "late_from",
    "next_second",
    "reachable",
    "redrawn",
    "running_at",
    "seen_share",
    "unit_status",
]

NEVER = Seconds(math.inf)

_CLIMBS = 0.05  # of its rating above the idle draw: so much no fan and no control board draws
_SELF_TUNED_STEP = 10.0  # W

_ROUNDING = 1e-6  # s: a moment that is worked out in two ways is the same to less than this


class Seen(StrEnum):
    """Sums over what is reported, beside the number of miners in each phase."""

    POWER = "power"
    HALTED = "halted"
    DOUBTFUL = "doubtful"  # reports with something uncertain or implausible


@dataclass(frozen=True, slots=True)
class Moment:
    """What statuses depend on beside the reports, for all miners alike, at one moment.

    `record` is how the fleet wakes, `commanded` the last setpoint of each miner, None if it was released, and
    `history` what dispatch put it through. `meter_scale` is what the site meter was found to show in units of
    what the miners are known to draw, 1 without a meter. A miner is late to answer whose last answer is older
    than `overdue_after`, or that was woken and has not confirmed it for longer than `confirmed_within`.
    One not seen since the server started counts with what it was told before, `awaited_until` then.
    """

    state: FleetState
    record: StartStatistics
    now: Timestamp
    commanded: Mapping[MinerId, Setpoint | None]
    history: Mapping[MinerId, SwitchingHistory]
    constraints: Constraints
    meter_scale: float
    overdue_after: Seconds
    confirmed_within: Seconds = NEVER
    awaited_until: Timestamp = Timestamp(-math.inf)


def unit_status(miner: RegisteredMiner, report: MinerReport | None, moment: Moment) -> UnitStatus:
    """Say where one miner stands."""
    available, reason = availability(miner, report, moment.state.holds.get(miner.miner_id))
    experience = moment.state.experience.get(miner.miner_id, NEW)
    own = own_tuning(miner, moment.state)
    climbed = climbed_to(miner, report)
    condition = _condition(miner, report, own, climbed, moment)
    fields = unit_fields(miner, experience, own, moment.record, moment.meter_scale, condition)
    return UnitStatus(
        measured_power=_measured(report, miner.points.idle_power, moment)
        if is_seen(report)
        else _awaited(miner, moment),
        hashing=report is not None and report.phase is Phase.HASHING,
        availability=available,
        reason=reason,
        condition=condition if available is Availability.AVAILABLE else None,
        climbed=climbed,
        **fields,
    )


def goes_on(unit: UnitStatus, before: MinerReport | None, report: MinerReport | None) -> bool:
    """Whether a miner hashes or sleeps as it did: of its status only what it draws may then differ."""
    if before is None or report is None or unit.overdue or unit.rising:
        return False
    if not is_as_before(before, report):
        return False
    if report.uncertain or before.uncertain or report.reach != before.reach:
        return False
    if report.phase is Phase.ASLEEP and not _is_told_as(before, report):
        return False  # who was woken is to confirm it in time
    if report.self_tuning or before.self_tuning:
        return False  # what it draws is what it promises
    return report.setting == before.setting and unit.availability is Availability.AVAILABLE


def _is_told_as(before: MinerReport, report: MinerReport) -> bool:
    return report.desired == before.desired and report.commanded == before.commanded


def redrawn(unit: UnitStatus, report: MinerReport | None, moment: Moment) -> UnitStatus:
    """Return the status of a miner that goes on as it did, with what it draws now."""
    power = _measured(report, unit.idle_power, moment)
    return unit if power == unit.measured_power else unit.drawing(power)


def lasts_until(unit: UnitStatus, report: MinerReport | None, moment: Moment) -> tuple[float, float]:
    """Return up to when a status holds if nothing is heard; infinity where time changes nothing.

    First as far as it depends on what the miner was put through, then in all.
    """
    past = moment.history.get(unit.unit_id)
    bound = math.inf if past is None else past.changes_at(moment.constraints, moment.now)
    ends = [bound, late_from(unit, report, moment)]
    if not is_seen(report):
        ends.append(moment.awaited_until)
    if report is not None and report.phase is Phase.UNREACHABLE:
        ends.append(report.phase_since + report.counted_on)
    if report is not None:
        ends.append(next_second(report, moment.now))
    return bound, min((end for end in ends if end >= moment.now), default=moment.now)


def next_second(report: MinerReport, now: Timestamp) -> float:
    """Return up to when the seconds hold that are counted of a miner that starts; infinity for any other."""
    starting_for = _starting_for(report, now)
    if starting_for is None:
        return math.inf
    return max(now, _woken_at(report) + starting_for + 1 - _ROUNDING)


def aged(unit: UnitStatus, report: MinerReport, moment: Moment) -> UnitStatus | None:
    """Return the status of a usable miner that goes on as it did, as sure as it is by now to run.

    None for one that dispatch may not use.
    """
    if unit.condition is None:
        return None
    condition = _starting_longer(unit.condition, _starting_for(report, moment.now))
    known = moment.state.experience.get(unit.unit_id, NEW)
    certainty = certainty_of(moment.state.miners[unit.unit_id], known, moment.record, condition)
    same = condition is unit.condition and certainty == unit.certainty
    return unit if same else unit.found(condition, certainty)


def _starting_longer(before: Condition, starting_for: int | None) -> Condition:
    if starting_for == before.starting_for:
        return before
    return one_condition(
        running_at=before.running_at,
        surely=before.surely,
        starting_for=starting_for,
        wake_failed=before.wake_failed,
        stays=before.stays,
        point_fixed=before.point_fixed,
        own_setting=before.own_setting,
        overdue=before.overdue,
        reach=before.reach,
        self_tuned=before.self_tuned,
        climbs=before.climbs,
    )


def late_from(unit: UnitStatus, report: MinerReport | None, moment: Moment) -> float:
    """Return from when on a miner that does not run is late to answer; infinity for one that runs."""
    if unit.running_at is not None:
        miner = moment.state.miners[unit.unit_id]
        return _unconfirmed_from(miner, report, moment.commanded.get(unit.unit_id), moment)
    if report is None or report.seen_at is None:
        return math.inf
    return report.seen_at + moment.overdue_after


def is_settled_as(before: MinerReport, report: MinerReport) -> bool:
    """Whether a miner has come as near to what it is to be as it had before, and no nearer."""
    same = report.desired is before.desired and report.settled is before.settled
    return same and report.backoffs == before.backoffs


def is_sure(report: MinerReport | None, told: Setpoint | None) -> bool:
    """Whether a miner runs as it is to: how the fleet wakes says nothing of it then."""
    return report is not None and _runs(report) and (told is None or told.running)


def _condition(
    miner: RegisteredMiner, report: MinerReport | None, own: Tuning | None, climbed: Watts, moment: Moment
) -> Condition:
    """Say how a miner was found: all that is not in the log of what it is chosen by."""
    told, past = moment.commanded.get(miner.miner_id), moment.history.get(miner.miner_id)
    runs = running_at(miner, report, told)
    bound = past.bound(moment.constraints, moment.now, runs=runs is not None) if past else FREE
    return one_condition(
        running_at=runs,
        surely=is_sure(report, told),
        starting_for=_starting_for(report, moment.now),
        wake_failed=report is not None and report.wake_failed,
        stays=bound.stays,
        point_fixed=bound.keeps_point,
        own_setting=_own_setting(report, own),
        overdue=_is_overdue(report, moment)
        if runs is None
        else moment.now > _unconfirmed_from(miner, report, told, moment),
        reach=None if report is None or report.reach is None else int(report.reach),
        self_tuned=_self_tuned(miner, report),
        climbs=climbed > _CLIMBS * miner.rated_power,
        to_rise=0 if runs is None else to_rise(report, model_named(miner.model), moment.now),
    )


def climbed_to(miner: RegisteredMiner, report: MinerReport | None) -> Watts:
    """Return what a miner that loses its setting with each start has climbed to above its idle draw."""
    if report is None or report.phase is not Phase.STARTING or not miner.points.volatile:
        return Watts(0.0)
    return Watts(max(0.0, report.power - miner.points.idle_power))


def _self_tuned(miner: RegisteredMiner, report: MinerReport | None) -> int | None:
    """Return what a miner that sets its own power is good for, in W: what it draws, or was set to at rest.

    It is rounded down: a new figure at each look would have the fleet looked at anew for nothing.
    """
    if report is None or not report.self_tuning:
        return None
    idle, runs = miner.points.idle_power, report.phase is Phase.HASHING
    told = drawn_at(miner.points, miner.point_of(report.setting), miner.rated_power)
    power = report.power if runs and report.power > idle else told
    return max(1, int(power - power % _SELF_TUNED_STEP))


def _is_overdue(report: MinerReport | None, moment: Moment) -> bool:
    """Whether a miner is late to answer: it may hang, and is not to be woken while another can be."""
    seen_at = report.seen_at if report is not None else None
    return seen_at is not None and moment.now > seen_at + moment.overdue_after


def _unconfirmed_from(
    miner: RegisteredMiner, report: MinerReport | None, told: Setpoint | None, moment: Moment
) -> float:
    """Return from when on a miner at rest is late to confirm its wake; infinity where it is not awaited.

    One that is set before it is woken takes longer, and is waited for from when it took that; one that failed
    to wake has answered so.
    """
    desired = report.desired if report is not None and report.phase is Phase.ASLEEP else None
    if report is None or desired is None or not desired.setpoint.running or told is None or not told.running:
        return math.inf
    moved = desired.setpoint.setting not in (None, report.setting) and not miner.points.volatile
    if moved or desired.setpoint.tuning or miner.points.starts_when_set or report.wake_failed:
        return math.inf
    since = desired.since if report.commanded is None else max(desired.since, report.commanded.at)
    return since + moment.confirmed_within


def _own_setting(report: MinerReport | None, own: Tuning | None) -> Setting | None:
    """Return what a miner runs at by its own tuning; of a preset the readings tell more than one figure."""
    if own is not None:
        return own.setting
    return report.setting if report else None


def _runs(report: MinerReport) -> bool:
    """Whether a miner draws what it is to: it hashes, or its process runs without and draws all the same."""
    return report.phase is Phase.HASHING or report.halted


def _measured(report: MinerReport | None, idle: Watts, moment: Moment) -> Watts:
    """Return what a miner draws, by the meter's scale if its boards run."""
    if report is None:
        return Watts(0.0)
    drawn = report.power if report.phase is Phase.HASHING else report.still_drawn(moment.now)
    return to_scale(drawn, idle, moment.meter_scale) if drawn else report.power


def is_seen(report: MinerReport | None) -> bool:
    """Whether a miner was looked at since the server started."""
    return report is not None and report.phase is not Phase.UNKNOWN


def _awaited(miner: RegisteredMiner, moment: Moment) -> Watts:
    """Return what a miner draws that was told to run before the server started, for as long as it is awaited.

    Else others would be woken for it, and put to sleep again as it answers.
    """
    known = moment.state.experience.get(miner.miner_id, NEW)
    if not known.runs or moment.now >= moment.awaited_until:
        return Watts(0.0)
    rated = drawn_at(miner.points, miner.point_of(miner.home_frequency), miner.rated_power)
    return to_scale(Watts(rated * factor_of(miner, known)), miner.points.idle_power, moment.meter_scale)


def _starting_for(report: MinerReport | None, now: Timestamp) -> int | None:
    """Return the whole seconds since a miner was woken that does not hash yet, else None."""
    if report is None or report.phase is not Phase.STARTING or report.halted:
        return None
    return max(0, int(now - _woken_at(report)))


def _woken_at(report: MinerReport) -> Timestamp:
    """Return when a miner that does not hash yet was woken, or was found to start."""
    told = report.commanded
    return told.at if report.in_transition is not None and told is not None else report.phase_since


def seen_share(report: MinerReport | None, now: Timestamp) -> Share:
    """Return what a miner's report adds to the sums of the fleet."""
    if report is None:
        return ()
    share: Share = ((Seen.POWER, parts(report.drawn(now) or 0.0)), (report.phase, 1))
    reading = report.reading
    if not report.uncertain and (reading is None or not reading.implausible):
        return share
    return (*share, (Seen.DOUBTFUL, 1), (Seen.HALTED, int(report.halted)))


def reachable(seen: Sums) -> int:
    """Count the miners that can be reached."""
    return sum(seen.count(phase) for phase in REACHABLE)


def own_tuning(miner: RegisteredMiner, state: FleetState) -> Tuning | None:
    """Return what a miner that can be tuned was set to before: of others its driver asks as it wakes them."""
    kept = state.tunings.get(miner.miner_id)
    return kept if kept is not None and miner.points.tunable else None


def hold_setpoint(hold: Hold, state: FleetState) -> Setpoint:
    """Return what an operator wants of a miner that is held, put back if started in on/off mode."""
    if hold.kind is HoldKind.STOPPED:
        return IDLE
    puts_back = hold.kind is HoldKind.STARTED and state.power_mode is PowerMode.ON_OFF
    miner = state.miners.get(hold.miner_id)
    tuning = own_tuning(miner, state) if puts_back and miner is not None else None
    point = miner.point_of(hold.setting) if miner is not None else None
    return Setpoint(running=True, point=point, tuning=tuning)


def running_at(miner: RegisteredMiner, report: MinerReport | None, told: Setpoint | None) -> Setting | None:
    """Return the setting a miner runs at, None while idle; what it was told precedes what lags."""
    if told is not None:
        runs, setting = told.running, told.setting
    else:
        runs, setting = report is not None and _will_hash(report), None
    if not runs:
        return None
    own = told.tuning.setting if told is not None and told.tuning is not None else None
    known = own or (report.setting if report else None)
    full = miner.points.full_point
    return setting or known or miner.home_frequency or (full.setting if full is not None else 0)


def _will_hash(report: MinerReport) -> bool:
    """Whether a miner that was told nothing runs; one that took a wake and failed is not counted on."""
    if report.phase is Phase.STARTING:
        return report.in_transition is not None or not report.wake_failed
    return report.phase is Phase.HASHING
