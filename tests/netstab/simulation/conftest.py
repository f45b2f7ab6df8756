"""Simulated miners without sockets, and the few lines that talk to one with sockets."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from requests.auth import HTTPDigestAuth
from waiting import PATIENCE

from netstab.simulation.build import build_devices
from netstab.simulation.device import Device
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Miner
from netstab.simulation.population import Unit
from netstab.simulation.profiles import DOCUMENT, Profile
from netstab.simulation.supply import Supply
from netstab.units import MinerId

FIXTURES = Path(__file__).parents[2] / "fixtures" / "s9"


@pytest.fixture
def recorded() -> Callable[[str], str]:
    return lambda name: (FIXTURES / name).read_bytes().decode()


@pytest.fixture
def repaired() -> Callable[[bytes | str], dict[str, Any]]:
    """Read an answer as a tolerant client would."""

    def read(answer: bytes | str) -> dict[str, Any]:
        text = answer if isinstance(answer, str) else answer.decode()
        document: dict[str, Any] = json.loads(text.rstrip("\0\n").replace("}{", "},{"), strict=False)
        return document

    return read


@pytest.fixture
def new_miner() -> Callable[..., Miner]:
    """Make a full miner of a profile; `seed` decides its chance."""

    def make(profile: Profile = DOCUMENT, *, seed: int = 0, asleep: bool = False, **changes: Any) -> Miner:
        values: dict[str, Any] = {
            "stock": False,
            "name": "Antminer S9 (vnish 3.9.0)",
            "locked": False,
            "chips": (63, 63, 63),
            "frequency": 650,
            "asicboost": False,
            "power_factor": 1.0,
            "hashrate_factor": 1.0,
            "idle_power": 50.0,
            "ambient": 25.0,
        }
        supply = changes.pop("supply", None) or Supply()
        return Miner(Unit(**(values | changes)), profile, supply, Random(seed), asleep=asleep)

    return make


@pytest.fixture
def device(new_miner: Callable[..., Miner]) -> Device:
    return Device(MinerId("127.0.1.1"), 0, new_miner())


@pytest.fixture
def stock_device(new_miner: Callable[..., Miner]) -> Device:
    return Device(MinerId("127.0.1.1"), 0, new_miner(stock=True, name="Antminer S9"))


@pytest.fixture
def fleet() -> Iterator[SimulatedFleet]:
    """Two hashing miners on free ports; their time is what a test skips."""
    with SimulatedFleet(2, clock=lambda: 0.0) as running:
        yield running


@pytest.fixture
def ask() -> Callable[..., bytes]:
    """Send one request to a miner's API port and read until it closes."""

    def send(fleet: SimulatedFleet, miner_id: str, request: bytes, timeout: float = PATIENCE) -> bytes:
        with socket.create_connection((miner_id, fleet.api_port), timeout) as connection:
            connection.sendall(request)
            answer = b""
            while received := connection.recv(65536):
                answer += received
            return answer

    return send


@pytest.fixture
def browser() -> Iterator[Callable[..., requests.Response]]:
    """Call a script of a miner's web server, logged in as root."""
    with requests.Session() as session:

        def call(
            fleet: SimulatedFleet,
            miner_id: str,
            script: str,
            form: str | None = None,
            *,
            key: str = "root",
            timeout: float = PATIENCE,
        ) -> requests.Response:
            if not isinstance(session.auth, HTTPDigestAuth) or session.auth.password != key:
                session.auth = HTTPDigestAuth("root", key)
            url = f"http://{miner_id}:{fleet.http_port}/cgi-bin/{script}"
            method = "GET" if form is None else "POST"
            return session.request(method, url, data=form, timeout=timeout)

        yield call


@pytest.fixture
def built() -> Callable[..., list[Device]]:
    def build(count: int, profile: Profile, seed: int = 1, *, asleep: bool = False) -> list[Device]:
        return list(build_devices(count, "127.0.1.1", profile, seed, asleep=asleep).values())

    return build
