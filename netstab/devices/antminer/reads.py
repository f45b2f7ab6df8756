"""Looking at an Antminer, the same for every firmware of the family. Nothing here changes a miner."""

import asyncio
from typing import Any

from netstab.devices.antminer import api_protocol, cgi, configuration, identity
from netstab.devices.port import Details, Endpoint, Firmware, Identity, Pool, Reading
from netstab.devices.transport import after, ask_api
from netstab.devices.web import Web
from netstab.errors import DeviceError, MalformedAnswer, NotAMiner, ProcessStopped, TimedOut, Unreachable
from netstab.units import Seconds

__all__ = ["API_POLL", "WEB_READ", "AntminerReads"]

API_POLL = Seconds(3.0)
WEB_READ = Seconds(5.0)

_SYSTEM_INFO = "/cgi-bin/get_system_info.cgi"
_MINER_STATUS = "/cgi-bin/get_miner_status.cgi"
_CONFIGURATION = "/cgi-bin/get_miner_conf.cgi"
_CHIP_RATES = "/cgi-bin/chip_hr.json"  # a file that only Vnish has
_NO_SHARES = {"accepted": 0, "rejected": 0, "stale": 0, "hw_errors": 0}


class AntminerReads:
    """The reading half of `netstab.devices.port.MinerDriver`."""

    firmware: Firmware

    def __init__(self, web: Web) -> None:
        self._web = web

    async def poll(self, endpoint: Endpoint) -> Reading:
        return api_protocol.parse_stats(await ask_api(endpoint, api_protocol.STATS, after(API_POLL)))

    def probe(self, endpoint: Endpoint) -> Reading:
        """Ask the cheap page first whether the process runs: the status page may show old figures."""
        expires = after(WEB_READ)
        system = self._system(endpoint, expires)
        return self._reading(system, self._status(endpoint, system, expires))

    def identify(self, endpoint: Endpoint) -> Identity:
        """Find out what answers there; a miner whose web server is dead is known by its API port."""
        expires = after(WEB_READ)
        try:
            system = self._system(endpoint, expires)
        except Unreachable:
            return identity.api_identity(
                api_protocol.parse_version(_ask(endpoint, api_protocol.VERSION, after(API_POLL)))
            )
        try:
            conf = self._configuration(endpoint, expires)
        except (MalformedAnswer, NotAMiner):
            conf = {}
        firmware = identity.firmware_of(str(system["minertype"]), conf)
        if firmware is Firmware.STOCK and self._has_chip_rates(endpoint, expires):
            firmware = Firmware.VNISH
        return identity.web_identity(system, conf, firmware)

    def details(self, endpoint: Endpoint) -> Details:
        expires = after(WEB_READ)
        system = self._system(endpoint, expires)
        status = self._status(endpoint, system, expires)
        reading = self._reading(system, status)
        conf = configuration.redacted(self._configuration(endpoint, expires))
        pools, shares = _work(endpoint, expires) if status else ((), _NO_SHARES)
        return Details(reading, status or {}, system, conf, pools, shares)

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
        """Read the status page; None while no mining process runs."""
        if not cgi.process_runs(system):
            return None
        if cgi.process_boots(system):
            return {}
        try:
            return cgi.parse_miner_status(self._get(endpoint, _MINER_STATUS, expires))
        except ProcessStopped:
            return None
        except TimedOut:
            return {}  # a process that boots takes the script's question and hangs

    def _reading(self, system: dict[str, Any], status: dict[str, Any] | None) -> Reading:
        type_name = str(system["minertype"])
        return cgi.stopped_reading(type_name) if status is None else cgi.status_reading(status, type_name)

    def _has_chip_rates(self, endpoint: Endpoint, expires: float) -> bool:
        try:
            self._get(endpoint, _CHIP_RATES, expires)
        except NotAMiner:
            return False
        return True


def _work(endpoint: Endpoint, expires: float) -> tuple[tuple[Pool, ...], dict[str, int]]:
    try:
        pools = api_protocol.parse_pools(_ask(endpoint, api_protocol.POOLS, expires))
        return pools, api_protocol.parse_summary(_ask(endpoint, api_protocol.SUMMARY, expires))
    except DeviceError:
        return (), _NO_SHARES


def _ask(endpoint: Endpoint, request: bytes, expires: float) -> bytes:
    return asyncio.run(ask_api(endpoint, request, expires))
