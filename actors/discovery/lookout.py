"""When miners are looked at again without anybody asking. It sends nothing; time is that of the snapshots."""

from collections.abc import Mapping
from dataclasses import dataclass

from actors.discovery.machines import mac_of
from actors.report import MinerReport, Phase
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


@dataclass(frozen=True, slots=True)
class _Attempts:
    made: int
    next_at: Timestamp

    def after(self, now: Timestamp) -> "_Attempts":
        wait = min(LONGEST_WAIT, FIRST_LOOK * 2.0 ** min(self.made + 1, 10))
        return _Attempts(self.made + 1, Timestamp(now + wait))


class Lookout:
    """Remembers what was tried. `reach` is where miners are talked to; others are not missed."""

    def __init__(self, reach: Reach, *, searches: bool) -> None:
        self._reach = reach
        self._searches = searches
        self._untold: tuple[Mapping[MinerId, RegisteredMiner], tuple[MinerId, ...]] = ({}, ())
        self._attempts: dict[MinerId, _Attempts] = {}
        self._missing: frozenset[MinerId] = frozenset()
        self._search = _Attempts(0, Timestamp(0.0))

    def due(self, snapshot: FleetSnapshot, most: int) -> list[MinerId]:
        """Name miners that answer and are not known by a full look, as many as may be looked at now.

        A device of no known model is known in full once it was seen hashing: that rates it. All count as
        looked at: the next time comes later for each.
        """
        unknown = [
            miner_id
            for miner_id in self._might_tell_more(snapshot.state.miners)
            if _tells_more(snapshot.state.miners[miner_id], snapshot.reports.get(miner_id))
        ]
        first = _Attempts(0, Timestamp(snapshot.at + FIRST_LOOK))
        self._attempts = {miner_id: self._attempts.get(miner_id, first) for miner_id in unknown}
        now = [miner_id for miner_id in unknown if self._attempts[miner_id].next_at <= snapshot.at][:most]
        self._attempts |= {miner_id: self._attempts[miner_id].after(snapshot.at) for miner_id in now}
        return now

    def _might_tell_more(self, miners: Mapping[MinerId, RegisteredMiner]) -> tuple[MinerId, ...]:
        """Name those of which not all is registered: of a large fleet few or none."""
        if self._untold[0] is not miners:
            untold = (each for each in miners.values() if _provisional(each) or not each.rated_power)
            self._untold = miners, tuple(miner.miner_id for miner in untold)
        return self._untold[1]

    def search_is_due(self, snapshot: FleetSnapshot) -> bool:
        """Whether the network is to be searched for missing machines now; then it counts as done."""
        if not self._searches:
            return False
        missing = self._missing_now(snapshot)
        if not missing <= self._missing:
            self._search = _Attempts(0, min(self._search.next_at, Timestamp(snapshot.at + FIRST_SEARCH)))
        self._missing = missing
        if not missing or snapshot.at < self._search.next_at:
            return False
        pause = min(LONGEST_PAUSE, FIRST_SEARCH * 2.0 ** min(self._search.made, 10))
        self._search = _Attempts(self._search.made + 1, Timestamp(snapshot.at + pause))
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
    """Name the registered miners that answer: a search need not look at them."""
    return {miner_id for miner_id in snapshot.state.miners if _answers(snapshot.reports.get(miner_id))}


def _provisional(miner: RegisteredMiner) -> bool:
    """Whether a look told less than all; older logs show it by the missing MAC."""
    return miner.provisional or not mac_of(miner.mac)


def _tells_more(miner: RegisteredMiner, report: MinerReport | None) -> bool:
    return _answers(report) and (_provisional(miner) or (not miner.rated_power and _shows_power(report)))


def _shows_power(report: MinerReport | None) -> bool:
    reading = report.reading if report is not None and report.phase is Phase.HASHING else None
    return reading is not None and reading.power > 0 and not reading.uncertain


def _answers(report: MinerReport | None) -> bool:
    return report is not None and (report.reachable or report.phase is Phase.LOCKED)
