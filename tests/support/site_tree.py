"""Sites at loopback addresses of their own, each a process with a server, and one above them."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import Api, Controller, ServerProcess, environment
from over_web import server_over_web
from waiting import running_time, wait_until

from netstab.simulation.fleet import SimulatedFleet

__all__ = ["SiteAt", "Tree", "upper_server"]

SPEED = 40.0


@dataclass
class SiteAt:
    """One site: its miners and its server, at an address of its own."""

    address: str
    fleet: SimulatedFleet
    process: ServerProcess
    api: Api

    @property
    def target_kw(self) -> float | None:
        target: float | None = self.api.read("/dashboard/api/dispatch")["target_power_kw"]
        return target

    @property
    def told(self) -> int:
        """How many events of its log are of what it was told as by an EMS."""
        return sum(one["source"] == "ems" for one in self.api.history())

    def is_lost(self) -> None:
        """Its power and its server are gone at once."""
        self.process.end(signal.SIGKILL)
        for miner_id in self.fleet.miners:
            self.fleet.tamper(miner_id, lambda device: device.miner.cut_power())


class Tree:
    """Sites at block 1, 2, … on one port; of `miners` each, in blocks of their own; `token` reads them."""

    def __init__(
        self, block: str, sites: int, miners: int, folder: Path, *, token: str = "", **changes: str
    ) -> None:
        self._token = token
        self._block, self._folder = block, folder
        self._stack = ExitStack()
        self._port = "0"
        self.sites: list[SiteAt] = []
        for number in range(1, sites + 1):
            self.sites.append(self._site(number, miners, changes))
        for site in self.sites:
            site.api.wait_for_miners(miners)

    def _site(self, number: int, miners: int, changes: dict[str, str]) -> SiteAt:
        first = f"{self._block.rpartition('.')[0].rpartition('.')[0]}.{100 + number}.1"
        fleet = SimulatedFleet(miners, first_address=first, speed=SPEED, asleep=True, clock=running_time)
        self._stack.enter_context(fleet)
        folder = self._folder / f"site-{number}"
        folder.mkdir()
        address = f"{self._block}{number}"
        settings = {"NETSTAB_HOST": address, "NETSTAB_PORT": self._port, **changes}
        process = ServerProcess(environment(fleet, folder, **settings), folder / "stderr.txt")
        self._stack.callback(process.close)
        api = process.start()
        api.show(self._token)
        self._port = str(api.port)
        return SiteAt(address, fleet, process, api)

    @property
    def port(self) -> int:
        return int(self._port)

    def close(self) -> None:
        self._stack.close()


@contextmanager
def upper_server(tree: Tree, block: str, folder: Path, **changes: str) -> Iterator[Controller]:
    """Run the server above them in this process; it asks its sites often."""
    changes = {"POLL_INTERVAL_SECONDS": "0.5", **changes}
    with server_over_web(block, tree.port, folder, changes) as upper:
        upper.base = f"http://{changes.get('NETSTAB_HOST', '127.0.0.1')}:{upper.port}"
        upper.wait_for_miners(len(tree.sites))
        wait_until(lambda: upper.status()["rated_power_kw"] > 0)
        yield upper
