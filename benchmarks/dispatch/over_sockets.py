"""A simulated fleet and the real server over sockets, on loopback alone, and an EMS that orders by HTTP."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from netstab.server.wiring import System, running
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.virtual.site import FIRST_ADDRESS, Site
from netstab.units import Timestamp, WallTime

__all__ = ["Ems", "Watched", "serving", "simulated"]

_FOUND_WITHIN = 60.0


@dataclass(slots=True)
class Watched:
    """The fleet's true power in W at moments of physics, in s."""

    times: list[float] = field(default_factory=list)
    power: list[float] = field(default_factory=list)

    def look(self, fleet: SimulatedFleet) -> None:
        self.times.append(fleet.now())
        self.power.append(fleet.true_power())

    def watch(self, fleet: SimulatedFleet, seconds: float) -> None:
        """Look twice a second for so long."""
        begun = time.monotonic()
        while (left := begun + seconds - time.monotonic()) > 0:
            self.look(fleet)
            time.sleep(min(0.5, left))


class Ems:
    """Orders as an EMS does; `wait_for_miners` raises `SystemExit` where they are not found in time."""

    def __init__(self, session: requests.Session, system: System) -> None:
        session.trust_env = False
        self._session, self._base = session, f"http://127.0.0.1:{system.port}"

    def order(self, power: float) -> None:
        """Have the fleet draw so many W, 0 for standby."""
        path, body = "activate", {"activationPowerInKw": round(power / 1000, 3)}
        if not power:
            path, body = "deactivate", {}
        answer = self._session.post(f"{self._base}/api/{path}", json=body, timeout=10).json()
        assert answer["accepted"], answer

    def wait_for_miners(self, count: int) -> None:
        deadline = time.monotonic() + _FOUND_WITHIN
        while True:
            answer = self._session.get(f"{self._base}/dashboard/api/status", timeout=10)
            status: dict[str, Any] = answer.json()
            if status.get("online_miners") == count and status["state"] != "initializing":
                return
            if time.monotonic() > deadline:
                raise SystemExit(f"The simulated fleet was not found: {status}")
            time.sleep(0.2)


@contextmanager
def simulated(site: Site) -> Iterator[tuple[SimulatedFleet, Path]]:
    """Serve a site's miners, asleep, and give a folder for the server's log."""
    with tempfile.TemporaryDirectory(prefix="netstab-bench-") as folder:
        fleet = SimulatedFleet(
            site.count, first_address=FIRST_ADDRESS, profile=site.profile, seed=site.seed, asleep=True
        )
        with fleet:
            yield fleet, Path(folder)


@contextmanager
def serving(site: Site, fleet: SimulatedFleet, folder: Path) -> Iterator[System]:
    """Run the server on the log in the folder, with the physics' time as its clocks."""
    environment = {
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
        "MINER_NETWORK_CIDR": f"{FIRST_ADDRESS.rpartition('.')[0]}.0/24",
        "MINER_API_PORT": str(fleet.api_port),
        "MINER_HTTP_PORT": str(fleet.http_port),
        "POWER_CONTROL_MODE": site.mode.value,
        "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
    }
    clocks = (lambda: Timestamp(fleet.now())), (lambda: WallTime(fleet.now()))
    with running(read_settings(environment), *clocks) as system:
        yield system
