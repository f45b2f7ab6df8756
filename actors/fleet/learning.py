"""What reports and site meter teach, kept until it is worth recording. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from actors.fleet.assessment import climbed_to
from actors.fleet.levels import SEEN_AFTER, Level, followed, has_come, is_steady, share_up
from actors.fleet.maintenance import SILENT_FOR
from actors.fleet.memory import Learning
from actors.fleet.view import View
from actors.report import MinerReport, Phase
from events.deciding import factor_of
from events.state import FleetState, RegisteredMiner
from netstab.devices.models import model_named
from netstab.dispatch.calibration import Drawn, MeterFit, climb_fitted, fitted, power_factor
from netstab.dispatch.statistics import NEW
from netstab.power.unit import drawn_at
from netstab.units import MinerId, Timestamp, Watts

__all__ = ["Measurements", "hours_of", "learned"]

Reports = Mapping[MinerId, MinerReport]

NOTICEABLE = 0.02
"""A factor that has changed by less is noise."""

_SCALE_SOON, _SCALE_LATER = 0.02, 0.005  # changes worth recording at once, and once it has been quiet
_QUIET = 300.0
_AT_MOST_EVERY = 10.0
_SMOOTHING = 0.3  # of one look
_HOURS_EVERY = 3600.0  # miners take turns by them; more often follows worse in frequency mode
_WHOLE, _LEAST_ALIVE = 0.95, 0.3  # of its chips: with one board of three it runs
_UP = 0.9  # of the hashrate of its curve: few units give all of it


@dataclass(frozen=True, slots=True)
class Measurements:
    """Power factor and running hours of each miner that has changed, and the meter's scale."""

    measured: Mapping[MinerId, tuple[float, float]]
    meter_scale: float


def learned(before: Learning, view: View) -> tuple[Learning, Measurements | None]:
    """Take in the newest reports; give what is to be recorded now, None if nothing is."""
    state, reports, now = view.state, view.reports, view.now
    if view.metered_power is not None:
        drawn = _drawn(state, reports, before.levels, now)
        fit = fitted(before.fit or MeterFit(state.meter_scale), view.metered_power, drawn)
        climbs = climb_fitted(before.climb_scale, view.metered_power, drawn, fit.scale)
        before = replace(before, fit=fit, climb_scale=climbs)
    if now < before.looked_at + _AT_MOST_EVERY:
        return before, None
    before = replace(before, levels=followed(before.levels, state.miners, reports, now))
    factors = {
        miner_id: _smoothed(before, view, miner, reports[miner_id])
        for miner_id, miner in state.miners.items()
        if miner_id in reports
    }
    return _found(replace(before, looked_at=now, factors=factors), view)


def _found(looked: Learning, view: View) -> tuple[Learning, Measurements | None]:
    state, now = view.state, view.now
    hourly = now >= looked.hours_recorded_at + _HOURS_EVERY
    found = ((miner_id, view.reports[miner_id], factor) for miner_id, factor in looked.factors.items())
    measured = {
        miner_id: (factor, report.running_hours)
        for miner_id, report, factor in found
        if abs(factor - _known(state, miner_id)) >= NOTICEABLE
        or (hourly and report.running_hours > state.experience.get(miner_id, NEW).running_hours)
    }
    scale = looked.fit.scale if looked.fit else state.meter_scale
    noticeable = _SCALE_LATER if now >= looked.recorded_at + _QUIET else _SCALE_SOON
    if not measured and abs(scale - state.meter_scale) < noticeable:
        return looked, None
    hours = now if hourly else looked.hours_recorded_at
    return replace(looked, recorded_at=now, hours_recorded_at=hours), Measurements(measured, scale)


def hours_of(moved: Iterable[MinerId], view: View) -> Measurements | None:
    """Return how long miners that move have hashed so far: their new actors go on from there."""
    measured = {}
    for miner_id in moved:
        known, report = view.state.experience.get(miner_id, NEW), view.reports.get(miner_id)
        if report is not None and report.running_hours > known.running_hours:
            factor = factor_of(view.state.miners[miner_id], known)
            measured[miner_id] = (factor, report.running_hours)
    return Measurements(measured, view.state.meter_scale) if measured else None


def _smoothed(before: Learning, view: View, miner: RegisteredMiner, report: MinerReport) -> float:
    """Return a miner's factor without the noise of its readings."""
    level = before.levels.get(miner.miner_id)
    factor = _factor(view.state, miner, report, level, view.now)
    last, known = before.factors.get(miner.miner_id, factor), view.state.experience.get(miner.miner_id, NEW)
    if not known.measured and last == factor_of(miner, known):
        return factor  # the first that is learned of it is better than what it was taken for
    return last + _SMOOTHING * (factor - last)


def _known(state: FleetState, miner_id: MinerId) -> float:
    return factor_of(state.miners[miner_id], state.experience.get(miner_id, NEW))


def _factor(
    state: FleetState, miner: RegisteredMiner, report: MinerReport, level: Level | None, now: Timestamp
) -> float:
    """Return a miner's factor, newly learned if it hashes steadily.

    Of a unit that is started by its setting nothing is learned: it holds its power by a loop of its own, and
    what it is off by while that works, or by a step of its own units, is no share of what it will draw. Nor
    of one that sets its own power.
    """
    if miner.points.starts_when_set or report.self_tuning:
        return _known(state, miner.miner_id)
    unsettled = not is_steady(report, now) or _is_on_its_way(state, miner, report, level, now)
    if report.reading is None or unsettled or _is_set_otherwise(miner, report):
        return _known(state, miner.miner_id) * _alive(state, miner, report)
    return power_factor(report.reading.power, _rated_at(miner, report))


def _alive(state: FleetState, miner: RegisteredMiner, report: MinerReport) -> float:
    """Return the share of its chips that live of a miner seen to hash for the first time, 1 of any other.

    What it draws then is known before its boards have come up: a third of it for each.
    """
    model, boards = model_named(miner.model), report.reading.boards if report.reading is not None else ()
    known = state.experience.get(miner.miner_id, NEW)
    if report.phase is not Phase.HASHING or known.measured or not boards or not model.known:
        return 1.0
    alive = sum(board.chips_ok for board in boards) / model.chips
    return alive if _LEAST_ALIVE <= alive < _WHOLE else 1.0


def _is_on_its_way(
    state: FleetState, miner: RegisteredMiner, report: MinerReport, level: Level | None, now: Timestamp
) -> bool:
    """Whether a unit that is tuned may be on its way yet from what it was set to before."""
    if report.desired is None or not miner.points.tunes_freely:
        return False
    return not has_come(miner, report, Watts(_known_draw(state, miner, report)), level, now)


def _is_set_otherwise(miner: RegisteredMiner, report: MinerReport) -> bool:
    """Whether a unit with a range in watts says a setting that is none of them."""
    return miner.points.range is not None and miner.point_of(report.setting) is None


def _rated_at(miner: RegisteredMiner, report: MinerReport) -> Watts:
    point = miner.point_of(report.setting or miner.home_frequency)
    return drawn_at(miner.points, point, miner.rated_power)


def _drawn(state: FleetState, reports: Reports, levels: Mapping[MinerId, Level], now: Timestamp) -> Drawn:
    idle = running = unsettled = climbed = moving = 0.0
    for miner_id, miner in state.miners.items():
        report, asleep = reports.get(miner_id), miner.points.idle_power
        idle += asleep
        if report is None:
            unsettled += miner.rated_power
            continue
        if report.phase is Phase.ASLEEP:
            continue
        gain = max(0.0, _known_draw(state, miner, report) - asleep)
        if _moves_at_once(miner, report, now):
            shown = max(0.0, report.power - asleep)
            moving += _not_shown(miner, report)
            if not _is_followed(miner, report, now):
                unsettled += gain
            elif _is_on_its_way(state, miner, report, levels.get(miner_id), now):
                unsettled += abs(shown - gain)
                gain = shown
        if report.talks_nonsense:
            running += gain if report.lost_power else 0.0
            continue
        if report.phase is not Phase.HASHING:
            unsettled += gain if report.lost_power and now < report.phase_since + SILENT_FOR else 0.0
            climbs = climbed_to(miner, report)
            climbed += climbs
            moving += 0.0 if climbs else max(0.0, (report.drawn(now) or 0.0) - asleep)
            continue
        up = share_up(report, model_named(miner.model), now)
        running += gain * up
        unsettled += gain if up < _UP else 0.0
        moving += gain * (1 - up)
    return Drawn(Watts(idle), Watts(running), Watts(unsettled), Watts(climbed), Watts(moving))


def _not_shown(miner: RegisteredMiner, report: MinerReport) -> float:
    """Return how far a unit that hashes and was told another setting may be from what its readings show."""
    told = report.desired.setpoint.setting if report.desired is not None else None
    if report.phase is not Phase.HASHING or told in (None, report.setting):
        return 0.0
    meant, seen = (
        drawn_at(miner.points, miner.point_of(setting), miner.rated_power)
        for setting in (told, report.setting)
    )
    return abs(meant - seen)


def _known_draw(state: FleetState, miner: RegisteredMiner, report: MinerReport) -> float:
    """Return what a miner is known to draw while it hashes: what it tells, if it sets its own power."""
    if report.phase is Phase.HASHING and report.self_tuning:
        return report.power
    return _rated_at(miner, report) * _known(state, miner.miner_id)


def _moves_at_once(miner: RegisteredMiner, report: MinerReport, now: Timestamp) -> bool:
    """Whether a unit that is tuned starts or settles: the meter may show what its readings do not yet."""
    if not miner.points.tunes_freely:
        return False
    told = report.desired
    if report.phase is not Phase.HASHING or told is None or not told.setpoint.running:
        return report.phase is Phase.STARTING
    lags = told.setpoint.setting not in (None, report.setting)
    return lags or now < max(told.since, report.phase_since) + miner.points.settles_within


def _is_followed(miner: RegisteredMiner, report: MinerReport, now: Timestamp) -> bool:
    """Whether the readings of a unit on its way from one power to another show about what the meter does.

    They do of one that does not take its setting, too.
    """
    told = report.desired
    if report.phase is not Phase.HASHING or told is None or miner.points.starts_when_set:
        return False
    return now >= max(told.since, report.phase_since) + SEEN_AFTER
