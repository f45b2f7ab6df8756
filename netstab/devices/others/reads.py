"""What the readers of this room have in common: they look, and have no way to change anything."""

import asyncio
from contextlib import suppress
from typing import Any

from netstab.devices.antminer import api_protocol
from netstab.devices.antminer.loose_json import parse
from netstab.devices.figures import NO_POWER
from netstab.devices.models import UNKNOWN, model_named
from netstab.devices.port import Activity, Details, Endpoint, Firmware, Identity, Pool, Reading
from netstab.devices.transport import ask_api
from netstab.devices.web import Web
from netstab.errors import DeviceError, NotAMiner
from netstab.power.unit import Capabilities
from netstab.units import GigahashPerSecond, Seconds, Watts
from netstab.wire.bounds import after

__all__ = ["READ", "ApiReads", "WebReads", "looked", "page", "seen_as"]

READ = Seconds(3.0)


class ApiReads:
    """`netstab.devices.port.Readable` of machines that speak the miners' API; `read` makes the reading."""

    firmware = Firmware.UNKNOWN

    def __init__(self, web: Web) -> None:
        self._web = web

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await self.read(endpoint, after(READ))

    def probe(self, endpoint: Endpoint) -> Reading:
        return asyncio.run(self.poll(endpoint))

    async def read(self, endpoint: Endpoint, expires: float) -> Reading:
        answer = await ask_api(endpoint, api_protocol.SUMMARY, expires)
        return api_protocol.reading_of_summary(answer, model_named(UNKNOWN))

    def identify(self, endpoint: Endpoint) -> Identity:
        raise NotImplementedError

    def details(self, endpoint: Endpoint) -> Details:
        pools: tuple[Pool, ...] = ()
        reading = self.probe(endpoint)
        with suppress(DeviceError):  # what it is and does is told all the same
            pools = asyncio.run(self.pools(endpoint))
        return Details(reading, {}, {}, {}, pools, {})

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return api_protocol.parse_pools(await ask_api(endpoint, api_protocol.POOLS, after(READ)))


class WebReads:
    """`netstab.devices.port.Readable` of machines that are asked over HTTP."""

    firmware = Firmware.UNKNOWN

    def __init__(self, web: Web) -> None:
        self._web = web.logged_in(None)

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await asyncio.to_thread(self.probe, endpoint)

    def probe(self, endpoint: Endpoint) -> Reading:
        raise NotImplementedError

    def identify(self, endpoint: Endpoint) -> Identity:
        raise NotImplementedError

    def details(self, endpoint: Endpoint) -> Details:
        return Details(self.probe(endpoint), {}, {}, {}, (), {})

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return ()


def page(web: Web, endpoint: Endpoint, path: str, expires: float) -> dict[str, Any]:
    """GET a JSON object; `NotAMiner` for whatever else answers there."""
    answer = web.ask(endpoint, path, expires=expires)
    if answer.status != 200 or not answer.body.lstrip().startswith(b"{"):
        raise NotAMiner(f"What answers there (status {answer.status}) does not tell what a miner would.")
    return parse(answer.body)


def seen_as(model: str, version: str, mac: str = "", hostname: str = "") -> Identity:
    """Return the identity of what is read and never controlled; its `version` begins with its maker."""
    return Identity(model, Firmware.UNKNOWN, version, mac, hostname, None, Capabilities())


def looked(
    activity: Activity,
    power: float | None,
    hashrate: float,
    elapsed: float | None,
    fans: tuple[int, ...] = (),
) -> Reading:
    """Return a reading; a machine that gives no figure of its power is shown with 0 W, and why."""
    return Reading(
        activity=activity,
        power=Watts(power or 0.0),
        hashrate=GigahashPerSecond(hashrate),
        setting=None,
        elapsed=None if elapsed is None else Seconds(elapsed),
        boards=(),
        fans=fans,
        uncertain="" if power is not None or activity is Activity.STOPPED else NO_POWER,
    )
