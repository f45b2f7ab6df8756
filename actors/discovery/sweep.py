"""Looks over addresses for miners, many at once, on the loop of the device runner. Reads only.

What gave no answer in time is looked at again when the rest is through: a busy host loses answers.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import TypeVar

from actors.discovery.pace import Pace, Used
from actors.discovery.scan import Sighting, Swept
from netstab.devices.awesome_miner.ids import number_in
from netstab.devices.breadth import knocks_at_once
from netstab.devices.families import driver_for, identify
from netstab.devices.knocking import Door, Knocker
from netstab.devices.port import Endpoint, Identity, Reading
from netstab.devices.runner import DeviceRunner, Lane
from netstab.devices.web import Web
from netstab.errors import ConnectionLost, DeviceError, MalformedAnswer, NotAMiner, PortClosed, Unauthorized
from netstab.reach import Network
from netstab.units import MinerId

__all__ = ["Sweep", "hosts", "in_order", "one", "sights"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

QUIET_AT_ONCE = 128

KNOCKED_AT_IN_A_SECOND = 3000
"""Addresses, two ports each: a sixth of a processor."""

IDENTIFIED_IN_A_SECOND = 400
"""Miners: a quarter of a processor."""

IDENTIFIED_AT_ONCE = 112
"""Fewer than the scan's threads, which single looks have besides. A real S9 takes half a second."""

KNOCKS_AGAIN = 4
"""So often at most it is knocked again at silent addresses, for as long as some of them open after all."""

ROUNDS = (16, 8, 8)
"""So many of those that took a connection and told nothing are asked at once, in each further round."""

CONNECT_S = 1.5


class _Nothing(Enum):
    """Why there is no sighting of an address."""

    NO_MINER = "no miner"
    SILENT = "silent"  # took no connection in time
    NO_ANSWER = "no answer"  # took one, and told nothing in time
    BROKEN = "broken"  # took one and broke it, or answered in no known way


_Outcome = Sighting | _Nothing


class Sweep:
    """One pass over a block and the rounds after it; `looked_at` is told of each address once.

    A quiet one knocks at few addresses at once, and only once.
    """

    def __init__(
        self,
        runner: DeviceRunner,
        web: Web,
        looked_at: Callable[[Sighting | None], None],
        *,
        quiet: bool = False,
    ) -> None:
        self._runner = runner
        self._web = web
        self._looked_at = looked_at
        self._quiet = quiet
        self._found: list[Sighting] = []
        self._silent: list[Endpoint] = []
        self._again: dict[Endpoint, _Nothing] = {}
        self._asking = Used()
        self._identifying = Pace(IDENTIFIED_IN_A_SECOND, self._asking.seconds)

    async def over(self, endpoints: Collection[Endpoint]) -> Swept:
        """Look at every address; raises nothing but what cancels it."""
        with Knocker() as knocker:
            self._knocker, self._knocking = knocker, Pace(KNOCKED_AT_IN_A_SECOND, lambda: knocker.used)
            await self._rounds(endpoints)
        return self._swept()

    async def _rounds(self, endpoints: Collection[Endpoint]) -> None:
        at_once = knocks_at_once([endpoint.miner_id for endpoint in endpoints])
        self._at_once = min(at_once, QUIET_AT_ONCE) if self._quiet else at_once
        await self._pass(endpoints, IDENTIFIED_AT_ONCE)
        for _ in range(0 if self._quiet else KNOCKS_AGAIN):
            if not await self._knock_again():
                break
        for at_once in ROUNDS:
            if not await self._round(at_once):
                break

    def _swept(self) -> Swept:
        for _ in (*self._silent, *self._again):
            self._looked_at(None)
        told_nothing = [at for at, why in self._again.items() if why is _Nothing.NO_ANSWER]
        return Swept(
            found=tuple(sorted(self._found, key=lambda sighting: in_order(sighting.endpoint.miner_id))),
            silent=_sorted(self._silent),
            unanswered=_sorted(told_nothing),
        )

    async def _knock_again(self) -> bool:
        """Knock at the silent ones again; False once nobody is left, or nobody has opened any more."""
        silent, self._silent = self._silent, []
        await self._pass(silent, IDENTIFIED_AT_ONCE)
        return 0 < len(self._silent) < len(silent)

    async def _round(self, at_once: int) -> bool:
        """Ask those again that told nothing; False once nobody is left, or nobody has told anything more."""
        again, self._again = self._again, {}
        await self._pass(again, at_once)
        return 0 < len(self._again) < len(again)

    async def _pass(self, endpoints: Collection[Endpoint], identified_at_once: int) -> None:
        """Knock at all, and identify meanwhile what has opened: neither holds the other up."""
        left, opened = iter(endpoints), asyncio.Queue[Endpoint | None]()
        async with (
            asyncio.TaskGroup() as identifying
        ):  # one that fails ends all, and none tells of anything later
            for _ in range(identified_at_once):
                identifying.create_task(self._identify(opened))
            async with asyncio.TaskGroup() as knocking:
                for _ in range(min(self._at_once, len(endpoints))):
                    knocking.create_task(self._knock(left, opened))
            for _ in range(identified_at_once):
                opened.put_nowait(None)

    async def _knock(self, endpoints: Iterator[Endpoint], opened: asyncio.Queue[Endpoint | None]) -> None:
        for endpoint in endpoints:
            await self._knocking.turn()
            ports = endpoint.http_port, endpoint.api_port
            door = await self._knocker.knock(endpoint.miner_id, ports, CONNECT_S)
            if door is Door.OPEN:
                opened.put_nowait(endpoint)
            else:
                self._note(endpoint, _Nothing.SILENT if door is Door.SILENT else _Nothing.NO_MINER)

    async def _identify(self, opened: asyncio.Queue[Endpoint | None]) -> None:
        while (endpoint := await opened.get()) is not None:
            await self._identifying.turn()
            self._note(endpoint, await _looked(endpoint, self._runner, self._web, self._asking))

    def _note(self, endpoint: Endpoint, outcome: _Outcome) -> None:
        match outcome:
            case _Nothing.SILENT:
                self._silent.append(endpoint)
            case _Nothing.NO_MINER:
                self._looked_at(None)
            case _Nothing():
                self._again[endpoint] = outcome
            case _:
                self._found.append(outcome)
                self._looked_at(outcome)


def hosts(network: Network) -> list[MinerId]:
    """Return the addresses of a block that a miner may have."""
    return [MinerId(str(address)) for address in network.hosts()] or [MinerId(str(network.network_address))]


async def one(endpoint: Endpoint, runner: DeviceRunner, web: Web) -> Swept:
    """Look at one address as a sweep of its own."""
    return Swept(await sights([endpoint], runner, web))


async def _sight(endpoint: Endpoint, runner: DeviceRunner, web: Web) -> Sighting | None:
    """Find out what is at one address; None if it is no miner or does not answer, asked twice."""
    outcome = await _looked(endpoint, runner, web)
    if outcome in (_Nothing.NO_ANSWER, _Nothing.BROKEN):
        outcome = await _looked(endpoint, runner, web)
    return outcome if isinstance(outcome, Sighting) else None


async def sights(endpoints: Iterable[Endpoint], runner: DeviceRunner, web: Web) -> tuple[Sighting, ...]:
    """Look at several addresses, few at once; gives what answers."""
    slots = asyncio.Semaphore(ROUNDS[0])

    async def in_turn(endpoint: Endpoint) -> Sighting | None:
        async with slots:
            return await _sight(endpoint, runner, web)

    found = await asyncio.gather(*map(in_turn, endpoints))
    return tuple(sighting for sighting in found if sighting is not None)


async def _looked(endpoint: Endpoint, runner: DeviceRunner, web: Web, used: Used | None = None) -> _Outcome:
    """Ask what is there; only a clear answer counts as that of no miner."""
    ask = partial(identify, endpoint, web)
    try:
        identity: Identity | None = await _called(runner, partial(used.by, ask) if used else ask)
    except Unauthorized:
        identity = None
    except NotAMiner:
        return _Nothing.NO_MINER
    except (ConnectionLost, PortClosed, MalformedAnswer):
        return _Nothing.BROKEN
    except DeviceError:
        return _Nothing.NO_ANSWER
    return Sighting(endpoint, identity, await _reading(endpoint, identity, web) if identity else None)


async def _reading(endpoint: Endpoint, identity: Identity, web: Web) -> Reading | None:
    try:
        driver = driver_for(identity.firmware, identity.model, identity.firmware_version, web)
        return await driver.poll(endpoint)
    except DeviceError:
        return None
    except Exception:
        logger.exception("What %s tells of its state cannot be read.", endpoint.miner_id)
        return None  # it is there all the same, and so are the others


async def _called(runner: DeviceRunner, work: Callable[[], T]) -> T:
    """Await a blocking call."""
    outcome = await _outcome(runner, work)
    try:
        if isinstance(outcome, DeviceError):
            raise outcome
        return outcome
    finally:
        del outcome  # an error holds this frame: it must not be held in turn


async def _outcome(runner: DeviceRunner, work: Callable[[], T]) -> T | DeviceError:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T | DeviceError] = loop.create_future()

    def done(outcome: T | DeviceError) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it whoever awaited this
            loop.call_soon_threadsafe(_set, outcome)

    def _set(outcome: T | DeviceError) -> None:
        if not ended.done():
            ended.set_result(outcome)

    runner.call(work, done, lane=Lane.SCAN)
    return await ended


def in_order(miner_id: MinerId) -> tuple[int, ...]:
    """Return the key by which addresses are sorted, and after them what has none."""
    number = number_in(miner_id)
    if number is not None:
        return 256, number
    return tuple(int(octet) for octet in miner_id.split("."))


def _sorted(endpoints: Iterable[Endpoint]) -> tuple[MinerId, ...]:
    return tuple(sorted((endpoint.miner_id for endpoint in endpoints), key=in_order))
