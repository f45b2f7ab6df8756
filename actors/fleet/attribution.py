"""From what is reported of each unit to what made its power change: an order, somebody at the unit, a fault.

For one thread. Only reports that have changed are looked at, and most of them differ by noise alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from actors.report import MinerReport, Phase, Step
from actors.snapshot import FleetSnapshot
from events.state import RegisteredMiner
from netstab.dispatch.attribution import Kind, PowerChange, PowerRecord, UnitChange, summed
from netstab.dispatch.meter_gap import MeterGap, looked
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = ["Attribution", "Episode", "kind_of", "noise"]

_NOISE_SHARE = 0.08
"""Of its rating: a range unit ripples by 2 % each way, and may be looked at before it has settled."""

_LEAST_NOISE = Watts(50.0)

_FOLLOWS_WITHIN = Seconds(15.0)
"""A unit that takes a command at once is seen at its new power within two polls and its own lag."""

_GOES_ON_FOR = Seconds(60.0)
"""So long after a unit's last step the next one belongs to it: boards of an S9 climb for 20 s."""

_UP, _DOWN = (Step.WAKE,), (Step.SLEEP,)


@dataclass(frozen=True, slots=True)
class Episode:
    """What a unit's power is moving for, and until when what it does next is part of it."""

    kind: Kind
    order: int | None
    until: Timestamp

    def holds(self, now: Timestamp) -> bool:
        return now <= self.until


def noise(miner: RegisteredMiner) -> Watts:
    """Return what a unit's figure has to move by to count as a change."""
    return Watts(max(_LEAST_NOISE, _NOISE_SHARE * miner.rated_power))


class Attribution:
    """Told of the snapshots one after the other; keeps each unit's level, and what it is moving for."""

    def __init__(self) -> None:
        self._before: Mapping[MinerId, MinerReport] = {}
        self._levels: dict[MinerId, Watts] = {}
        self._episodes: dict[MinerId, Episode] = {}
        self._gap: MeterGap | None = None

    def record(self, snapshot: FleetSnapshot) -> PowerRecord:
        """Return what the fleet does, and all that has changed since the last time above the noise."""
        changes = summed(self._changes(snapshot.reports, snapshot.state.miners, snapshot.at))
        return PowerRecord(
            at=snapshot.wall(snapshot.at),
            target=snapshot.pursued,
            power=snapshot.active_power if snapshot.power_is_known else None,
            reported=snapshot.reported_power,
            changes=(*changes, *self._of_the_meter_alone(snapshot, moves=bool(changes))),
        )

    def _of_the_meter_alone(self, snapshot: FleetSnapshot, *, moves: bool) -> Iterator[PowerChange]:
        if not snapshot.metered:
            self._gap = None
            return
        powers = snapshot.active_power, snapshot.reported_power, snapshot.rated_power
        self._gap, step = looked(self._gap, *powers, snapshot.at, moves=moves)
        if step is not None:
            yield PowerChange(Kind.METER_ALONE, None, step, units=0, named=())

    def _changes(
        self,
        reports: Mapping[MinerId, MinerReport],
        miners: Mapping[MinerId, RegisteredMiner],
        now: Timestamp,
    ) -> Iterator[UnitChange]:
        before, self._before = self._before, reports
        for miner_id, report in reports.items():
            last = before.get(miner_id)
            if last is not report:
                change = self._look(miners[miner_id], last, report, now)
                if change is not None:
                    yield change
        if len(self._levels) > len(reports):
            self._levels = {each: level for each, level in self._levels.items() if each in reports}
            self._episodes = {each: kept for each, kept in self._episodes.items() if each in reports}

    def _look(
        self, miner: RegisteredMiner, before: MinerReport | None, report: MinerReport, now: Timestamp
    ) -> UnitChange | None:
        miner_id = miner.miner_id
        if before is None or before.phase is Phase.UNKNOWN:
            self._levels[miner_id] = report.power
            return None
        step = Watts(report.power - self._levels.get(miner_id, before.power))
        moves = abs(step) >= noise(miner)
        if not moves and before.phase is report.phase and report.phase is not Phase.STARTING:
            return None
        found = kind_of(before, report, step, self._episodes.get(miner_id), now)
        self._episodes[miner_id] = found
        if not moves:
            return None
        self._levels[miner_id] = report.power
        return UnitChange(miner_id, step, found.kind, found.order)


def kind_of(
    before: MinerReport, report: MinerReport, step: Watts, episode: Episode | None, now: Timestamp
) -> Episode:
    """Say what a unit's power has changed for by `step` W, or is about to, from one look at it to the next.

    `episode` is what it changed for last. Where a command and something else could be the cause, it is the
    command: a unit that was told to sleep and has slept since was not stopped by anybody else.
    """
    until = Timestamp(now + _GOES_ON_FOR)
    lasting = episode if episode is not None and episode.holds(now) else None
    if report.phase is Phase.UNREACHABLE:
        return Episode(Kind.OUT_OF_REACH, None, until)
    if before.phase is Phase.UNREACHABLE:
        return Episode(Kind.BACK_IN_REACH, None, until)
    if (order := _order(before, report, step, now)) is not None:
        return Episode(Kind.COMMANDED, order, until)
    if (kind := _by_itself(before, report, lasting)) is not None:
        return Episode(kind, None, until)
    if lasting is not None:
        return Episode(lasting.kind, lasting.order, until)
    if report.setting != before.setting:
        return Episode(Kind.SET_THERE, None, until)
    if report.phase is Phase.STARTING or before.phase is Phase.STARTING:
        return Episode(Kind.STARTED_THERE, None, until)
    return Episode(Kind.RECOVERED if step > 0 else Kind.THROTTLED, None, until)


def _order(before: MinerReport, report: MinerReport, step: Watts, now: Timestamp) -> int | None:
    """Return the version of the command whose effect this is, None if there is none."""
    told = report.commanded
    if told is None:
        return None
    under_way = before.in_transition is not None or report.in_transition is not None
    if not under_way and now > told.at + _FOLLOWS_WITHIN:
        return None
    against = (told.step in _UP and step < 0) or (told.step in _DOWN and step > 0)
    return None if against else told.version


def _by_itself(before: MinerReport, report: MinerReport, lasting: Episode | None) -> Kind | None:
    """Say what a unit did that nobody told it: it turned to something else, or sets its own power."""
    ran, runs = before.phase in _RUN, report.phase in _RUN
    if ran and report.phase is Phase.ASLEEP:
        return Kind.STOPPED_THERE
    if before.phase is Phase.HASHING and report.phase is Phase.STARTING:
        return Kind.RESTARTED
    if before.phase is Phase.ASLEEP and runs:
        return lasting.kind if lasting is not None and lasting.kind in _COMES_BACK else Kind.STARTED_THERE
    both = before.phase is report.phase is Phase.HASHING
    return Kind.OWN_SCALING if both and report.self_tuning else None


_RUN = (Phase.HASHING, Phase.STARTING)
_COMES_BACK = (Kind.BACK_IN_REACH, Kind.RESTARTED)
