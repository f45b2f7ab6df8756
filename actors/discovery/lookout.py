"""When miners are looked at again without anybody asking. It sends nothing; time is that of the snapshots."""

from collections.abc import Mapping
from dataclasses import dataclass

from actors.discovery.machines import mac_of
from actors.report import MinerReport, Phase, Step
from actors.snapshot import FleetSnapshot
from events.state import RegisteredMiner
from netstab.reach import Reach
from netstab.units import MinerId, Seconds, Timestamp

__all__ = ["Lookout", "answering"]

FIRST_LOOK, LONGEST_WAIT = Seconds(15.0), Seconds(1800.0)
"""A miner that boots is known within minutes; one whose password was changed stays as it is for long."""

MISSING_AFTER = Seconds(180.0)
"""So long a miner is silent before it is looked for elsewhere: a boot on its own takes less."""

FIRST_SEARCH, LONGEST_PAUSE = Seconds(600.0), Seconds(3600.0)
"""From one search of the network to the next; longer each time as long as nobody else goes missing."""

FIRST_AGAIN = Seconds(5.0)
"""So soon after the first scan the very first miner is looked for again, and then ever more rarely: what was
switched on together with the server may have taken longer."""


@dataclass(frozen=True, slots=True)
class _Attempts:
    made: int
    next_at: Timestamp

    def after(self, now: Timestamp) -> "_Attempts":
        wait = min(LONGEST_WAIT, FIRST_LOOK * 2.0 ** min(self.made + 1, 10))
        return _Attempts(self.made + 1, Timestamp(now + wait))


_NONE_YET = _Attempts(0, Timestamp(0.0))


class Lookout:
    """Remembers what was tried. `reach` is where miners are talked to; others are not missed."""

    def __init__(self, reach: Reach, *, searches: bool) -> None:
        self._reach = reach
        self._searches = searches
        self._untold: tuple[Mapping[MinerId, RegisteredMiner], tuple[MinerId, ...]] = ({}, ())
        self._attempts: dict[MinerId, _Attempts] = {}
        self._missing: frozenset[MinerId] = frozenset()
        self._search = _NONE_YET
        self._had_any = False

    def due(self, snapshot: FleetSnapshot, most: int) -> list[MinerId]:
        """Name miners that answer and are not known by a full look, as many as may be looked at now.

        A device of no known model is known in full once it was seen hashing: that rates it. One that told its
        own points and takes a setting no more may have others by now, and has if its limit is another. All
        count as looked at: the next time comes later for each.
        """
        unknown = {
            miner_id: _Attempts(0, Timestamp(snapshot.at + FIRST_LOOK))
            for miner_id in self._might_tell_more(snapshot.state.miners)
            if _tells_more(snapshot.state.miners[miner_id], snapshot.reports.get(miner_id))
        }
        # Also of those that are known by now: who tells another thing each time is looked at ever less often.
        lately, before = snapshot.at - LONGEST_WAIT, self._attempts.items()
        kept = {each: past for each, past in before if each in unknown or past.next_at > lately}
        self._attempts = unknown | kept
        now = [miner_id for miner_id in unknown if self._attempts[miner_id].next_at <= snapshot.at][:most]
        self._attempts |= {miner_id: self._attempts[miner_id].after(snapshot.at) for miner_id in now}
        return now

    def _might_tell_more(self, miners: Mapping[MinerId, RegisteredMiner]) -> tuple[MinerId, ...]:
        """Name those of which not all is registered, or which told of themselves what may change."""
        if self._untold[0] is not miners:
            direct = (each for each in miners.values() if each.direct)
            untold = (each for each in direct if _provisional(each) or not each.rated_power or _told(each))
            self._untold = miners, tuple(miner.miner_id for miner in untold)
        return self._untold[1]

    def search_is_due(self, snapshot: FleetSnapshot) -> bool:
        """Whether the network is to be searched now, for the missing or for a first; then it counts as done.

        A fleet that an operator has emptied stays empty.
        """
        if not self._searches:
            return False
        if snapshot.state.miners and not self._had_any:
            self._had_any, self._search = True, _NONE_YET
        return self._missing_are_due(snapshot) if self._had_any else self._first_is_due(snapshot.at)

    def _first_is_due(self, now: Timestamp) -> bool:
        if self._search is _NONE_YET:
            self._search = _Attempts(0, Timestamp(now + FIRST_AGAIN))
        return self._begins(now, FIRST_AGAIN)

    def _missing_are_due(self, snapshot: FleetSnapshot) -> bool:
        missing = self._missing_now(snapshot)
        if not missing <= self._missing:
            self._search = _Attempts(0, min(self._search.next_at, Timestamp(snapshot.at + FIRST_SEARCH)))
        self._missing = missing
        return bool(missing) and self._begins(snapshot.at, FIRST_SEARCH)

    def _begins(self, now: Timestamp, shortest: Seconds) -> bool:
        """Whether a search's time has come; the pause after it is twice the one before."""
        if now < self._search.next_at:
            return False
        pause = min(LONGEST_PAUSE, shortest * 2.0 ** min(self._search.made, 10))
        self._search = _Attempts(self._search.made + 1, Timestamp(now + pause))
        return True

    def _missing_now(self, snapshot: FleetSnapshot) -> frozenset[MinerId]:
        if not snapshot.phases.get(Phase.UNREACHABLE):  # of a large fleet none is gone through
            return frozenset()
        silent = [each for each in snapshot.reports.values() if each.phase is Phase.UNREACHABLE]
        long_silent = [each.miner_id for each in silent if snapshot.at - each.phase_since >= MISSING_AFTER]
        miners = snapshot.state.miners
        return frozenset(
            miner_id
            for miner_id in long_silent
            if miner_id in miners and mac_of(miners[miner_id].mac) and self._reach.covers(miner_id)
        )


def answering(snapshot: FleetSnapshot) -> set[MinerId]:
    """Name the registered miners that answer themselves: a search need not look at them."""
    return {
        miner_id
        for miner_id, miner in snapshot.state.miners.items()
        if miner.direct and _answers(snapshot.reports.get(miner_id))
    }


def _provisional(miner: RegisteredMiner) -> bool:
    """Whether a look told less than all; older logs show it by the missing MAC."""
    return miner.provisional or not mac_of(miner.mac)


def _told(miner: RegisteredMiner) -> bool:
    """Whether it has told itself what it can be told, and not its model."""
    return miner.capabilities is not None and miner.capabilities.controllable


def _tells_more(miner: RegisteredMiner, report: MinerReport | None) -> bool:
    if _provisional(miner):
        return _answers(report)
    if not miner.rated_power:
        return _answers(report) and _shows_power(report)
    if report is None or not _told(miner) or not _answers(report):
        return False
    return any(step is Step.TUNE for step, _ in report.backoffs) or _has_another_limit(miner, report)


def _has_another_limit(miner: RegisteredMiner, report: MinerReport) -> bool:
    limit = report.reading.limit if report.reading is not None else None
    known = miner.capabilities.range if miner.capabilities is not None else None
    return limit is not None and (known is None or known.highest != limit)


def _shows_power(report: MinerReport | None) -> bool:
    reading = report.reading if report is not None and report.phase is Phase.HASHING else None
    return reading is not None and reading.power > 0 and not reading.uncertain


def _answers(report: MinerReport | None) -> bool:
    return report is not None and (report.reachable or report.phase is Phase.LOCKED)
