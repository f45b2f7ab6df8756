"""The whole product over real sockets: a simulated fleet, and a server here or in a process of its own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from harness import Controller, NewController, NewFleet, NewProcess, ServerProcess, environment
from postgres_server import PostgresServer, postgres
from waiting import PATIENCE, running_time

from netstab.server.wiring import running
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet

__all__ = ["postgres"]

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_BLOCKS = count(1)

SPEED = 40.0
"""Seconds of physics in one: a wake of 5 to 10 s takes a quarter of a second."""

IMPATIENCE = 1.0


@pytest.fixture
def new_fleet() -> Iterator[NewFleet]:
    """Make simulated miners in an address block of their own; asleep, and in the host's running time."""
    with ExitStack() as stack:

        def make(miners: int = 2, **options: Any) -> SimulatedFleet:
            chosen: dict[str, Any] = {"speed": SPEED, "asleep": True, "clock": running_time}
            first = f"127.{100 + _WORKER}.{next(_BLOCKS)}.1"
            return stack.enter_context(SimulatedFleet(miners, first_address=first, **(chosen | options)))

        yield make


@pytest.fixture
def new_controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewController]:
    """Run the whole system in this process; it takes commands however late the host lets it hear them."""
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", PATIENCE)
    with ExitStack() as stack:

        def make(fleet: SimulatedFleet, **changes: str) -> Controller:
            settings = read_settings(environment(fleet, tmp_path, **changes))
            system = stack.enter_context(running(settings))
            return stack.enter_context(Controller(system))

        yield make


@pytest.fixture
def new_process(tmp_path: Path) -> Iterator[NewProcess]:
    """Prepare `netstab serve` for a fleet; killed at the end if it still runs."""
    with ExitStack() as stack:

        def make(fleet: SimulatedFleet, **changes: str) -> ServerProcess:
            process = ServerProcess(environment(fleet, tmp_path, **changes), tmp_path / "stderr.txt")
            stack.callback(process.close)
            return process

        yield make


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> float:
    """Have a server in this process give up silent miners sooner; gives after how many seconds."""
    for deadline in ("reads.API_POLL", "reads.WEB_READ", "vnish.WEB_READ", "vnish.COMMAND"):
        monkeypatch.setattr(f"netstab.devices.antminer.{deadline}", IMPATIENCE)
    return IMPATIENCE


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'log.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def fleet(new_fleet: NewFleet) -> SimulatedFleet:
    """Two sleeping miners."""
    return new_fleet()


@pytest.fixture
def controller(fleet: SimulatedFleet, new_controller: NewController) -> Controller:
    """A server that knows both miners."""
    controller = new_controller(fleet)
    controller.wait_for_miners(len(fleet.miners))
    return controller
