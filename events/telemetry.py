"""Telemetry: what the fleet and each miner did, kept for a while beside the log and never in it.

It shares the database and nothing else: writer and readers have connections of their own, and a write is one
short transaction. A miner takes 5 to 6 bytes of a snapshot: 10,000 miners over 24 h at 60 s are 82 MB. The
record of the fleet's power has a row a second, some 50 bytes and as many for each change: 5 MB over 24 h.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from events import energy, power_record
from events.store import Tables
from events.telemetry_content import CONDITIONS, MinerSample, packed, unpacked
from netstab.devices.awesome_miner.ids import number_in
from netstab.dispatch.attribution import PowerRecord
from netstab.errors import LogUnavailable, SettingsError
from netstab.units import GigahashPerSecond, MinerId, WallTime, Watts
from netstab.urls import without_password

__all__ = ["CONDITIONS", "FleetPoint", "FleetSample", "MinerSample", "TelemetryReader", "TelemetryWriter"]

TABLES = (
    """CREATE TABLE IF NOT EXISTS netstab_fleet_telemetry (
        at BIGINT PRIMARY KEY, target DOUBLE PRECISION, power DOUBLE PRECISION, rated DOUBLE PRECISION,
        hashrate DOUBLE PRECISION, registered BIGINT, reachable BIGINT, hashing BIGINT)""",
    """CREATE TABLE IF NOT EXISTS netstab_miner_telemetry (
        block TEXT, at BIGINT, content BYTEA, PRIMARY KEY (block, at))""",
    "CREATE INDEX IF NOT EXISTS netstab_miner_telemetry_at ON netstab_miner_telemetry (at)",
    power_record.TABLE,
    energy.TABLE,
)
"""Portable SQL; `at` in ms. `content` (`telemetry_content`) is of miners whose first three octets agree."""

_MOST_FORGOTTEN = 10  # snapshots in one transaction, so that the log's writer never waits long

_CHUNK = 1000  # seconds of the record of power that are read at once


@dataclass(frozen=True, slots=True)
class FleetSample:
    """The fleet at one moment; `target` None is standby, `power` None is not known."""

    at: WallTime
    target: Watts | None
    power: Watts | None
    rated: Watts
    hashrate: GigahashPerSecond
    registered: int
    reachable: int
    hashing: int


@dataclass(frozen=True, slots=True)
class FleetPoint:
    """A stretch of time from `at` on: means, and the extremes of power; None where no power was known."""

    at: WallTime
    target: Watts | None
    power: Watts | None
    lowest_power: Watts | None
    highest_power: Watts | None
    rated: Watts
    hashrate: GigahashPerSecond
    registered: int
    reachable: int
    hashing: int


class TelemetryWriter:
    """Adds snapshots and forgets old ones. Raises `LogUnavailable` where the database cannot be written."""

    def __init__(self, url: str) -> None:
        with _using(url, "opened"):
            self._tables = Tables(url, TABLES, read_only=False)
        self._url = url

    def add(self, fleet: FleetSample, miners: Iterable[MinerSample]) -> None:
        """Store one snapshot; one of the same moment stays as it is."""
        at = _milliseconds(fleet.at)
        blocks = [(block, at, content) for block, content in _blocks(miners)]
        figures = (fleet.target, fleet.power, fleet.rated, fleet.hashrate)
        counts = (fleet.registered, fleet.reachable, fleet.hashing)
        with _using(self._url, "written"), self._tables.transaction(commit=True) as cursor:
            row = "INSERT INTO netstab_fleet_telemetry VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            cursor.execute(row, (at, *figures, *counts))
            row = "INSERT INTO netstab_miner_telemetry VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            cursor.executemany(row, blocks)

    def energy(self) -> float:
        """Return what the fleet has drawn since it was first counted, in J."""
        with _using(self._url, "read"), self._tables.transaction(commit=False) as cursor:
            cursor.execute(energy.READ)
            found = cursor.fetchone()
        return float(found["joules"]) if found else 0.0

    def record(self, records: Iterable[PowerRecord], too_old: WallTime, joules: float = 0.0) -> None:
        """Store what the fleet's power did, and forget the oldest of that, from before a moment.

        What it has drawn since it was first counted is stored with it; less than is stored changes nothing.
        """
        rows = [power_record.row(record) for record in records]
        with _using(self._url, "written"), self._tables.transaction(commit=True) as cursor:
            insert = "INSERT INTO netstab_power_record VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            cursor.executemany(insert, rows)
            cursor.execute(energy.WRITE, (joules,))
            oldest = "SELECT at FROM netstab_power_record WHERE at < ? ORDER BY at LIMIT ?"
            delete = f"DELETE FROM netstab_power_record WHERE at IN ({oldest})"  # noqa: S608  # nosec B608
            cursor.execute(delete, (_milliseconds(too_old), _CHUNK))

    def forget(self, before: WallTime) -> int:
        """Delete the oldest snapshots, a few at a time; give how many of those before a moment went."""
        oldest = "SELECT at FROM netstab_fleet_telemetry WHERE at < ? ORDER BY at LIMIT ?"
        with _using(self._url, "written"):
            with self._tables.transaction(commit=False) as cursor:
                cursor.execute(oldest, (_milliseconds(before), _MOST_FORGOTTEN))
                found = [row["at"] for row in cursor.fetchall()]
            if found:
                with self._tables.transaction(commit=True) as cursor:
                    cursor.execute("DELETE FROM netstab_fleet_telemetry WHERE at <= ?", (found[-1],))
                    cursor.execute("DELETE FROM netstab_miner_telemetry WHERE at <= ?", (found[-1],))
        return len(found)

    def close(self) -> None:
        self._tables.close()


class TelemetryReader:
    """Reads what was stored, for charts. Raises `LogUnavailable` where it cannot be read."""

    def __init__(self, url: str) -> None:
        self._url = url
        with _using(url, "opened"):
            self._tables = Tables(url, TABLES, read_only=True)

    def fleet(self, since: WallTime, until: WallTime, points: int) -> list[FleetPoint]:
        """Return at most `points` stretches of the time from `since` up to `until`."""
        first, last, width = _stretches(since, until, points)
        statement = """SELECT MIN(at) AS at, AVG(target) AS target, AVG(power) AS power,
            MIN(power) AS lowest_power, MAX(power) AS highest_power, AVG(rated) AS rated,
            AVG(hashrate) AS hashrate, MAX(registered) AS registered, MIN(reachable) AS reachable,
            MAX(hashing) AS hashing FROM netstab_fleet_telemetry
            WHERE at >= ? AND at < ? GROUP BY (at - ?) / ? ORDER BY 1"""
        with _using(self._url, "read"), self._tables.transaction(commit=False) as cursor:
            cursor.execute(statement, (first, last, first, width))
            rows = [dict(row) for row in cursor.fetchall()]
        return [FleetPoint(**{**row, "at": _timestamp(row["at"])}) for row in rows]

    def power(
        self, since: WallTime, until: WallTime, *, changes_only: bool = False
    ) -> Iterator[Sequence[PowerRecord]]:
        """Yield the seconds of a time, the oldest first, some at a time; or those alone with a change."""
        first, last = _milliseconds(since), _milliseconds(until)
        only = "AND changes IS NOT NULL" if changes_only else ""
        statement = f"""SELECT at, target, power, reported, changes FROM netstab_power_record
            WHERE at >= ? AND at < ? {only} ORDER BY at LIMIT {_CHUNK}"""  # noqa: S608  # nosec B608  # our own words
        while True:
            with _using(self._url, "read"), self._tables.transaction(commit=False) as cursor:
                cursor.execute(statement, (first, last))
                rows = [dict(row) for row in cursor.fetchall()]
            if not rows:
                return
            yield [power_record.read(row) for row in rows]
            first = rows[-1]["at"] + 1

    def miner(self, miner_id: MinerId, since: WallTime, until: WallTime, points: int) -> list[MinerSample]:
        """Return one sample, the first, of each of at most `points` stretches of the time."""
        first, last, width = _stretches(since, until, points)
        block, octet = _place(miner_id)
        statement = """SELECT at, content FROM netstab_miner_telemetry WHERE block = ? AND at IN (
            SELECT MIN(at) FROM netstab_miner_telemetry WHERE block = ? AND at >= ? AND at < ?
            GROUP BY (at - ?) / ?) ORDER BY at"""
        with _using(self._url, "read"), self._tables.transaction(commit=False) as cursor:
            cursor.execute(statement, (block, block, first, last, first, width))
            rows = [(row["at"], bytes(row["content"])) for row in cursor.fetchall()]
        samples = (unpacked(content, octet, miner_id, _timestamp(at)) for at, content in rows)
        return [sample for sample in samples if sample is not None]

    def close(self) -> None:
        self._tables.close()


@contextmanager
def _using(url: str, what: str) -> Iterator[None]:
    try:
        yield
    except SettingsError:
        raise
    except Exception as error:
        raise LogUnavailable(f"Telemetry at {without_password(url)} cannot be {what}: {error}") from error


def _stretches(since: WallTime, until: WallTime, points: int) -> tuple[int, int, int]:
    """Return both ends and the width of a stretch, in ms."""
    first, last = _milliseconds(since), _milliseconds(until)
    return first, last, max(1, -(-(last - first) // points))


def _blocks(miners: Iterable[MinerSample]) -> Iterator[tuple[str, bytes]]:
    placed = sorted(((_place(miner.miner_id), miner) for miner in miners), key=lambda each: each[0])
    for block, members in groupby(placed, key=lambda each: each[0][0]):
        yield block, packed([(octet, miner) for (_, octet), miner in members])


def _place(miner_id: MinerId) -> tuple[str, int]:
    """Return the block of a miner and its place there, of 256: those without an address are by number."""
    number = number_in(miner_id)
    if number is not None:
        return f"awesome-{number // 256}", number % 256
    block, _, octet = miner_id.rpartition(".")
    return block, int(octet)


def _milliseconds(moment: WallTime) -> int:
    return round(moment * 1000)


def _timestamp(milliseconds: int) -> WallTime:
    return WallTime(milliseconds / 1000)
