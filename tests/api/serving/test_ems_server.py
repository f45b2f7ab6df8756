"""The EMS before all others: a listener of its own, and the precedence of its calls."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from stub_fleet import StubFleet, dependencies
from waiting import PATIENCE, wait_until

from api.app import create_ems_app, create_ems_server, create_server
from api.serving.connections import to_give_way
from api.serving.precedence import Precedence
from api.serving.server import Server
from netstab.units import Seconds


@pytest.fixture
def precedence() -> Precedence:
    return Precedence()


@pytest.fixture
def ems(fleet: StubFleet, precedence: Precedence, patient: None) -> Iterator[str]:
    """Give the URL of a server for the EMS alone."""
    server = create_ems_server(create_ems_app(dependencies(fleet)), "127.0.0.1", 0, precedence, 50)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop(Seconds(PATIENCE))


def test_the_port_of_the_ems_has_its_calls_and_nothing_else(ems: str, fleet: StubFleet) -> None:
    assert requests.get(f"{ems}/api/status", timeout=PATIENCE).status_code == 200
    assert requests.get(f"{ems}/healthz", timeout=PATIENCE).status_code == 200
    body = {"activationPowerInKw": 1}
    assert requests.post(f"{ems}/api/activate", json=body, timeout=PATIENCE).status_code == 200
    assert requests.post(f"{ems}/api/deactivate", timeout=PATIENCE).status_code == 200
    assert len(fleet.given) == 2
    for path in ("/", "/dashboard/api/status", "/openapi.json", "/static/plotly.min.js"):
        with requests.get(ems + path, timeout=PATIENCE) as answer:
            assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "NOT_FOUND")


def test_names_and_pages_of_others_are_refused_there_too(ems: str) -> None:
    foreign = requests.get(f"{ems}/api/status", headers={"Host": "rebound.example"}, timeout=PATIENCE)
    assert foreign.headers["X-Error-Code"] == "UNKNOWN_HOST"
    page = requests.post(f"{ems}/api/deactivate", headers={"Origin": "http://a.example"}, timeout=PATIENCE)
    assert page.headers["X-Error-Code"] == "FOREIGN_SITE"


class Stuck:
    """An application whose every answer waits until it is let go."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.busy = 0
        self._lock = threading.Lock()

    def __call__(self, _environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        with self._lock:
            self.busy += 1
        assert self.free.wait(PATIENCE)
        start_response("200 OK", [("Content-Length", "0")])
        return []


@pytest.fixture
def stuck_server(precedence: Precedence) -> Iterator[Server]:
    """Run the other server of the process with all its threads held up, that of its sockets too."""
    application: Any = Stuck()
    server = create_server(application, "127.0.0.1", 0, precedence)
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    asked = [f"{url}/api/{call}" for call in ("status", "activate", "deactivate")] * 4
    asked += [f"{url}/dashboard"] * 14
    with ExitStack() as stack:
        stack.callback(server.stop, Seconds(PATIENCE))
        clients = stack.enter_context(ThreadPoolExecutor(60))
        stack.callback(application.free.set)
        for number, path in enumerate(asked * 2):
            ask = requests.post if number % 2 else requests.get
            clients.submit(ask, path, timeout=PATIENCE)
        wait_until(lambda: application.busy >= 12 + 14)
        held = threading.Event()

        def hold() -> None:
            held.set()
            application.free.wait(PATIENCE)

        server._on_loop(hold)
        assert held.wait(PATIENCE)
        yield server


@pytest.mark.usefixtures("stuck_server")
def test_the_ems_is_served_while_every_other_thread_is_held_up(ems: str) -> None:
    for _ in range(20):
        assert requests.get(f"{ems}/api/status", timeout=PATIENCE).status_code == 200
        assert requests.post(f"{ems}/api/deactivate", timeout=PATIENCE).status_code == 200


def test_what_is_not_the_emss_begins_when_no_call_of_the_ems_is_under_way(
    precedence: Precedence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.serving.precedence._LONGEST", PATIENCE)
    begun = threading.Event()

    def later() -> None:
        precedence.give_way()
        begun.set()

    precedence.begin()
    precedence.begin()
    other = threading.Thread(target=later)
    other.start()
    precedence.end()
    assert not begun.wait(0.05)
    precedence.end()
    assert begun.wait(PATIENCE)
    other.join()


def test_a_call_of_the_ems_that_hangs_keeps_others_waiting_for_a_moment_only(
    precedence: Precedence, app: Any
) -> None:
    server = create_server(app, "127.0.0.1", 0, precedence)
    server.start()
    precedence.begin()
    url = f"http://127.0.0.1:{server.port}/dashboard/api/status"
    assert [requests.get(url, timeout=PATIENCE).status_code for _ in range(5)] == [200] * 5
    precedence.end()
    server.stop(Seconds(PATIENCE))


@dataclass(frozen=True)
class Connection:
    addr: tuple[str, int]
    served_at: float
    reserved: bool = False
    in_turn: bool = False


def test_connections_that_have_just_come_or_are_the_emss_give_way_last() -> None:
    now = time.monotonic()
    crowd = [Connection(("127.0.0.2", n), now - 9) for n in range(3)]
    silent = Connection(("127.0.0.3", 1), now - 60)
    fresh = Connection(("127.0.0.4", 1), now)
    ems = Connection(("127.0.0.2", 9), now - 90, reserved=True)
    busy = Connection(("127.0.0.2", 8), now - 99, in_turn=True)
    everyone = [ems, fresh, busy, silent, *crowd]
    assert to_give_way(everyone, 9, now) == [*crowd, silent, fresh, ems]
    assert to_give_way(everyone, 1, now) == crowd[:1]
