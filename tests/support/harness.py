"""What the stories are told with: an HTTP client, a bounded wait, and a server in a process of its own."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Self

import requests
from waiting import PATIENCE, running_time, stays, wait_until

from netstab.server.wiring import System
from netstab.simulation.device import Request
from netstab.simulation.fleet import SimulatedFleet
from netstab.simulation.physics import Stage

__all__ = [
    "SERVE",
    "Api",
    "Controller",
    "NewController",
    "NewFleet",
    "NewProcess",
    "ServerProcess",
    "asleep",
    "block",
    "commands",
    "environment",
    "hashing",
    "stages",
    "stays",
    "still",
    "wait_until",
    "wakes",
]

SERVE = (sys.executable, "-m", "netstab", "serve")


class Api:
    """A client of both APIs, as an EMS or a dashboard would have it."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.port = port
        self.base = f"http://{host}:{port}"
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def show(self, token: str) -> None:
        """Show a token with all that is asked from now on, none if it is empty."""
        self._session.headers.update({"Authorization": f"Bearer {token}"} if token else {})

    def get(self, path: str) -> requests.Response:
        return self._session.get(self.base + path, timeout=PATIENCE)

    def post(self, path: str, body: object) -> requests.Response:
        return self.request("POST", path, body)

    def patch(self, path: str, body: object) -> requests.Response:
        return self.request("PATCH", path, body)

    def delete(self, path: str) -> requests.Response:
        return self.request("DELETE", path, None)

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def request(self, method: str, path: str, body: object) -> requests.Response:
        """Ask, and say it again where the host was too busy to hear it in time."""
        deadline = running_time() + PATIENCE
        while (answer := self.once(method, path, body)).headers.get("X-Error-Code") == "TOO_LATE":
            assert running_time() < deadline, answer.text
        return answer

    def once(self, method: str, path: str, body: object) -> requests.Response:
        """Ask, and take whatever comes: a host that was too busy as well."""
        return self._session.request(method, self.base + path, json=body, timeout=PATIENCE)

    def tell(self, path: str, body: object) -> Any:
        """Post what is to be accepted; gives the answer's body."""
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def scan(self, body: object) -> Any:
        """Scan, again where another scan went on or this one took too long; gives the answer's body."""

        def scanned() -> Any:
            answer = self.post("/dashboard/api/discovery/scan", body)
            if answer.headers.get("X-Error-Code") in ("SCAN_RUNNING", "SCAN_TIMEOUT"):
                return None
            assert answer.status_code == 200, answer.text
            return answer.json()

        return wait_until(scanned)

    def activate(self, kilowatts: float) -> str:
        answer = self.tell("/api/activate", {"activationPowerInKw": kilowatts})
        assert answer["accepted"] is True
        return str(answer["message"])

    def deactivate(self) -> None:
        assert self.tell("/api/deactivate", {})["accepted"] is True

    def status(self) -> Any:
        return self.read("/dashboard/api/status")

    def history(self) -> list[dict[str, Any]]:
        """Return all commands, the newest first."""
        commands: list[dict[str, Any]] = self.read("/dashboard/api/history?limit=1000")["commands"]
        return commands

    def actor(self, miner_id: str) -> Any:
        return self.read(f"/dashboard/api/miners/{miner_id}/actor")

    def wait_for(self, within: float = PATIENCE, **fields: object) -> Any:
        """Wait until the dashboard's status shows these values, and give it."""
        deadline = running_time() + within

        def shown() -> Any:
            status = self.status()
            if fields.items() <= status.items():
                return status
            assert running_time() < deadline, self._standing(fields)
            return None

        return wait_until(shown, within + PATIENCE)

    def _standing(self, wanted: object) -> str:
        """Say why nothing goes on, for whoever reads of a failure on another machine."""
        miners = self.read("/dashboard/api/miners")
        actors = [self.actor(miner["miner_id"]) for miner in miners[:8]]
        return "\n".join(map(str, (wanted, self.status(), *actors)))

    def wait_for_miners(self, count: int) -> None:
        """Wait until so many miners are registered and known, and commands are pursued."""
        self.wait_for(total_miners=count, online_miners=count)
        wait_until(lambda: self.status()["state"] != "initializing")


class Controller(Api):
    """A server that runs in this process, with its client."""

    def __init__(self, system: System) -> None:
        super().__init__(system.port)
        self.fleet = system.fleet


class ServerProcess:
    """`netstab serve`, or a command that becomes it, from `start` until it ends or is killed."""

    def __init__(self, environment: Mapping[str, str], stderr: Path) -> None:
        self._environment = environment
        self._stderr = stderr
        self._process: subprocess.Popen[str] | None = None
        self._clients: list[Api] = []
        self.ems_port = 0

    def start(self, command: tuple[str, ...] = SERVE) -> Api:
        """Start it and give a client of it; the log of all starts goes into one file.

        It is started again where this host was too slow for its database, as who runs servers would do.
        """
        for _ in range(5):
            line = self._begun(command)
            if line.startswith("Listening on http://127."):
                host, _, port = line.rpartition("/")[2].rpartition(":")
                self.ems_port = self._ems_port()
                self._clients.append(Api(int(port), host))
                return self._clients[-1]
            self.wait()
            if "timeout" not in self.log():
                break
        raise AssertionError(self.log())

    def _begun(self, command: tuple[str, ...]) -> str:
        """Start it and give the first line that it prints."""
        with self._stderr.open("a") as stderr:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**_inherited(), **self._environment},
            )
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _ems_port(self) -> int:
        """Read which port the EMS has for itself, where it is to have one."""
        if "EMS_PORT" not in self._environment:
            return 0
        assert self._process is not None
        assert self._process.stdout is not None
        return int(self._process.stdout.readline().partition("127.0.0.1:")[2].split()[0])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def limit_files(self, size: int) -> None:
        """Let no file of the process grow beyond a size in bytes, as a full disk would."""
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def end(self, number: signal.Signals) -> int:
        """Signal it and give its exit status."""
        self.send(number)
        return self.wait()

    def wait(self) -> int:
        assert self._process is not None
        with self._process:
            return self._process.wait(PATIENCE)

    def log(self) -> str:
        return self._stderr.read_text()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self._process is not None:
            self._process.kill()  # nothing happens to one that has ended
            self.wait()


NewFleet = Callable[..., SimulatedFleet]
NewController = Callable[..., Controller]
NewProcess = Callable[..., ServerProcess]


def _inherited() -> dict[str, str]:
    """Return the environment of the tests without what would reach into the server."""
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


def environment(fleet: SimulatedFleet, folder: Path, **changes: str) -> dict[str, str]:
    """Return the settings of a server for a fleet; its address block is always one on loopback."""
    return {
        "NETSTAB_HOST": "127.0.0.1",
        "NETSTAB_PORT": "0",
        "MINER_NETWORK_CIDR": str(block(fleet)),
        "MINER_API_PORT": str(fleet.api_port),
        "MINER_HTTP_PORT": str(fleet.http_port),
        "POLL_INTERVAL_SECONDS": "0.2",
        "DISPATCH_PRESET": "document",
        "LOG_FORMAT": "text",
        "DATABASE_URL": f"sqlite:///{folder / 'log.db'}",
    } | changes


def block(fleet: SimulatedFleet) -> IPv4Network:
    """Return the address block that a fleet has for itself."""
    prefix = 28 if len(fleet.miners) <= 14 else 24
    return IPv4Network((fleet.miners[0], prefix), strict=False)


def still(api: Api, predicate: Callable[[], bool], during: float = 1.0) -> bool:
    """Say whether something stays true so long, and until the fleet has decided twice more."""
    decided = {api.status()["last_update"]}

    def goes_on() -> bool:
        decided.add(api.status()["last_update"])
        return len(decided) < 3

    deadline = running_time() + during
    while running_time() < deadline or goes_on():
        if not stays(predicate, 0.1):
            return False
        assert running_time() < deadline + PATIENCE, "the fleet decides no more"
    return predicate()


def stages(fleet: SimulatedFleet) -> list[Stage]:
    return [fleet.inspect(miner_id).stage for miner_id in fleet.miners]


def hashing(fleet: SimulatedFleet) -> int:
    return stages(fleet).count(Stage.HASHING)


def asleep(fleet: SimulatedFleet) -> bool:
    return all(stage is Stage.DOWN for stage in stages(fleet))


def commands(fleet: SimulatedFleet) -> list[Request]:
    """Return everything that miners were told to change, in the order of its arrival."""
    return sorted(request for miner_id in fleet.miners for request in fleet.commands(miner_id))


def wakes(fleet: SimulatedFleet) -> list[Request]:
    return [request for request in commands(fleet) if request.text.endswith("mode=0")]
