"""Telemetry is stored at its interval, and a database that fails costs samples and nothing else."""

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fleet_values import NOW, A, B, miner, report
from published import published
from pykka import ActorRef
from waiting import wait_until

from actors.directory import Directory
from actors.energy_board import EnergyBoard
from actors.report import Phase
from actors.snapshot import FleetSnapshot, StatusBoard
from actors.telemetry import TelemetryActor, TelemetryParts
from events.state import FleetState
from events.telemetry import CONDITIONS, TelemetryReader, TelemetryWriter
from events.telemetry_content import MinerSample
from netstab.dispatch.attribution import PowerRecord
from netstab.power.allocation import PowerMode
from netstab.settings import read_settings
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts

SETTINGS = replace(read_settings({}), snapshot_interval=Seconds(60.0), snapshot_retention_hours=1.0)


def seen(at: float) -> FleetSnapshot:
    state = FleetState(3, PowerMode.ON_OFF, miners={each: miner(each) for each in (A, B)})
    reports = {A: report(Phase.HASHING, A), B: report(Phase.ASLEEP, B, setting=None)}
    return published(state, reports, Timestamp(at), rated=Watts(2920.0))


class Clock:
    """Goes on by a minute at each look, and so does what is published."""

    def __init__(self) -> None:
        self.board = StatusBoard(seen(NOW))
        self._minutes = count()

    def __call__(self) -> Timestamp:
        now = Timestamp(NOW + 60 * next(self._minutes))
        self.board.snapshot = seen(now)
        return now


@pytest.fixture
def energy() -> EnergyBoard:
    board = EnergyBoard()
    board.joules = 7_200_000.0
    return board


@pytest.fixture
def actor(tmp_path: Path, energy: EnergyBoard, monkeypatch: pytest.MonkeyPatch) -> Iterator[ActorRef[Any]]:
    monkeypatch.setattr("actors.telemetry._STEP", 0.01)
    clock, writer = Clock(), TelemetryWriter(str(tmp_path / "log.db"))
    parts = TelemetryParts(Directory(), clock.board, writer, clock, SETTINGS, energy)
    ref = TelemetryActor.start(parts)
    yield ref
    ref.stop(timeout=60)
    writer.close()


@pytest.fixture
def reader(actor: ActorRef[Any], tmp_path: Path) -> Iterator[TelemetryReader]:
    reader = TelemetryReader(str(tmp_path / "log.db"))
    yield reader
    reader.close()


def stored(reader: TelemetryReader, miner_id: str = A) -> list[MinerSample]:
    return reader.miner(MinerId(miner_id), WallTime(NOW), WallTime(Timestamp(NOW + 10**6)), 100_000)


def test_every_interval_a_snapshot_is_stored_and_what_is_old_forgotten(reader: TelemetryReader) -> None:
    wait_until(lambda: len(stored(reader)) > 55 and stored(reader)[0].at > NOW + 300)
    samples = stored(reader)
    assert len(samples) <= 62
    assert {sample.at % 60 for sample in samples} == {NOW % 60}
    assert {(sample.condition, sample.power) for sample in samples} == {("hashing", 1400.0)}
    assert {(sample.condition, sample.frequency) for sample in stored(reader, B)} == {("asleep", None)}


def test_a_locked_database_is_told_once_and_storing_goes_on(
    reader: TelemetryReader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wait_until(lambda: stored(reader))
    caplog.set_level(logging.WARNING)
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    wait_until(lambda: caplog.records)
    other.execute("ROLLBACK")
    other.close()
    newest = stored(reader)[-1].at
    wait_until(lambda: stored(reader)[-1].at > newest)
    assert ["Telemetry is not stored" in record.getMessage() for record in caplog.records] == [True]


def test_every_phase_of_a_miner_has_its_place() -> None:
    assert set(CONDITIONS) == {phase.value for phase in Phase}


def test_the_power_of_each_second_that_is_published_is_stored(reader: TelemetryReader) -> None:
    def recorded() -> list[PowerRecord]:
        parts = reader.power(WallTime(NOW), WallTime(Timestamp(NOW + 10**6)))
        return [second for part in parts for second in part]

    wait_until(lambda: len(recorded()) > 5)
    assert {(second.reported, second.changes) for second in recorded()} == {(1451.0, ())}


def test_energy_is_counted_on_from_what_was_and_shown_once_it_is_durable(
    actor: ActorRef[Any], energy: EnergyBoard, tmp_path: Path
) -> None:
    wait_until(lambda: (energy.kilowatt_hours or 0.0) > 2.0)
    actor.stop(timeout=60)
    writer = TelemetryWriter(str(tmp_path / "log.db"))
    assert writer.energy() == energy.joules
    writer.close()
