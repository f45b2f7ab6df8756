"""The database is deleted or replaced under a running server, with an EMS beside that commands and polls."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Api, NewFleet, NewProcess, asleep, commands, hashing, stays, wait_until
from load import RATED, Load, recorded_powers, refusal, role
from postgres_server import PostgresServer, connect
from watch import EmsWatch

WITHIN = 1.0


def delete(path: Path) -> None:
    path.unlink()


def delete_all_of_it(path: Path) -> None:
    for each in path.parent.glob("log.db*"):
        if not each.name.endswith(".lock"):
            each.unlink()


def replace_by_an_older_copy(path: Path) -> None:
    shutil.copyfile(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)


def replace_by_an_empty_file(path: Path) -> None:
    path.unlink()
    path.touch()


@pytest.mark.parametrize(
    "take_away", [delete, delete_all_of_it, replace_by_an_older_copy, replace_by_an_empty_file]
)
def test_a_database_that_is_taken_away_is_a_fault_within_a_second_and_the_status_is_served(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path, take_away: Callable[[Path], None]
) -> None:
    path = tmp_path / "log.db"
    process = new_process(new_fleet(2), **RATED)
    api = process.start()
    api.wait_for_miners(2)
    with EmsWatch(api.port) as ems:
        with Load(api) as load:
            wait_until(lambda: len(load.answered) > 20)
            take_away(path)
            taken_away = time.monotonic()
            assert stays(lambda: load.newest_answered < taken_away, WITHIN)
        assert "deleted, moved or replaced" in refusal(api)
        status = api.wait_for(state="fault", is_available_for_dispatch=False)
        assert any("deleted, moved or replaced" in error for error in status["errors"])
        assert api.read("/dashboard/api/health")["healthy"] is False
        assert role(api) == "leader"
    ems.verify()


def test_a_fleet_at_rest_finds_out_within_a_second_too(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    path, away = tmp_path / "log.db", tmp_path / "away.db"
    api = new_process(new_fleet(2), **RATED).start()
    api.wait_for_miners(2)
    path.rename(away)
    api.wait_for(within=2 * WITHIN, state="fault")
    away.rename(path)
    api.wait_for(errors=[], is_available_for_dispatch=True)
    api.activate(2.92)
    assert recorded_powers(f"sqlite:///{path}") == [2.92]


def test_no_new_log_is_begun_under_a_running_server_and_a_restart_begins_one(
    new_fleet: NewFleet, new_process: NewProcess, tmp_path: Path
) -> None:
    fleet = new_fleet(2)
    process, folder = (
        new_process(fleet, **RATED, DATABASE_URL=f"sqlite:///{tmp_path}/data/log.db"),
        tmp_path / "data",
    )
    api = process.start()
    api.wait_for_miners(2)
    api.activate(2.92)
    wait_until(lambda: len(commands(fleet)) >= 2)
    shutil.rmtree(folder)
    wait_until(lambda: not taken(api), within=2 * WITHIN)
    assert stays(lambda: not taken(api), 3.0)
    assert not (folder / "log.db").exists()
    process.close()
    again = process.start()
    again.wait_for_miners(2)
    assert [entry["command"] for entry in again.history()] == ["register"]


EMPTIED = ("TRUNCATE netstab_events", "DROP TABLE netstab_events", "DELETE FROM netstab_events")


@pytest.mark.parametrize("statement", EMPTIED)
def test_an_emptied_table_is_a_fault_within_a_second(
    new_fleet: NewFleet, new_process: NewProcess, postgres: PostgresServer, statement: str
) -> None:
    url = postgres.new_database()
    api = new_process(new_fleet(2), DATABASE_URL=url, **RATED).start()
    api.wait_for_miners(2)
    with EmsWatch(api.port) as ems:
        with Load(api) as load:
            wait_until(lambda: len(load.answered) > 20)
            with connect(url) as connection:
                connection.execute(statement)
            api.wait_for(within=1.5 * WITHIN, state="fault", is_available_for_dispatch=False)
            before = len(load.answered)
            assert stays(lambda: len(load.answered) == before, WITHIN)
        refusal(api)
    ems.verify()


def test_without_its_database_a_server_is_at_fault_and_sheds_and_begins_no_new_log(
    new_fleet: NewFleet, new_process: NewProcess, postgres: PostgresServer, tmp_path: Path
) -> None:
    fleet, url = new_fleet(2), postgres.new_database()
    process = new_process(fleet, DATABASE_URL=url, RESERVE_FILE=str(tmp_path / "reserve"), **RATED)
    api = process.start()
    api.wait_for_miners(2)
    api.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    drop(postgres, url)
    api.wait_for(within=5 * WITHIN, state="fault", is_available_for_dispatch=False)
    refusal(api)
    assert "Not yet recorded" in api.tell("/api/deactivate", {})["message"]
    wait_until(lambda: asleep(fleet))
    postgres.execute(f"CREATE DATABASE {name_of(url)}")
    wait_until(lambda: not taken(api))
    refusal(api)
    process.close()
    again = process.start()
    again.wait_for_miners(2)
    assert [entry["command"] for entry in again.history()] == ["register", "deactivate"]


def test_a_database_that_is_set_back_is_gone_on_with_by_a_restart_alone(
    new_fleet: NewFleet, new_process: NewProcess, postgres: PostgresServer, tmp_path: Path
) -> None:
    fleet, url = new_fleet(2), postgres.new_database()
    process = new_process(fleet, DATABASE_URL=url, RESERVE_FILE=str(tmp_path / "reserve"), **RATED)
    process.start().wait_for_miners(2)
    process.close()
    older = f"{name_of(url)}_older"
    postgres.execute(f"CREATE DATABASE {older} TEMPLATE {name_of(url)}")
    api = process.start()
    api.wait_for_miners(2)
    api.activate(2.92)
    drop(postgres, url)
    postgres.execute(f"ALTER DATABASE {older} RENAME TO {name_of(url)}")
    wait_until(lambda: not taken(api))
    refusal(api)
    api.wait_for(state="fault", is_available_for_dispatch=False)
    assert recorded_powers(url) == []
    process.close()
    again = process.start()
    again.wait_for_miners(2)
    again.activate(1.46)
    assert recorded_powers(url) == [1.46]


def drop(server: PostgresServer, url: str) -> None:
    """Take the whole database away, with everybody who is connected to it."""
    server.execute(f"DROP DATABASE {name_of(url)} WITH (FORCE)")


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def taken(api: Api) -> bool:
    """Whether a command is: without its lock the server is a standby, which says 503 at first."""
    answer = api.post("/api/deactivate", {})
    assert answer.status_code in (200, 409, 503), answer.text
    return answer.status_code == 200
