"""Looks over addresses for miners, many at once, on the loop of the device runner. Reads only."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from actors.scan import Sighting
from netstab.devices.drivers import driver_for, identify
from netstab.devices.port import Endpoint, Identity, Reading
from netstab.devices.runner import DeviceRunner, Lane
from netstab.devices.transport import is_open
from netstab.devices.web import Web
from netstab.errors import DeviceError, Unauthorized, Unreachable
from netstab.units import MinerId

__all__ = ["sight", "sweep"]

T = TypeVar("T")

AT_ONCE = 512
"""Addresses looked at together: a /24 takes one connect time-out and one identification."""

IDENTIFIED_AT_ONCE = 32
"""Fewer than the runner's threads, so that a scan leaves room for the miners that are known already."""

CONNECT_S = 1.5


async def sweep(
    endpoints: Iterator[Endpoint],
    runner: DeviceRunner,
    web: Web,
    looked_at: Callable[[Sighting | None], None],
) -> tuple[Sighting, ...]:
    """Look at every address; `looked_at` is told of each, with what was found there."""
    found: list[Sighting] = []
    identifying = asyncio.Semaphore(IDENTIFIED_AT_ONCE)

    async def worker() -> None:
        for endpoint in endpoints:
            sighting = None
            if await is_open(endpoint.miner_id, (endpoint.http_port, endpoint.api_port), CONNECT_S):
                async with identifying:
                    sighting = await sight(endpoint, runner, web)
            if sighting is not None:
                found.append(sighting)
            looked_at(sighting)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return tuple(sorted(found, key=lambda sighting: _order(sighting.endpoint.miner_id)))


async def sight(endpoint: Endpoint, runner: DeviceRunner, web: Web) -> Sighting | None:
    """Find out what is there; None if it is no miner or does not answer."""
    try:
        identity: Identity | None = await _identified(endpoint, runner, web)
    except Unauthorized:
        identity = None
    except DeviceError:
        return None
    return Sighting(endpoint, identity, await _reading(endpoint, identity, web) if identity else None)


async def _identified(endpoint: Endpoint, runner: DeviceRunner, web: Web) -> Identity:
    """Ask a second time where a port was open and yet no answer came: the device or this host was busy."""
    work = partial(identify, endpoint, web)
    try:
        return await _called(runner, work)
    except Unreachable:
        return await _called(runner, work)


async def _reading(endpoint: Endpoint, identity: Identity, web: Web) -> Reading | None:
    try:
        return await driver_for(identity.firmware, web).poll(endpoint)
    except DeviceError:
        return None


async def _called(runner: DeviceRunner, work: Callable[[], T]) -> T:
    """Await a blocking call."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T | DeviceError] = loop.create_future()

    def done(outcome: T | DeviceError) -> None:
        loop.call_soon_threadsafe(_set, outcome)

    def _set(outcome: T | DeviceError) -> None:
        if not ended.done():
            ended.set_result(outcome)

    runner.call(work, done, lane=Lane.PROBE)
    outcome = await ended
    if isinstance(outcome, DeviceError):
        raise outcome
    return outcome


def _order(miner_id: MinerId) -> tuple[int, ...]:
    return tuple(int(octet) for octet in miner_id.split("."))
