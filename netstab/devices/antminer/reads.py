"""Looking at an Antminer, the same for every firmware of the family. Nothing here changes a miner."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from msgspec import structs

from netstab.devices.antminer import api_protocol, cgi, configuration, identity
from netstab.devices.antminer.halted import awaits_pool, why_it_does_not_hash
from netstab.devices.antminer.naming import model_name
from netstab.devices.antminer.reading import DOES_NOT_HASH
from netstab.devices.figures import shares_of
from netstab.devices.models import UNKNOWN, model_named
from netstab.devices.port import Details, Endpoint, Firmware, Identity, Pool, Reading
from netstab.devices.transport import ask_api
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    ConnectionLost,
    DeviceError,
    MalformedAnswer,
    NotAMiner,
    ProcessStopped,
    TimedOut,
    Unreachable,
)
from netstab.power.unit import Capabilities
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["API_POLL", "DETAILS", "WEB_READ", "AntminerReads"]

API_POLL = Seconds(3.0)
WEB_READ = Seconds(5.0)
DETAILS = Seconds(4.5)
_API_DETAILS = Seconds(1.5)

T = TypeVar("T")

_SYSTEM_INFO = "/cgi-bin/get_system_info.cgi"
_MINER_STATUS = "/cgi-bin/get_miner_status.cgi"
_CONFIGURATION = "/cgi-bin/get_miner_conf.cgi"
_CHIP_RATES = "/cgi-bin/chip_hr.json"  # a file that only Vnish has


class AntminerReads:
    """`netstab.devices.port.Readable` for the whole family."""

    firmware: Firmware
    controls = False

    def __init__(self, web: Web) -> None:
        self._web = web

    async def poll(self, endpoint: Endpoint) -> Reading:
        expires = after(API_POLL)
        try:
            reading = api_protocol.parse_stats(await ask_api(endpoint, api_protocol.STATS, expires))
        except (CommandRefused, MalformedAnswer):
            return await _summed_up(endpoint, expires)
        if not reading.boards and not reading.hashrate and not self.controls:
            return await _summed_up(endpoint, expires)
        if reading.uncertain == DOES_NOT_HASH:
            return await _explained(reading, endpoint, expires)
        return reading

    def probe(self, endpoint: Endpoint) -> Reading:
        """Ask the cheap page first whether the process runs: the status page may show old figures."""
        expires = after(WEB_READ)
        system = self._system(endpoint, expires)
        status = self._status(endpoint, system, expires)
        return self._reading(system, status) if status != {} else self._word_of_api(endpoint, system)

    def identify(self, endpoint: Endpoint) -> Identity:
        """Find out what answers there; a miner whose web server tells nothing is known by its API port.

        An answer that was lost is asked for again before anything is concluded from its absence.
        """
        try:
            system = _again(partial(self._system, endpoint))
        except Unreachable:
            return _api_identity(self._web, endpoint, provisional=True)
        except (NotAMiner, MalformedAnswer) as error:
            try:
                found = _api_identity(self._web, endpoint, provisional=isinstance(error, MalformedAnswer))
            except DeviceError:
                raise error from None
            return replace(found, firmware=Firmware.UNKNOWN, capabilities=Capabilities())
        return self._web_identity(endpoint, system)

    def details(self, endpoint: Endpoint) -> Details:
        """Show what came: the port's word is asked for first, for the status page may take too long.

        Raises what the system page raises if nothing else tells anything.
        """
        expires = after(DETAILS)
        spoken = asyncio.run(_spoken(endpoint, after(_API_DETAILS)))
        try:
            system = self._system(endpoint, expires)
        except (Unreachable, MalformedAnswer):
            if spoken.reading is None:
                raise
            return Details(spoken.reading, {}, {}, {}, spoken.pools, spoken.shares)
        try:
            conf = configuration.redacted(self._configuration(endpoint, expires))
        except DeviceError:
            conf = {}
        status = self._status(endpoint, system, expires)
        if status is None:
            return Details(self._reading(system, None), {}, system, conf, (), shares_of((), 0))
        reading = self._reading(system, status) if status else spoken.reading
        return Details(reading or _untold(system), status, system, conf, spoken.pools, spoken.shares)

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return api_protocol.parse_pools(await ask_api(endpoint, api_protocol.POOLS, after(API_POLL)))

    def _get(self, endpoint: Endpoint, path: str, expires: float) -> bytes:
        answer = self._web.ask(endpoint, path, expires=expires)
        return cgi.content(answer.status, answer.challenge, answer.body)

    def _system(self, endpoint: Endpoint, expires: float) -> dict[str, Any]:
        return cgi.parse_system_info(self._get(endpoint, _SYSTEM_INFO, expires))

    def _configuration(self, endpoint: Endpoint, expires: float) -> dict[str, Any]:
        return configuration.parse_configuration(self._get(endpoint, _CONFIGURATION, expires))

    def _status(self, endpoint: Endpoint, system: dict[str, Any], expires: float) -> dict[str, Any] | None:
        """Read the status page; None while no mining process runs, {} where the page does not tell."""
        if not cgi.process_runs(system):
            return None
        if cgi.process_boots(system):
            return {}
        try:
            return cgi.parse_miner_status(self._get(endpoint, _MINER_STATUS, expires))
        except ProcessStopped:
            return None
        except (TimedOut, ConnectionLost):
            return {}  # a process that boots takes the script's question and hangs; a busy device is slow

    def _reading(self, system: dict[str, Any], status: dict[str, Any] | None) -> Reading:
        type_name = str(system["minertype"])
        return cgi.stopped_reading(type_name) if status is None else cgi.status_reading(status, type_name)

    def _word_of_api(self, endpoint: Endpoint, system: dict[str, Any]) -> Reading:
        """Ask the port where the status page does not tell; where that is silent too, the process starts."""
        if cgi.process_boots(system):
            return self._reading(system, {})
        try:
            return asyncio.run(self.poll(endpoint))
        except DeviceError:
            return _untold(system)

    def _web_identity(self, endpoint: Endpoint, system: dict[str, Any]) -> Identity:
        conf: dict[str, Any] = {}
        lost = False
        try:
            conf = _again(partial(self._configuration, endpoint))
        except Unreachable:
            lost = True
        except (MalformedAnswer, NotAMiner):
            pass
        firmware = identity.firmware_of(str(system["minertype"]), conf)
        if firmware is Firmware.STOCK and self._has_chip_rates(endpoint):
            firmware = Firmware.VNISH
        if firmware is Firmware.STOCK and lost:
            firmware = Firmware.UNKNOWN
        return identity.web_identity(system, conf, firmware, provisional=lost)

    def _has_chip_rates(self, endpoint: Endpoint) -> bool:
        try:
            return cgi.has_chip_rates(self._get(endpoint, _CHIP_RATES, after(WEB_READ)))
        except DeviceError:
            return False


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What the API port tells within its time; nothing of a miner that sleeps or boots."""

    reading: Reading | None = None
    pools: tuple[Pool, ...] = ()
    shares: dict[str, int] = field(default_factory=lambda: shares_of((), 0))


async def _spoken(endpoint: Endpoint, expires: float) -> _Spoken:
    spoken = _Spoken()
    with suppress(DeviceError):
        reading = api_protocol.parse_stats(await ask_api(endpoint, api_protocol.STATS, expires))
        spoken = replace(spoken, reading=reading)
    with suppress(DeviceError):
        pools = api_protocol.parse_pools(await ask_api(endpoint, api_protocol.POOLS, expires))
        shares = api_protocol.parse_summary(await ask_api(endpoint, api_protocol.SUMMARY, expires))
        spoken = replace(spoken, pools=pools, shares=shares)
    return spoken


def _untold(system: Mapping[str, Any]) -> Reading:
    """Return the reading of a process that runs and whose figures nobody tells."""
    rated = model_named(model_name(str(system["minertype"]))).rated_power
    starting = cgi.status_reading({}, str(system["minertype"]))
    return structs.replace(
        starting, uncertain="its status page does not answer in time", power_at_most=rated or None
    )


async def _explained(reading: Reading, endpoint: Endpoint, expires: float) -> Reading:
    pools: tuple[Pool, ...] = ()
    with suppress(DeviceError):
        pools = api_protocol.parse_pools(await ask_api(endpoint, api_protocol.POOLS, expires))
    why = why_it_does_not_hash(reading.boards, pools)
    return structs.replace(reading, uncertain=why, awaits_pool=awaits_pool(pools))


def _again(read: Callable[[float], T]) -> T:
    """Read within a deadline, and once more if the answer was lost; a refused connection is an answer."""
    try:
        return read(after(WEB_READ))
    except (TimedOut, ConnectionLost):
        return read(after(WEB_READ / 2))


async def _summed_up(endpoint: Endpoint, expires: float) -> Reading:
    """Read a miner of another make by the one command that all understand."""
    answer = await ask_api(endpoint, api_protocol.SUMMARY, expires)
    return api_protocol.reading_of_summary(answer, model_named(UNKNOWN))


def _api_identity(web: Web, endpoint: Endpoint, *, provisional: bool) -> Identity:
    """Ask for the software; what does not name its model is asked for it in the other ways there are.

    What speaks the language of miners and says nothing of itself is a miner of an unknown kind.
    """
    expires = after(API_POLL)
    answer = web.version(endpoint, expires)
    software: dict[str, str] = {}
    with suppress(CommandRefused):
        software = api_protocol.parse_version(answer)
    if not identity.names_model(software):
        software |= asyncio.run(_named_otherwise(endpoint, expires))
    return identity.api_identity(software, provisional=provisional)


async def _named_otherwise(endpoint: Endpoint, expires: float) -> dict[str, str]:
    with suppress(DeviceError):
        name = api_protocol.parse_type(await ask_api(endpoint, api_protocol.STATS, expires))
        if name:
            return {"Type": name}
    with suppress(DeviceError):
        return api_protocol.parse_btminer(await ask_api(endpoint, api_protocol.BTMINER, expires))
    return {}
