"""Keeps the status of each unit as it was made last, and makes it anew only where its inputs have changed.

So it does with the sums over the fleet. What is kept changes how soon an answer comes, never the answer.
"""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from actors.fleet.assessment import Moment, goes_on, lasts_until, redrawn, seen_share, unit_status
from actors.report import MinerReport
from events.state import RegisteredMiner
from netstab.dispatch.forecast import counts_as_drawn, forecast_share
from netstab.dispatch.reach import reach_share
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.statistics import StartStatistics, UnitStatistics, start_statistics
from netstab.dispatch.sums import Share, Sums
from netstab.dispatch.unit_status import UnitStatus
from netstab.power.unit import PowerMode
from netstab.units import MinerId, Timestamp, Watts

__all__ = ["UnitBook"]

_UNSET: Any = object()

T = TypeVar("T")


class _Entry(NamedTuple):
    report: MinerReport | None
    inputs: tuple[Any, ...]
    until: float
    unit: UnitStatus


class _Summed:
    """Sums of a share of each item: of those that have `changed`, or of all when what is `common` has."""

    def __init__(self) -> None:
        self._sums, self._common = Sums(), _UNSET
        self.changed = set[MinerId]()

    def over(self, items: Mapping[MinerId, T], common: object, share: Callable[[T], Share]) -> Sums:
        anew = self.changed & items.keys() if common is self._common else items.keys()
        for unit_id in anew:
            self._sums.put(unit_id, share(items[unit_id]))
        if not self.changed <= items.keys():
            self._sums.keep(items)
        self._common = common
        self.changed.clear()
        return self._sums


class UnitBook:
    """For one thread. What goes into a status is compared by identity: it never changes.

    Whoever changes the reports in place says so by `heard`.
    """

    def __init__(self) -> None:
        self._sources: tuple[Any, ...] = ()
        self._of_each: tuple[Mapping[MinerId, Any], ...] = ()
        self._common: tuple[Any, ...] = ()
        self._entries: dict[MinerId, _Entry] = {}
        self._units: dict[MinerId, UnitStatus] = {}
        self._until: dict[MinerId, float] = {}
        self._heard: set[MinerId] = set()
        self._reports: dict[MinerId, MinerReport | None] = {}
        self._reach, self._ahead, self._seen = _Summed(), _Summed(), _Summed()
        self._redrawn = set[MinerId]()
        self._unsettled, self._settled_by = dict[MinerId, None](), tuple[Any, ...]()
        self._record: tuple[Any, StartStatistics] = (None, start_statistics(()))
        self._registered: tuple[Any, Watts, Watts] = (None, Watts(0.0), Watts(0.0))

    def reach(self, mode: PowerMode) -> Sums:
        """Sum up what can be had of the units as they were found last."""
        return self._reach.over(self._units, mode, lambda unit: reach_share(unit, mode))

    def ahead(self, setpoints: Mapping[MinerId, Setpoint]) -> Sums:
        """Sum up what they will draw at these setpoints, and what may be tuned of it."""
        self._ahead.changed |= {
            unit_id
            for unit_id in self._redrawn & self._units.keys()
            if counts_as_drawn(self._units[unit_id], setpoints.get(unit_id))
        }
        self._redrawn.clear()
        return self._ahead.over(
            self._units, setpoints, lambda unit: forecast_share(unit, setpoints.get(unit.unit_id))
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
        return {unit_id: report for unit_id, report in self._reports.items() if report is not None}

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
        state = moment.state
        common = (moment.record, moment.meter_scale, moment.overdue_after, moment.constraints)
        sources = (reports, state.miners)
        of_each = (state.holds, state.experience, state.tunings, moment.commanded, moment.history)
        if common == self._common and _same(sources, self._sources):
            for now, before in zip(of_each, self._of_each, strict=True):
                self._heard |= _differing(now, before)
            self._renew(moment, reports)
        else:
            self._compare(moment, reports, anew=common != self._common)
        self._common, self._sources, self._of_each = common, sources, of_each
        self._heard.clear()
        return tuple(self._units.values())

    def _renew(self, moment: Moment, reports: Mapping[MinerId, MinerReport]) -> None:
        """Look at who was heard of or put through something, and whose status ends by itself."""
        ended = {miner_id for miner_id, until in self._until.items() if moment.now >= until}
        for miner_id in (self._heard | ended) & self._entries.keys():
            self._look(moment.state.miners[miner_id], self._entries[miner_id], reports, moment)

    def _compare(self, moment: Moment, reports: Mapping[MinerId, MinerReport], *, anew: bool) -> None:
        """Look at every miner."""
        before, members = self._entries, moment.state.miners
        gone = before.keys() - members.keys()
        self._unsettled |= dict.fromkeys(gone)
        for sums in (self._reach, self._ahead, self._seen):
            sums.changed |= gone
        self._entries, self._units, self._reports, self._until = {}, {}, {}, {}
        for miner_id, miner in members.items():
            self._look(miner, None if anew else before.get(miner_id), reports, moment)

    def _look(
        self,
        miner: RegisteredMiner,
        before: _Entry | None,
        reports: Mapping[MinerId, MinerReport],
        moment: Moment,
    ) -> None:
        miner_id, report = miner.miner_id, reports.get(miner.miner_id)
        entry = self._entry(miner, before, report, moment)
        self._entries[miner_id], self._until[miner_id] = entry, entry.until
        self._units[miner_id], self._reports[miner_id] = entry.unit, report
        if entry is before:
            return
        self._seen.changed.add(miner_id)
        self._unsettled[miner_id] = None

    def _entry(
        self, miner: RegisteredMiner, before: _Entry | None, report: MinerReport | None, moment: Moment
    ) -> _Entry:
        inputs = _inputs(miner, moment)
        kept = before is not None and moment.now < before.until and _same(inputs, before.inputs)
        if before is not None and kept and before.report is report:
            return before
        until = lasts_until(miner.miner_id, report, moment)
        if before is not None and kept and goes_on(before.unit, before.report, report):
            unit = redrawn(before.unit, report, moment)
            if unit is not before.unit:
                self._redrawn.add(miner.miner_id)
        else:
            unit = unit_status(miner, report, moment)
            self._reach.changed.add(miner.miner_id)
            self._ahead.changed.add(miner.miner_id)
        return _Entry(report, inputs, until, unit)


def _inputs(miner: RegisteredMiner, moment: Moment) -> tuple[Any, ...]:
    """Return what goes into a miner's status beside its report and what is common."""
    miner_id, state = miner.miner_id, moment.state
    return (
        miner,
        state.holds.get(miner_id),
        state.experience.get(miner_id),
        state.tunings.get(miner_id),
        moment.commanded.get(miner_id, _UNSET),
        moment.history.get(miner_id),
    )


def _differing(now: Mapping[MinerId, Any], before: Mapping[MinerId, Any]) -> set[MinerId]:
    """Name the miners of which a mapping holds something else than before."""
    if now is before:
        return set()
    other = {each for each, value in now.items() if before.get(each, _UNSET) is not value}
    return other | (before.keys() - now.keys())


def _same(inputs: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    return len(inputs) == len(before) and all(map(operator.is_, inputs, before))
