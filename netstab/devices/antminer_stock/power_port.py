"""Port 6060 of some later models: what they draw, in a line of text, without a login. Never required.

S19 XP Hyd., S21 and S21 Pro have it; its number is the maker's, the same on each device.
"""

import re
from dataclasses import replace

from netstab.devices.antminer.loose_json import plausible
from netstab.devices.antminers import Antminer
from netstab.devices.port import Endpoint
from netstab.devices.transport import ask_api
from netstab.errors import DeviceError, PortClosed
from netstab.units import Seconds, Watts
from netstab.wire.bounds import after

__all__ = ["POWER_PORT", "has_power_port", "power_in", "power_told"]

POWER_PORT = 6060
_WITHIN = Seconds(1.0)
_REQUEST = b"GET /miner_power HTTP/1.0\r\nConnection: close\r\n\r\n"  # so the answer ends with the connection
_POWER = re.compile(rb"\AHTTP/1\.[01] 200[ \r][^\0]*:\s{0,8}(\d{1,5}(?:\.\d{1,6})?)\s{0,8}W?\s{0,8}\Z")
_LONGEST = 2048
_SEEN_ON = frozenset({"Antminer S19 XP Hyd.", "Antminer S21", "Antminer S21 Pro"})
_BEYOND = 2.0  # of the rating no machine draws as much


async def power_told(endpoint: Endpoint, model: Antminer | None, expires: float) -> Watts | None:
    """Return what a machine says of its draw, None where it says nothing, or its model was not seen to."""
    if model is None or model.name not in _SEEN_ON:
        return None
    try:
        return power_in(await _asked(endpoint, expires), model)
    except DeviceError:
        return None


async def has_power_port(endpoint: Endpoint, model: Antminer, expires: float) -> bool:
    """Whether it has the port: one that is busy just now still has it."""
    if model.name not in _SEEN_ON:
        return False
    try:
        return power_in(await _asked(endpoint, expires), model) is not None
    except PortClosed:
        return False
    except DeviceError:
        return True


async def _asked(endpoint: Endpoint, expires: float) -> bytes:
    there = replace(endpoint, api_port=POWER_PORT)
    return await ask_api(there, _REQUEST, min(expires, after(_WITHIN)))


def power_in(answer: bytes, model: Antminer) -> Watts | None:
    """Return the watts at the end of an answer, None where there is none of such a machine."""
    found = _POWER.match(answer) if len(answer) <= _LONGEST else None
    power = plausible(found[1].decode(), 1, _BEYOND * model.power) if found else None
    return Watts(power) if power else None
