"""Keeps the status of each unit as it was made last, and makes it anew only where its inputs have changed.

What is kept changes how soon an answer comes, never the answer.
"""

import operator
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from actors.fleet.assessment import Moment, lasts_until, unit_status
from actors.report import MinerReport
from events.state import RegisteredMiner
from netstab.dispatch.statistics import StartStatistics, UnitStatistics, start_statistics
from netstab.dispatch.unit_status import UnitStatus
from netstab.units import MinerId, Watts

__all__ = ["UnitBook"]

_UNSET: Any = object()


class _Entry(NamedTuple):
    inputs: tuple[Any, ...]
    until: float
    unit: UnitStatus


class UnitBook:
    """For one thread, but for `moment`. What goes into a status is compared by identity: it never changes.

    Whoever changes the reports in place says so by `heard`.
    """

    def __init__(self) -> None:
        self._sources: tuple[Any, ...] = ()
        self._common: tuple[Any, ...] = ()
        self._entries: dict[MinerId, _Entry] = {}
        self._until: dict[MinerId, float] = {}
        self._heard: set[MinerId] = set()
        self._record: tuple[Any, StartStatistics] = (None, start_statistics(()))
        self._rated: tuple[Any, Watts] = (None, Watts(0.0))

    def heard(self, miner_id: MinerId) -> None:
        """Take note that what is reported of a miner has changed."""
        self._heard.add(miner_id)

    def published(self) -> "UnitBook":
        """Return a book for readers in other threads, with what was summed up of the fleet."""
        book = UnitBook()
        book._record, book._rated = self._record, self._rated
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
        of, rated = self._rated
        if of is not miners:
            rated = Watts(float(round(sum(miner.rated_power for miner in miners.values() if miner.counts))))
            self._rated = (miners, rated)
        return rated

    def units(self, reports: Mapping[MinerId, MinerReport], moment: Moment) -> Sequence[UnitStatus]:
        """Return where every registered miner stands, in the order of registration."""
        state = moment.state
        common = (moment.record, moment.meter_scale, moment.overdue_after, moment.constraints)
        sources = (
            *(reports, state.miners, state.holds, state.experience, state.tunings),
            *(moment.commanded, moment.history),
        )
        if common != self._common:
            self._entries = {}
        if common == self._common and _same(sources, self._sources):
            self._renew(moment, reports)
        else:
            self._compare(moment, reports)
        self._common, self._sources = common, sources
        self._heard.clear()
        return [entry.unit for entry in self._entries.values()]

    def _renew(self, moment: Moment, reports: Mapping[MinerId, MinerReport]) -> None:
        """Look at who was heard of, and whose status ends by itself: nothing else has changed."""
        ended = {miner_id for miner_id, until in self._until.items() if moment.now >= until}
        for miner_id in (self._heard | ended) & self._entries.keys():
            miner = moment.state.miners[miner_id]
            entry = self._entry(miner, self._entries[miner_id], reports.get(miner_id), moment)
            self._entries[miner_id] = entry
            self._until[miner_id] = entry.until

    def _compare(self, moment: Moment, reports: Mapping[MinerId, MinerReport]) -> None:
        """Look at every miner."""
        before = self._entries
        self._entries = {
            miner_id: self._entry(miner, before.get(miner_id), reports.get(miner_id), moment)
            for miner_id, miner in moment.state.miners.items()
        }
        self._until = {miner_id: each.until for miner_id, each in self._entries.items()}

    def _entry(
        self, miner: RegisteredMiner, before: _Entry | None, report: MinerReport | None, moment: Moment
    ) -> _Entry:
        miner_id, state = miner.miner_id, moment.state
        inputs = (
            miner,
            report,
            state.holds.get(miner_id),
            state.experience.get(miner_id),
            state.tunings.get(miner_id),
            moment.commanded.get(miner_id, _UNSET),
            moment.history.get(miner_id),
        )
        if before is not None and moment.now < before.until and _same(inputs, before.inputs):
            return before
        return _Entry(inputs, lasts_until(miner_id, report, moment), unit_status(miner, report, moment))


def _same(inputs: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    return len(inputs) == len(before) and all(map(operator.is_, inputs, before))
