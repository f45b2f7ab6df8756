"""A load can always be shed: with a full, locked or hanging database, and with one that is gone."""

import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from harness import Api, NewFleet, NewProcess, asleep, hashing, wait_until
from load import RATED, refusal, role
from postgres_server import NoPostgres, PostgresServer
from waiting import running_time

from events.audit import audit
from events.store import FleetStore
from netstab.simulation.fleet import SimulatedFleet

KINDS = ("Activated", "Deactivated", "LimitSet", "ServerStarted", "FaultCleared")


def shed(api: Api) -> str:
    answer = api.tell("/api/deactivate", {})
    assert answer.keys() == {"accepted", "message"}
    assert answer["accepted"] is True
    return str(answer["message"])


def recorded(url: str) -> list[str]:
    """Return the events of the log that tell of sheds, once its chain was found to hold."""
    with closing(FleetStore(url, read_only=True)) as store:
        assert audit(store).bad_version is None
        rows = [row for page in store.pages() for row in page]
    names = [row.topic.rpartition(".")[2] for row in rows]
    return [name for name in names if name in KINDS]


def late(api: Api) -> list[str]:
    return [one["command"] for one in api.history() if "recorded_late" in one["parameters"]]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def frozen(server: PostgresServer) -> Iterator[None]:
    server.freeze(frozen=True)
    try:
        yield
    finally:
        server.freeze(frozen=False)


def wait_until_it_gave_up(api: Api) -> None:
    """Wait until what was tried when somebody shed has failed: it might come through by itself."""
    wait_until(lambda: "database is locked" in str(api.status()["errors"]))


def limit(api: Api, kilowatts: float) -> Any:
    return api.request("PUT", "/dashboard/api/limits/grid", {"power_kw": kilowatts})


def test_with_a_locked_database_what_sheds_is_done_and_recorded_first_and_all_else_is_refused(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    fleet = new_fleet(2)
    api = new_process(fleet, **RATED).start()
    api.wait_for_miners(2)
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    with locked(tmp_path / "log.db"):
        assert limit(api, 2.0).status_code == 200
        wait_until(lambda: hashing(fleet) == 1)
        wait_until_it_gave_up(api)
        assert "Not yet recorded, kept in the reserve file" in shed(api)
        status = api.status()
        assert (status["target_power_kw"], status["state"]) == (None, "fault")
        assert any("2 commands that shed were carried out" in error for error in status["errors"])
        assert api.read("/api/status")["isAvailableForDispatch"] is False
        shed(api)
        assert limit(api, 2.5).status_code == 409
        refusal(api)
        refusal(api, "/dashboard/api/override", {"enabled": False})
        wait_until(lambda: asleep(fleet))
        wait_until_it_gave_up(api)
    api.wait_for(state="standby", errors=[])
    assert late(api) == ["deactivate", "set_limit"]
    url = f"sqlite:///{tmp_path / 'log.db'}"
    assert recorded(url)[-3:] == ["LimitSet", "Deactivated", "FaultCleared"]


def test_a_full_disk_hinders_no_shed_and_a_server_killed_then_records_it_before_it_commands(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    fleet = new_fleet(2)
    process = new_process(fleet, SNAPSHOT_INTERVAL_SECONDS="86400")
    api = process.start()
    api.wait_for_miners(2)
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    process.limit_files((tmp_path / "log.db-wal").stat().st_size + 20_000)
    powers = count(100)
    wait_until(lambda: limit(api, next(powers)).status_code == 409)
    assert "kept in the reserve file" in shed(api)
    process.end(signal.SIGKILL)
    again = process.start()
    assert "recorded now" in process.log()
    again.wait_for_miners(2)
    wait_until(lambda: asleep(fleet))
    assert again.status()["target_power_kw"] is None
    assert late(again)[0] == "deactivate"
    assert recorded(f"sqlite:///{tmp_path / 'log.db'}")[-2:] == ["Deactivated", "ServerStarted"]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    try:
        server = PostgresServer(durable=True)
    except NoPostgres as reason:
        pytest.skip(str(reason))
    with closing(server):
        server.start()
        yield server


def at_work(
    new_fleet: NewFleet, new_process: NewProcess, url: str, folder: Path
) -> tuple[SimulatedFleet, Api]:
    """Start a server on that database; both of its miners hash."""
    fleet = new_fleet(2)
    api = new_process(fleet, DATABASE_URL=url, RESERVE_FILE=str(folder / "first"), **RATED).start()
    api.wait_for_miners(2)
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    return fleet, api


def test_without_its_database_server_a_leader_sheds_raises_nothing_and_records_it_when_it_is_back(
    new_fleet: NewFleet, new_process: NewProcess, server: PostgresServer, tmp_path: Path
) -> None:
    url = server.new_database()
    fleet, api = at_work(new_fleet, new_process, url, tmp_path)
    server.stop()
    wait_until(lambda: api.status()["state"] == "fault")
    assert role(api) == "leader"
    assert "Not yet recorded" in shed(api)
    wait_until(lambda: asleep(fleet))
    refusal(api)
    assert hashing(fleet) == 0
    server.start()
    api.wait_for(state="standby", errors=[])
    assert late(api) == ["deactivate"]
    assert recorded(url)[-2:] == ["Deactivated", "ServerStarted"]
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)


def test_a_database_server_that_hangs_holds_no_shed_up(
    new_fleet: NewFleet, new_process: NewProcess, server: PostgresServer, tmp_path: Path
) -> None:
    url = server.new_database()
    fleet, api = at_work(new_fleet, new_process, url, tmp_path)
    with frozen(server):
        assert "Not yet recorded" in shed(api)
        wait_until(lambda: asleep(fleet))
    api.wait_for(state="standby", errors=[])
    assert recorded(url).count("Deactivated") == 1


def test_of_two_servers_that_lost_their_database_only_the_leader_sheds_and_it_leads_on(
    new_fleet: NewFleet, new_process: NewProcess, server: PostgresServer, tmp_path: Path
) -> None:
    fleet, url = new_fleet(2), server.new_database()
    first, second = (
        new_process(fleet, DATABASE_URL=url, RESERVE_FILE=str(tmp_path / name), **RATED)
        for name in ("first", "second")
    )
    leader = first.start()
    leader.wait_for_miners(2)
    standby = second.start()
    leader.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    server.stop()
    wait_until(lambda: leader.status()["state"] == "fault")
    refusal(standby, "/api/deactivate", {})
    assert hashing(fleet) == 2
    shed(leader)
    wait_until(lambda: asleep(fleet))
    server.start()
    wait_until(lambda: late(standby) == ["deactivate"])
    wait_until(lambda: (role(leader), role(standby)) == ("leader", "standby"))
    standby.wait_for(target_power_kw=None)


def test_a_disk_that_stands_still_for_long_holds_no_shed_up_and_what_was_refused_is_never_done(
    new_fleet: NewFleet, new_controller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = new_fleet(2)
    api = new_controller(fleet)
    api.wait_for_miners(2)
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    goes_on, append = threading.Event(), FleetStore.append

    def stands_still(*arguments: Any) -> Any:
        goes_on.wait()
        return append(*arguments)

    with ExitStack() as stack:
        monkeypatch.setattr(FleetStore, "append", stands_still)
        stack.callback(goes_on.set)
        refusal(api, "/api/activate", {"activationPowerInKw": 1.46})
        began = running_time()
        assert "Not yet recorded" in shed(api)
        assert running_time() - began < 3
        assert api.status()["target_power_kw"] is None
        wait_until(lambda: asleep(fleet))
    api.wait_for(state="standby", errors=[])
    assert late(api) == ["deactivate"]
    assert api.status()["target_power_kw"] is None
