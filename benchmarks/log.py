"""A log of a million events: how soon a server is ready, and how fast history, past and proof are.

Every figure stands beside a raw SQLite read of the same rows. Run: make bench-log
"""

import argparse
import random
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from events.audit import audit
from events.chain import GENESIS, digest
from events.fleet import FLEET_ID, Fleet
from events.fleet_event import Event
from events.history import HistoryReader, Period
from events.index import Asked
from events.log import SNAPSHOT_INTERVAL, FleetLog, Response
from events.snapshot import StateSnapshot
from events.state import RegisteredMiner, Source
from events.store import FleetStore
from netstab.clock import wall_clock
from netstab.devices.port import Firmware
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, MinerId, WallTime, Watts

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 5_000
STEP = timedelta(seconds=1)
STREAM = "SELECT * FROM stored_events WHERE originator_id = ?"
RANGE = f"{STREAM} AND originator_version > ? AND originator_version <= ?"
MILLION = 1_000_500  # a start in the middle between two snapshots


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=MILLION)
    parser.add_argument("--miners", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="keep the log at this path, or use the one that is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "bench.db"
        if not path.exists():
            write(path, options.events, options.miners)
        report(path)


def write(path: Path, events: int, miners: int) -> None:
    """Write a log as the product would, but in batches: the product makes every event durable by itself."""
    began, store, previous = time.perf_counter(), FleetStore(str(path)), GENESIS.digest
    fleet = Fleet.commission(PowerMode.FREQUENCY, BEGUN, previous)
    rows = [store.mapper.to_stored_event(event) for event in fleet.collect_events()]
    for event, fields in islice(commands(miners), events - 1):
        fleet.trigger_event(event, timestamp=fleet.modified_on + STEP, previous=digest(rows[-1]), **fields)
        rows += [store.mapper.to_stored_event(made) for made in fleet.collect_events()]
        if fleet.version % SNAPSHOT_INTERVAL == 0:
            store.snapshots.put([StateSnapshot.take(copy(fleet))])
        if len(rows) > BATCH:
            store.recorder.insert_events(rows[:-1])
            del rows[:-1]
    store.recorder.insert_events(rows)
    store.close()
    took = time.perf_counter() - began
    print(
        f"{events:,} events, {miners:,} miners: written in {took:.0f} s, {path.stat().st_size / 1e6:,.0f} MB"
    )


Made = tuple[type[Event], dict[str, Any]]


def commands(miners: int) -> Iterator[Made]:
    """Return a year of a busy fleet: an order, what miners did with it, and now and then something else."""
    chance, version = random.Random(1), 2
    registry = [msgspec.to_builtins(miner(number)) for number in range(miners)]
    yield Fleet.MinersRegistered, said(Source.SYSTEM, "register", {}) | {"miners": registry, "via": "scan"}
    while True:
        name = str(miner(chance.randrange(miners)).miner_id)
        match chance.randrange(100):
            case draw if draw < 50:
                power = float(chance.randrange(1_000, 1_460 * miners))
                parameters = {"power_kw": power / 1000}
                yield Fleet.Activated, said(Source.EMS, "activate", parameters) | {"power": power}
            case draw if draw < 85:
                response = Response(version, MinerId(name), "wake", "done", "", WallTime(0.0))
                yield Fleet.MinersResponded, {"responses": [msgspec.to_builtins(response)]}
            case draw if draw < 92:
                yield Fleet.Deactivated, said(Source.EMS, "deactivate", {})
            case draw if draw < 96:
                action = {"miner_id": name, "action": "stop"}
                yield Fleet.MinerHeld, said(Source.DASHBOARD, "control", action) | action
            case draw if draw < 99:
                action = {"miner_id": name, "action": "start"}
                yield Fleet.MinerStarted, said(Source.DASHBOARD, "control", action) | action
            case _:
                refused = said(Source.EMS, "activate", {"power_kw": 9e6})
                yield Fleet.CommandRejected, refused | {"code": "INVALID_POWER"}
        version += 1


def said(source: Source, command: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "command_id": str(uuid.uuid4()),
        "source": source.value,
        "client": "127.0.0.1",
        "command": command,
        "parameters": parameters,
        "message": "Fleet activated successfully at 2000W (2 miners at full power)",
    }


def miner(number: int) -> RegisteredMiner:
    chance = random.Random(number)
    return RegisteredMiner(
        miner_id=MinerId(f"127.1.{number >> 8}.{number & 255}"),
        api_port=4028,
        http_port=80,
        model="Antminer S9",
        firmware=Firmware.VNISH,
        firmware_version="3.9.0",
        mac=":".join(f"{chance.randrange(256):02x}" for _ in range(6)),
        hostname="antMiner",
        rated_power=Watts(1460.0),
        home_frequency=Megahertz(650),
        controllable=True,
        registered_at=WallTime(BEGUN.timestamp() + chance.random()),
    )


def report(path: Path) -> None:
    reader, raw = HistoryReader(str(path)), sqlite3.connect(path)
    newest = reader.head().version
    chance = random.Random(2)
    known = reader.recent(1)[0].command_id
    state = reader.state(newest)
    miners = 0 if state is None else len(state.miners)
    table = Table(title=f"{newest:,} events, {miners:,} miners")
    for column in ("what", "median", "slowest", "raw SQLite"):
        table.add_column(column, justify="left" if column == "what" else "right")

    def row(what: str, work: Callable[[], object], rows: Callable[[], object], rounds: int = 30) -> None:
        times, plain = sorted(timed(work, rounds)), statistics.median(timed(rows, rounds))
        figures = (statistics.median(times), times[-1], plain)
        table.add_row(what, *(f"{1000 * figure:.2f} ms" for figure in figures))

    def versions(count: int) -> Callable[[], object]:
        def read() -> object:
            last = chance.randrange(count, newest)
            return raw.execute(RANGE, (FLEET_ID.hex, last - count, last)).fetchall()

        return read

    def moment() -> datetime:
        return BEGUN + chance.randrange(newest) * STEP

    row("start to first status", lambda: started(path), versions(SNAPSHOT_INTERVAL // 2), 5)
    row("page of 100", lambda: reader.recent(100), versions(100))
    row("page of 1000", lambda: reader.recent(1000), versions(1000))
    row("page of 100, far back", lambda: reader.recent(100, before=chance.randrange(newest)), versions(100))
    asked = {
        "by source": Asked(source=Source.DASHBOARD),
        "by command": Asked(command="deactivate"),
        "by success": Asked(success=False),
        "by miner": Asked(miner_id=miner(7).miner_id),
        "by miner and success, none": Asked(miner_id=miner(7).miner_id, success=False),
        "by source and command, none": Asked(source=Source.SYSTEM, command="activate"),
    }
    for what, wanted in asked.items():
        row(f"page of 100 {what}", partial(reader.recent, 100, wanted), versions(100))
    row("page of 1000 by source", lambda: reader.recent(1000, asked["by source"]), versions(1000))
    row("page of 100 by period", lambda: reader.recent(100, period=Period(until=moment())), versions(100))
    row("one command by its id", lambda: reader.command(known), versions(1))
    row("state at a version", lambda: reader.state(chance.randrange(1, newest)), versions(500))
    row("state at a moment", lambda: reader.state(moment()), versions(500))
    reader.close()
    Console(width=110).print(table)
    prove(path, raw, newest)
    raw.close()


def prove(path: Path, raw: sqlite3.Connection, newest: int) -> None:
    store = FleetStore(str(path), read_only=True)
    (plain,) = timed(lambda: sum(1 for _ in raw.execute("SELECT * FROM stored_events")), 1)
    began = time.perf_counter()
    verdict = audit(store)
    took = time.perf_counter() - began
    store.close()
    if verdict.bad_version is not None:
        raise SystemExit(verdict.reason)
    print(f"verify: {newest / took:,.0f} events/s ({took:.1f} s), raw SQLite {newest / plain:,.0f} events/s")


def started(path: Path) -> None:
    """Do what a server does before it can show a first status."""
    FleetLog(str(path), wall_clock, PowerMode.FREQUENCY).close()


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
