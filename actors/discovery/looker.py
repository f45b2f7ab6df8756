"""Looks at addresses on the device runner's loop, and at where machines that were seen are known besides.

It registers nobody and decides nothing. Nothing outside the allowed networks is looked at.
"""

from collections.abc import Callable, Container, Coroutine, Sequence
from typing import Any

from actors.discovery.registrar import Registrar
from actors.discovery.scan import Sighting, Surveyed, Swept
from actors.discovery.sweep import Sweep, hosts, one, sights
from netstab.devices.port import Endpoint
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import DeviceError
from netstab.reach import Network
from netstab.settings import Settings
from netstab.units import MinerId

__all__ = ["Looker"]

Done = Callable[[Surveyed | DeviceError], None]
"""Told on the loop's thread what was seen: it must not block."""


class Looker:
    def __init__(self, runner: DeviceRunner, web: Web, settings: Settings, registrar: Registrar) -> None:
        self._runner = runner
        self._web = web
        self._settings = settings
        self._registrar = registrar

    def scan(
        self, addresses: Sequence[MinerId], looked_at: Callable[[Sighting | None], None], done: Done
    ) -> None:
        """Look at all these addresses; `looked_at` is told of each."""
        sweep = Sweep(self._runner, self._web, looked_at)
        self._survey(sweep.over([self.endpoint(each) for each in addresses]), done)

    def search(self, network: Network, passed_over: Container[MinerId], done: Done) -> int:
        """Look quietly at the rest of a block; gives at how many addresses."""
        endpoints = [self.endpoint(each) for each in hosts(network) if each not in passed_over]
        sweep = Sweep(self._runner, self._web, lambda _sighting: None, quiet=True)
        self._survey(sweep.over(endpoints), done)
        return len(endpoints)

    def look(self, endpoint: Endpoint, done: Done) -> None:
        """Look at one address."""
        self._survey(one(endpoint, self._runner, self._web), done)

    def endpoint(self, miner_id: MinerId, api_port: int | None = None) -> Endpoint:
        """Return where a miner is looked for; one added with a port of its own keeps that, if allowed."""
        known = self._registrar.known(miner_id)
        keeps = known is not None and self._settings.reach.takes_port(known.api_port)
        usual = known.api_port if known and keeps else self._settings.api_port
        return Endpoint(miner_id, api_port or usual, self._settings.http_port)

    def _survey(self, sweep: Coroutine[Any, Any, Swept], done: Done) -> None:
        async def survey() -> Surveyed:
            swept = await sweep
            former = self._former(swept.found)
            return Surveyed(swept, await sights(former, self._runner, self._web))

        self._runner.submit_coroutine(survey(), done)

    def _former(self, found: Sequence[Sighting]) -> list[Endpoint]:
        reach = self._settings.reach
        known = self._registrar.former(found)
        return [each for each in known if reach.takes(each.miner_id, each.api_port, each.http_port)]
