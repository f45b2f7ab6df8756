"""Bitdeer's SealMiner: the miners' API, whose `stats` tell the power supply's input as well."""

import asyncio
from contextlib import suppress
from typing import Any

from netstab.devices.antminer import api_protocol
from netstab.devices.antminer.identity import mac_of
from netstab.devices.antminer.loose_json import plausible
from netstab.devices.antminer.naming import label
from netstab.devices.figures import MOST_HASHRATE, MOST_POWER
from netstab.devices.others.reads import READ, ApiReads, looked, seen_as
from netstab.devices.port import Activity, Endpoint, Identity, Reading
from netstab.devices.transport import ask_api
from netstab.errors import DeviceError, NotAMiner
from netstab.wire.bounds import after

__all__ = ["MAKER", "SealMinerDriver", "reading"]

MAKER = "bdminer"

_OLDEST_S = 1e8


class SealMinerDriver(ApiReads):
    def identify(self, endpoint: Endpoint) -> Identity:
        expires = after(READ)
        told = api_protocol.parse_version(self._web.version(endpoint, expires))
        version = next((told[name] for name in told if name.lower() == MAKER), None)
        if version is None:
            raise NotAMiner("What answers there is no SealMiner.")
        machine: dict[str, Any] = {}
        with suppress(DeviceError):
            machine = _machine(asyncio.run(ask_api(endpoint, api_protocol.STATS, expires)))
        name = f"SealMiner {label(machine.get('Model'))}".strip()
        return seen_as(name, f"{MAKER} {version}".strip(), mac_of(machine.get("MAC")))

    async def read(self, endpoint: Endpoint, expires: float) -> Reading:
        return reading(await ask_api(endpoint, api_protocol.STATS, expires))


def reading(answer: bytes) -> Reading:
    """Read the answer to `STATS`; what its power management says when it is suspended is not known."""
    machine = _machine(answer)
    hashrate = (plausible(machine.get("MHS(30s)"), 0, 1000 * MOST_HASHRATE) or 0.0) / 1000
    power = plausible(machine.get("PSU Input Power"), 0, MOST_POWER)
    runs = label(machine.get("PM State")) == "Running"
    activity = Activity.HASHING if hashrate else Activity.STARTING if runs else Activity.STOPPED
    return looked(activity, power, hashrate, plausible(machine.get("Elapsed"), 0, _OLDEST_S))


def _machine(answer: bytes) -> dict[str, Any]:
    machine = next((entry for entry in api_protocol.section(answer, "STATS") if "PM State" in entry), None)
    if machine is None:
        raise NotAMiner("What answers there does not tell the state of a SealMiner.")
    return machine
