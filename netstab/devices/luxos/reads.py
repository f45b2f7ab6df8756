"""What is asked of a device to look at it: one request after another, all of a call by one deadline."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from netstab.devices.antminer import api_protocol
from netstab.devices.antminer.halted import awaits_pool
from netstab.devices.antminer.naming import firmware_version, model_name
from netstab.devices.luxos import profiles, state
from netstab.devices.luxos.protocol import SOFTWARE, names_luxos, request, section
from netstab.devices.port import Activity, Details, Endpoint, Firmware, Identity, Pool, Reading
from netstab.devices.transport import ask_api
from netstab.devices.web import Web
from netstab.errors import CommandRefused, DeviceError, NotAMiner, NotControllable
from netstab.power.unit import Capabilities
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = [
    "CONFIG",
    "DETAILS",
    "PROBE",
    "READ",
    "Standing",
    "details",
    "identity",
    "pools",
    "reading",
    "standing",
]

READ, PROBE, DETAILS = Seconds(3.0), Seconds(5.0), Seconds(4.5)
CONFIG = request("config")
_PROFILES, _DEVS, _POWER = map(request, ("profiles", "devs", "power"))


@dataclass(frozen=True, slots=True)
class Standing:
    """What it was told to do, and whether its boards are on the way; None for boards that were not asked."""

    config: state.Config
    boards: state.Boards | None

    @property
    def starts(self) -> bool:
        return self.boards is not None and state.activity(self.config, self.boards) is Activity.STARTING


async def standing(endpoint: Endpoint, expires: float) -> Standing:
    """Ask what it was told, and of its boards unless it sleeps for sure."""
    told = state.config(await ask_api(endpoint, CONFIG, expires))
    if told.asleep:
        return Standing(told, None)
    return Standing(told, state.boards(await ask_api(endpoint, _DEVS, expires)))


async def reading(endpoint: Endpoint, expires: float) -> Reading:
    now = await standing(endpoint, expires)
    drawn = await _power(endpoint, expires)
    if now.boards is None:
        return state.stopped(now.config, drawn)
    figures = api_protocol.parse_stats(await ask_api(endpoint, api_protocol.STATS, expires))
    found = state.reading(now.config, now.boards, drawn, figures)
    if found.activity is Activity.STARTING and not now.boards.ramping:
        return await _explained(found, endpoint, expires)
    return found


async def _explained(found: Reading, endpoint: Endpoint, expires: float) -> Reading:
    """Say of one that is awake, and neither hashes nor ramps, whether its pools keep it from that."""
    with suppress(DeviceError):
        return replace(found, awaits_pool=awaits_pool(await pools(endpoint, expires)))
    return found


async def _power(endpoint: Endpoint, expires: float) -> state.Power | None:
    """Return what it draws, None of a build that does not say."""
    with suppress(CommandRefused, NotControllable):
        return state.power(await ask_api(endpoint, _POWER, expires))
    return None


async def pools(endpoint: Endpoint, expires: float) -> tuple[Pool, ...]:
    return api_protocol.parse_pools(await ask_api(endpoint, api_protocol.POOLS, expires))


def identity(web: Web, endpoint: Endpoint) -> Identity:
    """Find out what answers there; `NotAMiner` unless its version names LuxOS.

    Nothing can be told to one that does not say what it was told, what its profiles draw, or what it draws.
    """
    software = api_protocol.parse_version(web.version(endpoint, after(READ)))
    if not names_luxos(software):
        raise NotAMiner("What answers on the API port does not say that it is LuxOS.")
    version, model = firmware_version(software[SOFTWARE]), model_name(software.get("Type", ""))
    try:
        told, can = asyncio.run(_abilities(endpoint, after(PROBE)))
    except DeviceError as error:
        unknown = not isinstance(error, NotControllable)
        return Identity(model, Firmware.LUXOS, version, "", "", None, Capabilities(), provisional=unknown)
    setting = told.profile or None
    return Identity(told.model or model, Firmware.LUXOS, version, told.mac, told.hostname, setting, can)


async def _abilities(endpoint: Endpoint, expires: float) -> tuple[state.Config, Capabilities]:
    told = state.config(await ask_api(endpoint, CONFIG, expires))
    entries = section(await ask_api(endpoint, _PROFILES, expires), "PROFILES")
    drawn = state.power(await ask_api(endpoint, _POWER, expires))
    return told, profiles.capabilities(entries, told.nameplate, measured=drawn.measured)


async def details(endpoint: Endpoint, expires: float) -> Details:
    """Show what it tells; what does not come in time is left out, but for the reading."""
    found = await reading(endpoint, expires)
    told = {name: await _first(endpoint, name, expires) for name in ("summary", "version", "config")}
    own_pools: tuple[Pool, ...] = ()
    with suppress(DeviceError):
        own_pools = await pools(endpoint, expires)
    shares = api_protocol.shares(told["summary"]) if told["summary"] else {}
    return Details(found, told["summary"], told["version"], told["config"], own_pools, shares)


async def _first(endpoint: Endpoint, name: str, expires: float) -> dict[str, Any]:
    with suppress(DeviceError):
        return next(iter(section(await ask_api(endpoint, request(name), expires), name.upper())), {})
    return {}
