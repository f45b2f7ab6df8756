"""Keeps the status of each unit as it was made last, and makes it anew only where its inputs have changed.

So it does with the sums over the fleet. What is kept changes how soon an answer comes, never the answer.
"""

import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

from actors.fleet.assessment import (
    NEVER,
    Moment,
    aged,
    goes_on,
    is_settled_as,
    is_sure,
    lasts_until,
    late_from,
    next_second,
    redrawn,
    seen_share,
    unit_status,
)
from actors.report import MinerReport, Phase
from events.state import RegisteredMiner
from netstab.dispatch.forecast import counts_as_drawn, forecast_share
from netstab.dispatch.reach import reach_share
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.statistics import StartStatistics, UnitStatistics, start_statistics
from netstab.dispatch.sums import Sums, SumsOver
from netstab.dispatch.unit_status import UnitStatus
from netstab.power.unit import PowerMode
from netstab.units import MinerId, Timestamp, Watts

__all__ = ["UnitBook"]

_UNSET: Any = object()
_NONE_TOLD: Mapping[MinerId, Setpoint] = {}


class UnitBook:
    """For one thread. What goes into a status is compared by identity: it never changes.

    Whoever changes the reports in place says so by `heard`.
    """

    def __init__(self) -> None:
        self._source: Mapping[MinerId, MinerReport] = {}
        self._of_each: tuple[Mapping[MinerId, Any], ...] = ({},) * 6
        self._common: tuple[Any, ...] = ()
        self._confirmed_within = NEVER
        self._fleet_record: StartStatistics | None = None
        self._units: dict[MinerId, UnitStatus] = {}
        self._reports: dict[MinerId, MinerReport | None] = {}
        self._unseen, self._unsure = set[MinerId](), set[MinerId]()
        self._bound_until, self._until = dict[MinerId, float](), dict[MinerId, float]()
        self._next_end = math.inf
        self._heard: set[MinerId] = set()
        self._reach, self._ahead, self._seen = SumsOver(), SumsOver(), SumsOver()
        self._redrawn, self._told = set[MinerId](), _NONE_TOLD
        self._unsettled, self._settled_by = dict[MinerId, None](), tuple[Any, ...]()
        self._record: tuple[Any, StartStatistics] = (None, start_statistics(()))
        self._registered: tuple[Any, Watts, Watts] = (None, Watts(0.0), Watts(0.0))

    def reach(self, mode: PowerMode) -> Sums:
        """Sum up what can be had of the units as they were found last."""
        return self._reach.over(self._units, mode, lambda unit: reach_share(unit, mode))

    def ahead(self, setpoints: Mapping[MinerId, Setpoint]) -> Sums:
        """Sum up what they will draw at these setpoints, and what may be tuned of it."""
        changed = self._ahead.changed
        changed |= {
            unit_id
            for unit_id in self._redrawn & self._units.keys()
            if counts_as_drawn(self._units[unit_id], setpoints.get(unit_id))
        }
        self._redrawn.clear()
        if setpoints is not self._told:
            before, self._told = self._told, setpoints
            changed |= {
                each
                for each, told in setpoints.items()
                if (last := before.get(each, _UNSET)) is not told and last != told
            }
            changed |= before.keys() - setpoints.keys()
        return self._ahead.over(
            self._units, None, lambda unit: forecast_share(unit, setpoints.get(unit.unit_id))
        )

    def seen(self, now: Timestamp) -> Sums:
        """Sum up what is reported of them."""
        return self._seen.over(self._reports, None, lambda report: seen_share(report, now))

    def settled(
        self, used: Collection[MinerId], causes: tuple[Any, ...], is_settled: Callable[[MinerId], bool]
    ) -> bool:
        """Whether all in use are settled; who was found so is asked again if `causes` have changed."""
        if not _same(causes, self._settled_by):
            self._unsettled, self._settled_by = dict.fromkeys(used), causes
        while self._unsettled:
            last = next(reversed(self._unsettled))
            if last in used and not is_settled(last):
                return False
            del self._unsettled[last]
        return True

    @property
    def reports(self) -> Mapping[MinerId, MinerReport]:
        """Copy what is reported of each, in the order of registration; missing before the first report."""
        seen = self._reports.copy()
        for unit_id in self._unseen:
            del seen[unit_id]
        return cast(dict[MinerId, MinerReport], seen)

    def heard(self, miner_id: MinerId) -> None:
        """Take note that what is reported of a miner has changed."""
        self._heard.add(miner_id)

    def published(self) -> "UnitBook":
        """Return a book for readers in other threads, with what was summed up of the fleet."""
        book = UnitBook()
        book._record, book._registered = self._record, self._registered
        return book

    def record(self, experience: Mapping[MinerId, UnitStatistics]) -> StartStatistics:
        """Return how the fleet wakes."""
        of, record = self._record
        if of is not experience:
            record = start_statistics(experience.values())
            self._record = (experience, record)
        return record

    def rated_power(self, miners: Mapping[MinerId, RegisteredMiner]) -> Watts:
        """Sum up the miners that count."""
        return self._of_registered(miners)[1]

    def idle_power(self, miners: Mapping[MinerId, RegisteredMiner]) -> Watts:
        """Sum up what they draw while they do not run."""
        return self._of_registered(miners)[2]

    def _of_registered(self, miners: Mapping[MinerId, RegisteredMiner]) -> tuple[Any, Watts, Watts]:
        if self._registered[0] is not miners:
            rated = float(round(sum(miner.rated_power for miner in miners.values() if miner.counts)))
            idle = sum(miner.points.idle_power for miner in miners.values())
            self._registered = (miners, Watts(rated), Watts(idle))
        return self._registered

    def units(self, reports: Mapping[MinerId, MinerReport], moment: Moment) -> Sequence[UnitStatus]:
        """Return where every registered miner stands, in the order of registration."""
        members = moment.state.miners
        anew, aged = self._changed(moment), self._ended(moment.now)
        if moment.record != self._fleet_record:
            aged |= self._unsure
            self._fleet_record = moment.record
        if reports is not self._source:
            self._heard |= _differing(reports, self._source)
            self._source = reports
        for miner_id in anew & members.keys():
            self._look(members[miner_id], reports.get(miner_id), moment)
        for miner_id in (self._heard & members.keys()) - anew:
            self._hear(members[miner_id], reports.get(miner_id), moment)
        for miner_id in (aged & members.keys()) - anew - self._heard:
            self._age(members[miner_id], reports.get(miner_id), moment)
        self._heard.clear()
        return tuple(self._units.values())

    def _changed(self, moment: Moment) -> set[MinerId]:
        """Name all whose status may be another one, but for what is reported of them."""
        state = moment.state
        of_each = (
            *(state.miners, state.holds, state.experience, state.tunings),
            *(moment.commanded, moment.history),
        )
        common = (
            *(moment.meter_scale, moment.overdue_after),
            *(moment.constraints, moment.record.about),
        )
        anew = set[MinerId]()
        for now, before in zip(of_each, self._of_each, strict=True):
            anew |= _differing(now, before)
        if common != self._common:
            anew |= state.miners.keys()
        if moment.confirmed_within != self._confirmed_within:
            anew |= self._woken(moment.commanded)
            self._confirmed_within = moment.confirmed_within
        if state.miners is not self._of_each[0]:
            self._follow_membership(state.miners)
        self._of_each, self._common = of_each, common
        return anew

    def _woken(self, told: Mapping[MinerId, Setpoint | None]) -> set[MinerId]:
        """Name those that were told to run and rest: only they are to confirm it in time."""
        resting = (each for each, said in self._reports.items() if said and said.phase is Phase.ASLEEP)
        return {each for each in resting if (setpoint := told.get(each)) is not None and setpoint.running}

    def _ended(self, now: Timestamp) -> set[MinerId]:
        """Name those whose status time has changed."""
        if now < self._next_end:
            return set()
        self._next_end = min((until for until in self._until.values() if until > now), default=math.inf)
        return {miner_id for miner_id, until in self._until.items() if now >= until}

    def _follow_membership(self, members: Mapping[MinerId, RegisteredMiner]) -> None:
        """Let go of all that have left, and keep the order of registration."""
        gone = self._units.keys() - members.keys()
        self._unsettled |= dict.fromkeys(gone)
        for sums in (self._reach, self._ahead, self._seen):
            sums.changed |= gone
        self._unseen -= gone
        self._unsure -= gone
        self._reports = {miner_id: self._reports.get(miner_id) for miner_id in members}
        self._units = {each: self._units.get(each, _UNSET) for each in members}
        self._until = {each: until for each, until in self._until.items() if each in members}
        self._bound_until = {each: until for each, until in self._bound_until.items() if each in members}

    def _look(self, miner: RegisteredMiner, report: MinerReport | None, moment: Moment) -> None:
        """Make a status anew."""
        miner_id = miner.miner_id
        unit = unit_status(miner, report, moment)
        if unit != self._units[miner_id]:
            self._units[miner_id] = unit
            self._reach.changed.add(miner_id)
            self._ahead.changed.add(miner_id)
        bound, until = lasts_until(unit, report, moment)
        self._bound_until[miner_id] = bound
        self._note(miner_id, report, until)
        _enter(self._unseen, miner_id, report is None)
        _enter(self._unsure, miner_id, not is_sure(report, moment.commanded.get(miner_id)))

    def _hear(self, miner: RegisteredMiner, report: MinerReport | None, moment: Moment) -> None:
        """Take in what is reported of a miner; of one that goes on as it did only what it draws."""
        miner_id = miner.miner_id
        unit, before = self._units[miner_id], self._reports[miner_id]
        if report is None or not goes_on(unit, before, report):
            self._look(miner, report, moment)
            return
        until = min(self._bound_until[miner_id], late_from(unit, report, moment))
        if until <= moment.now:
            self._look(miner, report, moment)
            return
        after = redrawn(unit, report, moment)
        if after is not unit:
            self._units[miner_id] = after
            self._redrawn.add(miner_id)
        self._note(miner_id, report, until)

    def _age(self, miner: RegisteredMiner, report: MinerReport | None, moment: Moment) -> None:
        """Take in that time has passed, or how the fleet wakes: both say how sure a miner is to run."""
        miner_id, now = miner.miner_id, moment.now
        unit, rest = self._units[miner_id], self._bound_until[miner_id]
        rest = min(rest, late_from(unit, report, moment))
        after = aged(unit, report, moment) if report is not None and rest > now else None
        if report is None or after is None:
            self._look(miner, report, moment)
            return
        self._units[miner_id] = after
        if after.certainty != unit.certainty:
            self._reach.changed.add(miner_id)
            self._ahead.changed.add(miner_id)
        self._until[miner_id] = until = min(rest, next_second(report, now))
        self._next_end = min(self._next_end, until)

    def _note(self, miner_id: MinerId, report: MinerReport | None, until: float) -> None:
        before = self._reports[miner_id]
        self._reports[miner_id], self._until[miner_id] = report, until
        self._next_end = min(self._next_end, until)
        self._seen.changed.add(miner_id)
        if report is None or before is None or not is_settled_as(before, report):
            self._unsettled[miner_id] = None


def _enter(names: set[MinerId], miner_id: MinerId, belongs: bool) -> None:
    if belongs:
        names.add(miner_id)
    else:
        names.discard(miner_id)


def _differing(now: Mapping[MinerId, Any], before: Mapping[MinerId, Any]) -> set[MinerId]:
    """Name the miners of which a mapping holds something else than before."""
    if now is before:
        return set()
    other = {each for each, value in now.items() if before.get(each, _UNSET) is not value}
    return other | (before.keys() - now.keys())


def _same(inputs: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    return len(inputs) == len(before) and all(map(operator.is_, inputs, before))
