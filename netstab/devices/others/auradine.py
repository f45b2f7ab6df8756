"""Auradine's Teraflux on FluxOS: the miners' API, and its power supply over HTTP at a port of its own."""

import asyncio
import re
from contextlib import suppress
from dataclasses import replace

from msgspec import structs

from netstab.devices.antminer import api_protocol
from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import parse, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.figures import MOST_POWER
from netstab.devices.others.reads import READ, ApiReads, page, seen_as
from netstab.devices.port import Activity, Endpoint, Identity, Reading
from netstab.devices.transport import ask_api
from netstab.devices.web import Web
from netstab.errors import DeviceError, NotAMiner
from netstab.units import Seconds, Watts
from netstab.wire.bounds import after

__all__ = ["CONTROL_PORT", "MAKER", "AuradineDriver", "input_power"]

MAKER = "FluxOS"
CONTROL_PORT = 8080

_IP_REPORT = b'{"command":"ipreport"}'
_WATTS = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*W")
_SUPPLY = Seconds(1.0)


class AuradineDriver(ApiReads):
    """Its power supply is asked without a token: whether that is let in is not known, and no harm if not."""

    def __init__(self, web: Web) -> None:
        super().__init__(web)
        self._supply = web.logged_in(None)

    def identify(self, endpoint: Endpoint) -> Identity:
        expires = after(READ)
        answer = self._web.version(endpoint, expires)
        told = api_protocol.parse_version(answer)
        if not re.search(rb"gcminer|fluxos", answer, re.IGNORECASE):
            raise NotAMiner("What answers there is no Auradine.")
        report = asyncio.run(_ip_report(endpoint, expires))
        model = report.get("model", "") or "Teraflux"
        version = report.get("version", "") or told.get("GCMiner", "")
        name = f"Auradine {model}"
        return seen_as(
            name, f"{MAKER} {version}".strip(), mac_of(report.get("mac")), report.get("hostname", "")
        )

    async def read(self, endpoint: Endpoint, expires: float) -> Reading:
        reading, power = await asyncio.gather(
            super().read(endpoint, expires), asyncio.to_thread(self._input_power, endpoint)
        )
        if power is None:
            return reading
        activity = reading.activity if reading.hashrate else Activity.STOPPED
        return structs.replace(reading, power=power, uncertain="", activity=activity)

    def _input_power(self, endpoint: Endpoint) -> Watts | None:
        with suppress(DeviceError):
            at = replace(endpoint, http_port=CONTROL_PORT)
            return input_power(page(self._supply, at, "/psu", after(_SUPPLY)))
        return None


def input_power(told: dict[str, object]) -> Watts | None:
    """Return what the supply takes in, of the answer to `/psu`: figures carry their unit, `58.94W`."""
    supplies = told.get("PSU")
    first = supplies[0] if isinstance(supplies, list) and supplies else {}
    found = _WATTS.fullmatch(label(first.get("PowerIn"))) if isinstance(first, dict) else None
    power = plausible(found[1], 0, MOST_POWER) if found else None
    return None if power is None else Watts(power)


async def _ip_report(endpoint: Endpoint, expires: float) -> dict[str, str]:
    """Ask for its model: of a build that does not tell it only the maker is known."""
    with suppress(DeviceError):
        told = parse(await ask_api(endpoint, _IP_REPORT, expires)).get("IPReport")
        first = told[0] if isinstance(told, list) and told else {}
        return {label(key): label(value) for key, value in first.items()} if isinstance(first, dict) else {}
    return {}
