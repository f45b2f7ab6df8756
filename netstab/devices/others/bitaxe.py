"""Bitaxe and its kin on AxeOS: a few watts each, with little memory for connections: one at a time."""

import json
from typing import Any

from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import parse, plausible
from netstab.devices.antminer.naming import label
from netstab.devices.others.reads import READ, WebReads, looked, page, seen_as
from netstab.devices.port import Activity, Details, Endpoint, Identity, Reading
from netstab.errors import NotAMiner
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["MAKER", "BitaxeDriver", "reading"]

MAKER = "AxeOS"
MOST_POWER, MOST_HASHRATE = 500.0, 50_000.0  # of the largest with several chips

_APART = Seconds(1.0)
_INFO = "/api/system/info"
_SHOWN: tuple[str, ...] = ("ASICModel", "boardVersion", "frequency", "version")


class BitaxeDriver(WebReads):
    """Asks for one page, by one connection at a time, and gives for a second what it was told."""

    def identify(self, endpoint: Endpoint) -> Identity:
        told = _asked(self._info(endpoint))
        board, chip = label(told.get("boardVersion")), label(told["ASICModel"])
        name = label(told.get("deviceModel")) or f"Bitaxe {board}".strip()
        version = f"{MAKER} {label(told.get('version'))}".strip()
        return seen_as(f"{name} ({chip})", version, mac_of(told.get("macAddr")), label(told.get("hostname")))

    def probe(self, endpoint: Endpoint) -> Reading:
        return reading(self._info(endpoint))

    def details(self, endpoint: Endpoint) -> Details:
        told = self._info(endpoint)
        shown = {key: told[key] for key in _SHOWN if key in told}
        return Details(reading(told), {}, shown, {}, (), {})

    def _info(self, endpoint: Endpoint) -> dict[str, Any]:
        expires = after(READ)
        with self._web.turns.taken(endpoint, expires):
            kept = self._web.tokens.kept(endpoint, MAKER)
            if kept is not None:
                return parse(kept.encode())
            told = page(self._web, endpoint, _INFO, expires)
            self._web.tokens.keep(endpoint, MAKER, json.dumps(told), _APART)
            return told


def reading(told: dict[str, object]) -> Reading:
    """Read its page of information: power in W as measured, hash rate in GH/s."""
    _asked(told)
    hashrate = plausible(told.get("hashRate"), 0, MOST_HASHRATE) or 0.0
    power = plausible(told.get("power"), 0, MOST_POWER)
    fan = plausible(told.get("fanrpm"), 1, 20_000)
    activity = Activity.HASHING if hashrate else Activity.STARTING
    return looked(
        activity, power, hashrate, plausible(told.get("uptimeSeconds"), 0, 1e8), (int(fan),) if fan else ()
    )


def _asked(told: dict[str, object]) -> dict[str, object]:
    if "ASICModel" not in told or "hashRate" not in told:
        raise NotAMiner("What answers there is no AxeOS.")
    return told
