"""Looking at an Antminer on Bitmain's firmware: by the API's port while it hashes, else by its pages.

Nothing here changes a device.
"""

import asyncio
from contextlib import suppress
from typing import Any

from msgspec import structs

from netstab.devices.antminer.api_protocol import (
    POOLS,
    STATS,
    SUMMARY,
    parse_pools,
    parse_summary,
    section,
    shares,
)
from netstab.devices.antminer.configuration import is_vnish, redacted
from netstab.devices.antminer.halted import awaits_pool, why_it_does_not_hash
from netstab.devices.antminer.reading import DOES_NOT_HASH
from netstab.devices.antminer_stock import document
from netstab.devices.antminer_stock.figures import Told, reading, told_by_api, told_by_page
from netstab.devices.antminer_stock.identity import identity, model_of
from netstab.devices.antminer_stock.pages import Pages
from netstab.devices.antminer_stock.power_port import has_power_port, power_told
from netstab.devices.port import Details, Endpoint, Firmware, Identity, Pool, Reading
from netstab.devices.transport import ask_api
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    ConfigurationUnwritable,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    Unreachable,
)
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["API_POLL", "WEB_READ", "StockReads"]

API_POLL = Seconds(3.0)
WEB_READ = Seconds(5.0)
DETAILS = Seconds(4.5)
_API_DETAILS = Seconds(1.5)


class StockReads:
    """`netstab.devices.port.Readable`."""

    firmware = Firmware.STOCK

    def __init__(self, web: Web) -> None:
        self._web = web
        self._pages = Pages(web)

    async def poll(self, endpoint: Endpoint) -> Reading:
        """Ask the API's port; where nothing hashes only the configuration tells whether it is to sleep."""
        expires = after(API_POLL)
        try:
            told = told_by_api(section(await ask_api(endpoint, STATS, expires), "STATS"))
        except (CommandRefused, MalformedAnswer):
            return await asyncio.to_thread(self.probe, endpoint)
        watts = await power_told(endpoint, told.model, expires)
        if told.hashes:
            return reading(told, None, watts)
        mode = await asyncio.to_thread(self._mode, endpoint)
        seen = reading(told, mode, watts)
        return await _explained(seen, endpoint, expires) if seen.uncertain == DOES_NOT_HASH else seen

    def probe(self, endpoint: Endpoint) -> Reading:
        """Look at its pages; that with the figures may be gone while the process restarts."""
        with self._pages.in_turn(endpoint, after(WEB_READ)) as turn:
            mode = document.work_mode(turn.shown_configuration())
            told = Told()
            with suppress(MalformedAnswer, NotAMiner):
                told = told_by_page(turn.stats())
        return reading(told, mode, None)

    def identify(self, endpoint: Endpoint) -> Identity:
        """Find out by its own pages what it is, and by its whole configuration whether it can be switched."""
        expires = after(WEB_READ)
        system = self._pages.system(endpoint, expires)
        model = model_of(system, self._software(endpoint))
        conf, lost = self._stored(endpoint) if model is not None else ({}, False)
        if model is None or is_vnish(conf):
            raise NotAMiner("What answers there is no Antminer after the S9 on Bitmain's firmware.")
        measured = asyncio.run(has_power_port(endpoint, model, after(API_POLL)))
        return identity(model, system, switchable=_can_be_written(conf), measured=measured, provisional=lost)

    def details(self, endpoint: Endpoint) -> Details:
        """Show what came within the time; raises what its system page does if nothing else tells anything."""
        expires = after(DETAILS)
        told, pools, counted = asyncio.run(_spoken(endpoint))
        conf: dict[str, Any] = {}
        status: dict[str, Any] = {}
        try:
            with self._pages.in_turn(endpoint, expires) as turn:
                system = turn.system()
                with suppress(DeviceError):
                    conf = turn.shown_configuration()
                with suppress(DeviceError):
                    status = turn.stats()
        except (Unreachable, MalformedAnswer):
            if not told.hashes:
                raise
            return Details(reading(told, None, None), {}, {}, {}, pools, counted)
        told = told_by_page(status) if status else told
        return Details(
            reading(told, document.work_mode(conf), None), status, system, redacted(conf), pools, counted
        )

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return parse_pools(await ask_api(endpoint, POOLS, after(API_POLL)))

    def _software(self, endpoint: Endpoint) -> str:
        """Return all that the API's port says of its software, "" where nobody answers there, as asleep."""
        try:
            answer = self._web.version(endpoint, after(API_POLL))
        except DeviceError:
            return ""
        if answer.startswith(b"{") and not answer.rstrip(b"\0\r\n ").endswith(b"}"):
            raise MalformedAnswer("What the miner says of its software breaks off.")
        return answer.decode("utf-8", "replace")

    def _mode(self, endpoint: Endpoint) -> int | None:
        with self._pages.in_turn(endpoint, after(WEB_READ)) as turn:
            return document.work_mode(turn.shown_configuration())

    def _stored(self, endpoint: Endpoint) -> tuple[dict[str, Any], bool]:
        """Return the configuration, empty where there is none, and whether it could not be read just now."""
        try:
            return self._pages.configuration(endpoint, after(WEB_READ)), False
        except NotAMiner:
            return {}, False
        except (MalformedAnswer, Unreachable):
            return {}, True


def _can_be_written(conf: dict[str, Any]) -> bool:
    try:
        document.checked(conf)
    except ConfigurationUnwritable:
        return False
    return True


async def _spoken(endpoint: Endpoint) -> tuple[Told, tuple[Pool, ...], dict[str, int]]:
    """Return its figures, pools and shares as far as the API's port tells them; nothing asleep."""
    expires = after(_API_DETAILS)
    told, counted = Told(), shares({})
    pools: tuple[Pool, ...] = ()
    with suppress(DeviceError):
        told = told_by_api(section(await ask_api(endpoint, STATS, expires), "STATS"))
        pools = parse_pools(await ask_api(endpoint, POOLS, expires))
        counted = parse_summary(await ask_api(endpoint, SUMMARY, expires))
    return told, pools, counted


async def _explained(seen: Reading, endpoint: Endpoint, expires: float) -> Reading:
    pools: tuple[Pool, ...] = ()
    with suppress(DeviceError):
        pools = parse_pools(await ask_api(endpoint, POOLS, expires))
    why = why_it_does_not_hash(seen.boards, pools)
    return structs.replace(seen, uncertain=why, awaits_pool=awaits_pool(pools))
