"""Two servers on one log: one leads, the other stands by and takes over."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from harness import NewFleet, NewProcess, ServerProcess, commands, hashing, stays, wait_until
from load import RATED, Load, recorded_powers, refusal, role
from postgres_server import PostgresServer

from events.audit import audit
from events.commands import Deactivate, Origin
from events.lock import LogLock, lock_for
from events.log import FleetLog
from events.state import Source
from events.store import FleetStore
from netstab.clock import wall_clock
from netstab.power.allocation import PowerMode
from netstab.simulation.fleet import SimulatedFleet

TAKEN_OVER_WITHIN = 5.0


@pytest.fixture
def servers(
    new_fleet: NewFleet, new_process: NewProcess, database_url: str
) -> tuple[SimulatedFleet, ServerProcess, ServerProcess]:
    fleet = new_fleet(2)
    first, second = (new_process(fleet, DATABASE_URL=database_url, **RATED) for _ in range(2))
    return fleet, first, second


def test_a_standby_serves_reads_and_refuses_commands(
    servers: tuple[SimulatedFleet, ServerProcess, ServerProcess],
) -> None:
    fleet, first, second = servers
    leader = first.start()
    leader.wait_for_miners(2)
    leader.activate(2.92)
    standby = second.start()
    assert (role(leader), role(standby)) == ("leader", "standby")
    health = standby.read("/dashboard/api/health")
    assert (health["healthy"], health["services"]["fleet_manager"]) == (False, False)
    status = standby.wait_for(total_miners=2, target_power_kw=2.92)
    assert "standby" in status["errors"][0]
    for method in ("GET", "HEAD"):
        answer = standby.request(method, "/api/status", None)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "STANDBY")
        if method == "GET":
            assert answer.json().keys() == {"accepted", "message"}
            assert "This server is a standby" in answer.json()["message"]
    assert standby.request("HEAD", "/dashboard/api/health", None).status_code == 200
    assert standby.history() == leader.history()
    wait_until(lambda: hashing(fleet) == 2)
    told = commands(fleet)
    miner_id = fleet.miners[0]
    for path, body in (
        ("/api/activate", {"activationPowerInKw": 1.0}),
        ("/api/deactivate", {}),
        ("/dashboard/api/override", {"enabled": True}),
        (f"/dashboard/api/miners/{miner_id}/control", {"action": "stop"}),
        ("/dashboard/api/discovery/scan", {}),
        ("/dashboard/api/discovery/add", {"ip": miner_id}),
    ):
        assert "standby" in refusal(standby, path, body)
    leader.activate(1.46)
    standby.wait_for(target_power_kw=1.46)
    assert len(standby.history()) == 3
    wait_until(lambda: commands(fleet) != told)


def test_a_standby_takes_over_under_load_and_nothing_that_was_answered_is_lost(
    servers: tuple[SimulatedFleet, ServerProcess, ServerProcess], database_url: str
) -> None:
    fleet, first, second = servers
    leader = first.start()
    leader.wait_for_miners(2)
    standby = second.start()
    with Load(leader, standby) as load:
        wait_until(lambda: len(load.answered) > 50)
        first.end(signal.SIGKILL)
        before = len(load.answered)
        wait_until(lambda: len(load.answered) > before + 50)
        assert role(standby) == "leader"
        returned = first.start()
        assert role(returned) == "standby"
    assert load.longest_gap < TAKEN_OVER_WITHIN
    wait_until(lambda: hashing(fleet) == 2)
    recorded = recorded_powers(database_url)
    assert len(set(recorded)) == len(recorded)
    in_order = iter(recorded)
    assert all(power in in_order for power in load.answered)
    with closing(FleetStore(database_url, read_only=True)) as store:
        assert audit(store).bad_version is None
    second.end(signal.SIGTERM)
    wait_until(lambda: role(returned) == "leader", within=TAKEN_OVER_WITHIN)
    returned.deactivate()


@contextmanager
def stolen(url: str, cut: Callable[[], None]) -> Iterator[LogLock]:
    """Hold the lock of the log, after its leader's was cut."""
    thief = lock_for(url)

    def steals() -> bool:
        cut()
        return thief.acquire()

    wait_until(steals)
    try:
        yield thief
    finally:
        thief.release()


def cutter(url: str, postgres: Callable[[], PostgresServer], path: Any) -> Callable[[], None]:
    def cut() -> None:
        if url.startswith("sqlite"):
            (path / "log.db.lock").unlink(missing_ok=True)
        else:
            postgres().execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")

    return cut


def append_as_another(url: str) -> None:
    with closing(FleetLog(url, wall_clock, PowerMode.ON_OFF)) as log:
        log.accept(Deactivate(), Origin("another", Source.SYSTEM, ""), "")


def test_a_leader_that_lost_its_lock_stops_commanding_and_leads_again_with_it(
    servers: tuple[SimulatedFleet, ServerProcess, ServerProcess],
    database_url: str,
    request: pytest.FixtureRequest,
    tmp_path: Any,
) -> None:
    fleet, first, _ = servers
    leader = first.start()
    leader.wait_for_miners(2)
    leader.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    with stolen(database_url, cutter(database_url, lambda: request.getfixturevalue("postgres"), tmp_path)):
        wait_until(lambda: role(leader) == "standby", within=3)
        told = commands(fleet)
        assert "standby" in refusal(leader)
        fleet.tamper(fleet.miners[0], lambda device: device.miner.stop())
        append_as_another(database_url)
        assert stays(lambda: commands(fleet) == told, during=1.5)
        assert leader.status()["target_power_kw"] is None
    wait_until(lambda: role(leader) == "leader", within=TAKEN_OVER_WITHIN)
    wait_until(lambda: hashing(fleet) == 0)


def test_a_leader_that_finds_anothers_event_in_its_log_starts_anew_from_the_log(
    servers: tuple[SimulatedFleet, ServerProcess, ServerProcess], database_url: str
) -> None:
    fleet, first, _ = servers
    leader = first.start()
    leader.wait_for_miners(2)
    leader.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    append_as_another(database_url)
    refusal(leader, "/api/activate", {"activationPowerInKw": 1.0})
    wait_until(lambda: hashing(fleet) == 0)
    wait_until(lambda: leader.status()["state"] == "standby")
    assert leader.status()["target_power_kw"] is None
    leader.activate(2.92)
    wait_until(lambda: hashing(fleet) == 2)
    assert "Another writer has appended" in first.log()
    assert "This server leads the fleet" in first.log()
