"""The database goes away, is locked, or is full: commands are refused, and all goes on afterwards."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import pytest
from harness import Api, NewFleet, NewProcess, ServerProcess, commands, hashing, wait_until
from load import RATED, Load, recorded_powers, refusal, role
from postgres_server import NoPostgres, PostgresServer, connect

from events.audit import audit
from events.store import FleetStore


def test_a_database_server_that_stops_refuses_commands_and_all_goes_on_when_it_is_back(
    new_fleet: NewFleet, new_process: NewProcess
) -> None:
    try:
        server = PostgresServer(durable=True)
    except NoPostgres as reason:
        pytest.skip(str(reason))
    with closing(server):
        server.start()
        url = server.new_database()
        fleet = new_fleet(2)
        api = new_process(fleet, DATABASE_URL=url, **RATED).start()
        api.wait_for_miners(2)
        with Load(api) as load:
            for _ in range(2):
                load.wait_for_answers(20)
                server.stop()
                api.wait_for(state="fault")
                refusal(api)
                assert role(api) == "leader"
                server.start()
                wait_until(lambda: api.status()["state"] not in ("fault", "initializing"))
        assert load.longest_gap < 20
        in_order = iter(recorded_powers(url))
        assert all(power in in_order for power in load.answered)
        wait_until(lambda: hashing(fleet) == 2)


def test_a_locked_table_refuses_commands_and_all_goes_on_without_it(
    new_fleet: NewFleet, new_process: NewProcess, postgres: PostgresServer
) -> None:
    url = postgres.new_database()
    fleet = new_fleet(2)
    api = new_process(fleet, DATABASE_URL=url).start()
    api.wait_for_miners(2)
    with connect(url) as other:
        other.execute("LOCK TABLE netstab_events IN SHARE MODE")
        refusal(api, "/api/activate", {"activationPowerInKw": 2.0})
        api.wait_for(state="fault", is_available_for_dispatch=False)
        wait_until(lambda: "cannot be written" in refusal(api))
    api.wait_for(state="standby", errors=[])
    assert commands(fleet) == []
    assert [entry["command"] for entry in api.history()] == ["register"]
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)


@contextmanager
def locked_while_it_scans(process: ServerProcess, path: Path) -> Iterator[Api]:
    """Start the server and lock its log before its first scan ends; anew where the host was too slow."""
    for _ in range(5):
        api = process.start()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            if api.read("/dashboard/api/discovery/scan")["running"]:
                yield api
                other.execute("ROLLBACK")
                return
            other.execute("ROLLBACK")
        process.close()
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
    pytest.fail("the scan was over each time")


def test_what_the_scan_of_the_start_found_joins_by_itself_once_the_log_can_be_written(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    fleet = new_fleet(3)
    fleet.hang(fleet.miners[0])  # it makes the scan last
    with locked_while_it_scans(new_process(fleet), tmp_path / "log.db") as api:
        fleet.hang(fleet.miners[0], api=False, web=False)
        wait_until(lambda: not api.read("/dashboard/api/discovery/scan")["running"])
        assert api.wait_for(state="fault")["total_miners"] == 0
    api.wait_for_miners(3)
    assert [entry["command"] for entry in api.history()] == ["register"]


def test_a_full_disk_refuses_commands_and_all_goes_on_when_there_is_room(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    fleet = new_fleet(2)
    process = new_process(fleet, SNAPSHOT_INTERVAL_SECONDS="86400")
    api = process.start()
    api.wait_for_miners(2)
    written = (tmp_path / "log.db-wal").stat().st_size
    process.limit_files(written + 20_000)
    powers = count(100)

    def is_full() -> bool:
        limit = {"power_kw": next(powers)}
        return api.request("PUT", "/dashboard/api/limits/rising", limit).status_code == 409

    wait_until(is_full)
    refusal(api)
    api.wait_for(state="fault")
    before = len(api.history())
    refusal(api)
    assert len(api.history()) == before
    process.limit_files(resource.RLIM_INFINITY)
    api.wait_for(is_available_for_dispatch=True, errors=[])
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    with closing(FleetStore(f"sqlite:///{tmp_path / 'log.db'}", read_only=True)) as store:
        assert audit(store).bad_version is None
