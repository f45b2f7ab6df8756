"""What is measured, stored beside the log for a while."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from databases import Database
from hypothesis import given, settings
from hypothesis import strategies as st
from recording import origin

from events.commands import Deactivate
from events.log import FleetLog
from events.telemetry import CONDITIONS, FleetSample, MinerSample, TelemetryReader, TelemetryWriter
from netstab.dispatch.attribution import Kind, PowerChange, PowerRecord
from netstab.errors import LogUnavailable
from netstab.units import Celsius, GigahashPerSecond, Megahertz, MinerId, WallTime, Watts

BEGUN = 1_768_921_500.0
ONE, OTHER = MinerId("127.0.1.56"), MinerId("127.0.2.56")


@pytest.fixture
def writer(url: str) -> Iterator[TelemetryWriter]:
    writer = TelemetryWriter(url)
    yield writer
    writer.close()


@pytest.fixture
def reader(writer: TelemetryWriter, url: str) -> Iterator[TelemetryReader]:
    reader = TelemetryReader(url)
    yield reader
    reader.close()


def fleet(second: float, power: float = 1000.0, target: float | None = 1000.0) -> FleetSample:
    asked = None if target is None else Watts(target)
    at = WallTime(BEGUN + second)
    return FleetSample(at, asked, Watts(power), Watts(2920.0), GigahashPerSecond(13_500.0), 2, 2, 1)


def miner(
    second: float, miner_id: MinerId = ONE, power: float = 1460.0, condition: str = "hashing"
) -> MinerSample:
    return MinerSample(
        WallTime(BEGUN + second),
        miner_id,
        condition,
        Watts(power),
        GigahashPerSecond(13_500.0),
        Megahertz(650),
        Celsius(72.0),
    )


def all_of(reader: TelemetryReader, miner_id: MinerId = ONE) -> list[MinerSample]:
    return reader.miner(miner_id, WallTime(BEGUN), WallTime(BEGUN + 100), 1000)


def test_a_miner_is_read_as_it_was_stored(writer: TelemetryWriter, reader: TelemetryReader) -> None:
    first = [miner(0), miner(0, OTHER, 51.0, "asleep")]
    second = [miner(60, power=1300.0)]
    writer.add(fleet(0), first)
    writer.add(fleet(60), second)
    assert all_of(reader) == [first[0], second[0]]
    assert all_of(reader, OTHER) == [first[1]]
    assert all_of(reader, MinerId("127.0.1.57")) == []


def _named(number: int) -> MinerId:
    """Name a miner by its address, or by its number at Awesome Miner."""
    within = number % 600
    return MinerId(f"awesome-{within}" if number >= 600 else f"127.0.{within >> 8}.{within & 255}")


samples = st.builds(
    MinerSample,
    at=st.just(WallTime(BEGUN)),
    miner_id=st.integers(0, 1199).map(_named),
    condition=st.sampled_from(CONDITIONS),
    power=st.none() | st.integers(0, 100_000).map(lambda number: Watts(float(number))),
    hashrate=st.none() | st.integers(0, 2_000_000).map(lambda number: GigahashPerSecond(float(number))),
    frequency=st.none() | st.integers(1, 65_535).map(Megahertz),
    temperature=st.none() | st.integers(-40, 300).map(lambda number: Celsius(float(number))),
)


def _known(sample: MinerSample) -> MinerSample:
    """A figure of 0 of a miner that was not seen was written once for none."""
    if sample.condition in ("hashing", "starting", "asleep"):
        return sample
    return replace(sample, power=sample.power or None, hashrate=sample.hashrate or None)


@settings(max_examples=25)
@given(miners=st.lists(samples, max_size=40, unique_by=lambda sample: sample.miner_id))
def test_any_miners_of_any_blocks_are_told_apart(
    tmp_path_factory: pytest.TempPathFactory, miners: list[MinerSample]
) -> None:
    url = str(tmp_path_factory.mktemp("telemetry") / "log.db")
    writer = TelemetryWriter(url)
    writer.add(fleet(0), miners)
    writer.close()
    reader = TelemetryReader(url)
    assert [all_of(reader, sample.miner_id) for sample in miners] == [[_known(sample)] for sample in miners]
    reader.close()


def test_figures_beyond_their_columns_stay_at_the_bound(
    writer: TelemetryWriter, reader: TelemetryReader
) -> None:
    writer.add(fleet(0), [miner(0, power=1e12), miner(0, OTHER, power=-5.0)])
    assert all_of(reader)[0].power == float(2**32 - 2)
    assert all_of(reader, OTHER)[0].power == 0.0


OF_THE_FIRST_FORMAT = "789c63b7b064666464f0083066d8c22ac0c7c0b0c7e4ff7f06862ea62f8c004509068f"


def test_what_the_first_format_holds_is_read_for_ever(
    writer: TelemetryWriter, reader: TelemetryReader, database: Database
) -> None:
    content = {"sqlite": f"x'{OF_THE_FIRST_FORMAT}'", "postgresql": f"'\\x{OF_THE_FIRST_FORMAT}'"}
    row = content["postgresql" if database.url.startswith("postgresql") else "sqlite"]
    insert = f"INSERT INTO netstab_miner_telemetry VALUES ('127.0.1', {BEGUN * 1000:.0f}, {row})"  # noqa: S608
    database.execute(insert)
    writer.add(fleet(60), [miner(60), miner(60, MinerId("127.0.1.57"))])
    assert all_of(reader) == [miner(0), miner(60)]
    [asleep] = all_of(reader, MinerId("127.0.1.7"))
    assert (asleep.condition, asleep.power, asleep.hashrate) == ("asleep", 51.0, 0.0)
    assert (asleep.frequency, asleep.temperature) == (None, None)
    newer = all_of(reader, MinerId("127.0.1.57"))
    assert [sample.hashrate for sample in newer] == [65_535.0, 13_500.0]


def test_the_fleet_is_given_in_stretches_with_their_extremes(
    writer: TelemetryWriter, reader: TelemetryReader
) -> None:
    for number in range(10):
        writer.add(fleet(60 * number, 100.0 * number, None if number > 4 else 500.0), [])
    points = reader.fleet(WallTime(BEGUN), WallTime(BEGUN + 600), 2)
    assert [point.at for point in points] == [BEGUN, BEGUN + 300]
    assert [point.power for point in points] == [200.0, 700.0]
    assert [(point.lowest_power, point.highest_power) for point in points] == [(0.0, 400.0), (500.0, 900.0)]
    assert [point.target for point in points] == [500.0, None]


@settings(max_examples=30)
@given(points=st.integers(1, 200), length=st.floats(0.001, 1e9), count=st.integers(0, 30))
def test_no_more_points_are_given_than_asked_for(
    tmp_path_factory: pytest.TempPathFactory, points: int, length: float, count: int
) -> None:
    url = str(tmp_path_factory.mktemp("telemetry") / "log.db")
    writer = TelemetryWriter(url)
    for number in range(count):
        writer.add(fleet(number * length / 30), [miner(number * length / 30)])
    writer.close()
    reader = TelemetryReader(url)
    until = WallTime(BEGUN + length)
    assert len(reader.fleet(WallTime(BEGUN), until, points)) <= points
    assert len(reader.miner(ONE, WallTime(BEGUN), until, points)) <= points
    reader.close()


def test_what_is_old_is_forgotten_a_few_at_a_time(writer: TelemetryWriter, reader: TelemetryReader) -> None:
    for number in range(25):
        writer.add(fleet(number), [miner(number), miner(number, OTHER)])
    too_old = WallTime(BEGUN + 13)
    assert [writer.forget(too_old) for _ in range(3)] == [10, 3, 0]
    assert [sample.at - BEGUN for sample in all_of(reader)] == list(range(13, 25))
    assert len(reader.fleet(WallTime(BEGUN), WallTime(BEGUN + 100), 2000)) == 12


def test_a_snapshot_of_the_same_moment_stays_as_it_is(
    writer: TelemetryWriter, reader: TelemetryReader
) -> None:
    writer.add(fleet(0), [miner(0)])
    writer.add(fleet(0), [miner(0, power=7.0)])
    assert [sample.power for sample in all_of(reader)] == [1460.0]


def test_a_locked_database_costs_a_sample_and_the_log_goes_on(
    log: FleetLog, writer: TelemetryWriter, path: Path
) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailable, match="locked"):
        writer.add(fleet(0), [miner(0)])
    other.execute("ROLLBACK")
    other.close()
    writer.add(fleet(60), [miner(60)])
    assert log.accept(Deactivate(), origin(), "") == 2


def test_ten_thousand_miners_of_a_day_fit_in_90_megabytes(writer: TelemetryWriter, path: Path) -> None:
    chance, snapshots = Random(1), 12
    for number in range(snapshots):
        miners = (
            MinerSample(
                WallTime(BEGUN + number),
                MinerId(f"127.1.{index >> 8}.{index & 255}"),
                "hashing",
                Watts(1460 + chance.gauss(0, 8)),
                GigahashPerSecond(13_500 + chance.gauss(0, 250)),
                Megahertz(650),
                Celsius(70 + chance.gauss(0, 4)),
            )
            for index in range(10_000)
        )
        writer.add(fleet(number), miners)
    writer.close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert path.stat().st_size / snapshots * 1440 < 90e6


def power(second: float, *changes: PowerChange) -> PowerRecord:
    return PowerRecord(WallTime(BEGUN + second), Watts(2000.0), None, Watts(1460.0), changes)


SHED = PowerChange(Kind.COMMANDED, 7, Watts(-1409.0), 1, (ONE,))
LOST = PowerChange(Kind.OUT_OF_REACH, None, Watts(-2920.0), 2, (ONE, OTHER))


def test_what_the_power_did_is_read_as_it_was_stored(
    writer: TelemetryWriter, reader: TelemetryReader
) -> None:
    stored = [power(0), power(1, SHED, LOST), power(2)]
    writer.record(stored, WallTime(BEGUN))
    writer.record(stored, WallTime(BEGUN))
    begin, end = WallTime(BEGUN), WallTime(BEGUN + 10)
    assert list(reader.power(begin, end)) == [stored]
    assert list(reader.power(begin, end, changes_only=True)) == [stored[1:2]]
    assert list(reader.power(begin, WallTime(BEGUN + 1))) == [stored[:1]]


def test_a_long_record_of_power_is_read_a_part_at_a_time_and_forgotten_likewise(
    writer: TelemetryWriter, reader: TelemetryReader
) -> None:
    writer.record(map(power, range(2500)), WallTime(BEGUN))
    begin, end = WallTime(BEGUN), WallTime(BEGUN + 3000)
    assert [len(part) for part in reader.power(begin, end)] == [1000, 1000, 500]
    writer.record([power(2500)], WallTime(BEGUN + 1800))
    assert [len(part) for part in reader.power(begin, end)] == [1000, 501]
    writer.record([power(2501)], WallTime(BEGUN + 1800))
    assert next(iter(reader.power(begin, end)))[0] == power(1800)


def test_the_energy_counter_never_falls_and_is_there_again_when_it_is_opened_anew(
    writer: TelemetryWriter, url: str
) -> None:
    assert writer.energy() == 0.0
    for joules in (3600.0, 7200.5, 100.0):
        writer.record([], WallTime(0.0), joules)
    again = TelemetryWriter(url)
    assert again.energy() == 7200.5
    again.close()
