"""Canaan's Avalon: the miners' API with a text of brackets of its own. One client at a time, no login.

Field names and the order of `PS[…]` are from recorded answers of a 1246 (awake) and a Q (asleep).
"""

import re
from typing import Any

from netstab.devices.antminer import api_protocol
from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import plausible
from netstab.devices.antminer.naming import label
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER
from netstab.devices.others.reads import READ, ApiReads, looked, seen_as
from netstab.devices.port import Activity, Endpoint, Identity, Reading
from netstab.devices.transport import ask_api
from netstab.errors import NotAMiner
from netstab.wire.bounds import after

__all__ = ["MAKER", "AvalonDriver", "reading"]

MAKER = "Canaan"

_MODULE = re.compile(rb'"MM ID\d{1,3}(?::Summary)?"\s*:\s*"([^"]*)"')
_FIELD = re.compile(rb"([A-Za-z]\w{0,31})\[([^\[\]]*)\]")
_MODULES = 16
_OLDEST_S = 1e8


class AvalonDriver(ApiReads):
    def identify(self, endpoint: Endpoint) -> Identity:
        told = api_protocol.parse_version(self._web.version(endpoint, after(READ)))
        name = told.get("PROD", "")
        if "avalon" not in name.lower():
            raise NotAMiner("What answers there is no Avalon.")
        software = told.get("CGVERSION") or told.get("CGMiner", "")
        return seen_as(name, f"{MAKER} {software}".strip(), mac_of(told.get("MAC")))

    async def read(self, endpoint: Endpoint, expires: float) -> Reading:
        return reading(await ask_api(endpoint, api_protocol.STATS, expires))


def reading(answer: bytes) -> Reading:
    """Read the answer to `STATS`, summing up the modules of a machine that has several.

    Two of them may stand under one key, and control characters in a text: so it is searched, not decoded.
    """
    modules = [_fields(text) for text in _MODULE.findall(answer)[:_MODULES]]
    if not any(b"SYSTEMSTATU" in module for module in modules):
        raise NotAMiner("What answers there does not tell the state of an Avalon.")
    works = any(b"In Work" in module.get(b"SYSTEMSTATU", b"") for module in modules)
    hashrate = sum(_number(module.get(b"GHSspd"), MOST_HASHRATE) or 0.0 for module in modules)
    activity = Activity.STOPPED
    if works:
        activity = Activity.HASHING if hashrate else Activity.STARTING
    drawn = [power for module in modules if (power := _input_power(module)) is not None]
    fans = [_number(module.get(f"Fan{fan}".encode()), 10_000) for module in modules for fan in range(1, 5)]
    return looked(
        activity,
        min(MOST_POWER, sum(drawn)) if drawn else None,
        hashrate if works else 0.0,
        _number(modules[0].get(b"Elapsed"), _OLDEST_S),
        tuple(int(speed) for speed in fans if speed),
    )


def _fields(text: bytes) -> dict[bytes, bytes]:
    return dict(_FIELD.findall(text))


def _input_power(module: dict[bytes, bytes]) -> float | None:
    """Return what a module's supply takes in: `WALLPOWER` of newer builds, else the last figure of `PS`.

    The figure before that is the voltage set, in 1/100 V: a sleeping Q has 2245 there and draws 146 W.
    """
    wall = _number(module.get(b"WALLPOWER"), MOST_POWER)
    figures = module.get(b"PS", b"").split()
    return wall if wall is not None or len(figures) < 7 else _number(figures[-1], MOST_POWER)


def _number(value: Any, most: float) -> float | None:
    return plausible(label(value.decode("ascii", "replace")), 0, most) if value is not None else None
