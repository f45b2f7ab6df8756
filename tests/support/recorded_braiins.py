"""Recorded machines on Braiins OS: their answers over REST, or over the GraphQL of one that is older."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from canned_miner import MAKERS
from own_address import own_address

from netstab.devices.port import Endpoint
from netstab.simulation.faces.face import Face, HttpRequest, WebAnswer
from netstab.simulation.faces.fleet import FaceFleet
from netstab.simulation.faces.machine import Build, Machine
from netstab.simulation.tunable import Law
from netstab.units import MinerId

__all__ = ["RecordedBraiins", "recorded_braiins"]

API = "/api/v1/"
FILES = {
    "version": "version",
    "miner/details": "miner_details",
    "miner/stats": "miner_stats",
    "performance/tuner-state": "performance_tuner_state",
    "configuration/miner": "configuration_miner",
    "miner/hw/hashboards": "miner_hw_hashboards",
    "cooling/state": "cooling_state",
    "pools": "pools",
    "actions/locate": "actions_locate",
}
CONSTRAINTS = {"power_target": {"default": {"watt": 3500}, "min": {"watt": 1000}, "max": {"watt": 3500}}}
"""Made by hand, by the vendor's description: none was recorded."""

RPC_VERSION = (MAKERS / "braiins_24_09_graphql" / "version.json").read_bytes()


class RecordedBraiins(Face):
    """Says what one machine said, and takes no command. `pages` are answers in the place of its own."""

    def __init__(self, folder: str) -> None:
        law = Law(idle=0.0, start=(0.0, 0.0), rises=1.0, falls=1.0)
        super().__init__(Machine(Build("recorded", "", 1.0, 1.0, 1.0, law), Random(0)))
        self.folder = folder
        self.pages: dict[str, WebAnswer] = {}
        self.asked: list[HttpRequest] = []

    def api(self, request: bytes) -> bytes | None:
        return RPC_VERSION + b"\0" if b"version" in request else b'{"STATUS":[{"STATUS":"E"}]}\0'

    def web(self, request: HttpRequest) -> WebAnswer | None:
        self.asked.append(request)
        path = request.path.removeprefix(API).rstrip("/")
        if path in self.pages:
            return self.pages[path]
        if self.folder.endswith("graphql"):
            return self._graphql(request)
        if path == "auth/login":
            return WebAnswer(b'{"token":"t0k3n","timeout_s":3600}')
        if request.headers.get("authorization") != "t0k3n":
            return WebAnswer(b"", "401 Unauthorized")
        if path == "configuration/constraints":
            return WebAnswer(json.dumps({"tuner_constraints": CONSTRAINTS}).encode())
        if request.method != "GET" or path not in FILES:
            return WebAnswer(b"", "404 Not Found")
        return WebAnswer((MAKERS / self.folder / f"{FILES[path]}.json").read_bytes())

    def _graphql(self, request: HttpRequest) -> WebAnswer:
        if request.path != "/graphql":
            return WebAnswer(b"", "405 Method Not Allowed" if request.method == "POST" else "404 Not Found")
        system, boards = (
            json.loads((MAKERS / self.folder / f"gql_{name}.json").read_bytes())
            for name in ("system", "boards")
        )
        info = system["data"]["bosminer"]["info"]
        info["workSolver"] |= boards["data"]["bosminer"]["info"]["workSolver"]
        return WebAnswer(json.dumps(system).encode())


@contextmanager
def recorded_braiins(
    folder: str, kind: type[RecordedBraiins] = RecordedBraiins
) -> Iterator[tuple[Endpoint, RecordedBraiins]]:
    """Serve one machine of `tests/fixtures/makers`."""
    at, face = MinerId(own_address()), kind(folder)
    with FaceFleet({at: face}, clock=lambda: 0.0) as fleet:
        yield Endpoint(at, fleet.api_port, fleet.http_port), face
