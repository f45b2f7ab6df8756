"""Stores what the fleet publishes, at an interval, and its power and energy each second. Nobody waits for it.

What is too old is forgotten.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pykka

from actors.directory import Directory
from actors.energy_board import EnergyBoard
from actors.fleet.attribution import Attribution
from actors.report import MinerReport
from actors.snapshot import FleetSnapshot, StatusBoard
from actors.supervised import Supervised
from events.state import RegisteredMiner
from events.telemetry import FleetSample, MinerSample, TelemetryWriter
from netstab.clock import Clock
from netstab.devices.antminer.s9 import frequency_of
from netstab.dispatch.attribution import PowerRecord
from netstab.dispatch.energy import EnergyCount, counted
from netstab.errors import LogUnavailable
from netstab.settings import Settings
from netstab.units import GigahashPerSecond, Seconds, Timestamp, WallTime

__all__ = ["TelemetryActor", "TelemetryParts", "fleet_sample", "miner_samples"]

logger = logging.getLogger(__name__)

_STEP = 0.25  # seconds, so that a stop is taken between two

_EVERY = Seconds(0.9)  # under the second that the fleet publishes at, so that none is skipped
_STORED_EVERY = Seconds(5.0)
"""The power of so long is stored together: a write waits for the disk, and for the log's writer."""

_MOST_KEPT = 3600  # seconds of power that are kept for a database that cannot be written


@dataclass(frozen=True, slots=True)
class _Step:
    """To itself: look at the clock."""


@dataclass(frozen=True, slots=True)
class TelemetryParts:
    """What telemetry works with."""

    directory: Directory
    board: StatusBoard
    writer: TelemetryWriter
    clock: Clock
    settings: Settings
    energy: EnergyBoard


class TelemetryActor(Supervised, pykka.ThreadingActor):
    """A database that cannot be written costs samples and nothing else."""

    def __init__(self, parts: TelemetryParts) -> None:
        super().__init__()
        self.supervise("telemetry", parts.directory)
        self._parts = parts
        self._due = parts.clock()
        self._failing = False
        self._attribution = Attribution()
        self._recorded_at = self._stored_at = Timestamp(0.0)
        self._records: deque[PowerRecord] = deque(maxlen=_MOST_KEPT)
        self._energy = EnergyCount(parts.energy.joules or 0.0, self._due)

    def on_stop(self) -> None:
        self._flush(self._parts.clock())

    def on_start(self) -> None:
        self.actor_ref.tell(_Step())

    def on_receive(self, message: object) -> None:
        if isinstance(message, _Step):
            time.sleep(_STEP)
            now = self._parts.clock()
            if now >= self._due:
                self._due = Timestamp(max(self._due + self._parts.settings.snapshot_interval, now))
                self._store(now)
            self._record(now)
            self.actor_ref.tell(_Step())

    def _record(self, now: Timestamp) -> None:
        """Note what the power does each second that the fleet publishes, and store it from time to time."""
        snapshot = self._parts.board.snapshot
        if snapshot.at < self._recorded_at + _EVERY:
            return
        self._recorded_at = snapshot.at
        self._records.append(self._attribution.record(snapshot))
        power = snapshot.active_power if snapshot.power_is_known else None
        self._energy = counted(self._energy, snapshot.at, power)
        if now >= self._stored_at + _STORED_EVERY:
            self._stored_at = now
            self._flush(now)

    def _flush(self, now: Timestamp) -> None:
        joules = self._energy.joules
        if self._records and self._written(
            lambda: self._parts.writer.record(self._records, self._too_old(now), joules)
        ):
            self._records.clear()
            self._parts.energy.joules = joules

    def _too_old(self, now: Timestamp) -> WallTime:
        kept = 3600 * self._parts.settings.snapshot_retention_hours
        return WallTime(self._parts.board.snapshot.wall(now) - kept)

    def _written(self, write: Callable[[], object]) -> bool:
        """Have something written; that it cannot be is told once."""
        try:
            write()
        except LogUnavailable as error:
            if not self._failing:
                logger.warning("Telemetry is not stored: %s", error)
            self._failing = True
        else:
            self._failing = False
        return not self._failing

    def _store(self, now: Timestamp) -> None:
        snapshot, writer = self._parts.board.snapshot, self._parts.writer
        if self._written(lambda: writer.add(fleet_sample(snapshot), miner_samples(snapshot))):
            self._written(lambda: writer.forget(self._too_old(now)))


def fleet_sample(snapshot: FleetSnapshot) -> FleetSample:
    """Return what is known of the fleet; a power that nobody sees is None."""
    hashrate = sum(report.reading.hashrate for report in snapshot.reports.values() if report.reading)
    return FleetSample(
        at=snapshot.wall(snapshot.at),
        target=snapshot.target,
        power=snapshot.active_power if snapshot.power_is_known else None,
        rated=snapshot.rated_power,
        hashrate=GigahashPerSecond(hashrate),
        registered=len(snapshot.state.miners),
        reachable=snapshot.reachable,
        hashing=snapshot.hashing,
    )


def miner_samples(snapshot: FleetSnapshot) -> Iterator[MinerSample]:
    """Return what is known of each miner; what is not is None."""
    at, miners = snapshot.wall(snapshot.at), snapshot.state.miners
    return (
        _sample(report, miners[miner_id], snapshot.at, at) for miner_id, report in snapshot.reports.items()
    )


def _sample(report: MinerReport, miner: RegisteredMiner, now: Timestamp, at: WallTime) -> MinerSample:
    reading = report.reading
    return MinerSample(
        at=at,
        miner_id=report.miner_id,
        condition=report.phase.value,
        power=report.drawn(now),
        hashrate=reading.hashrate if reading else None,
        frequency=frequency_of(miner, report.setting) if report.seen else None,
        temperature=reading.temperature if reading else None,
    )
