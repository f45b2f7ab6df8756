"""Looking at a machine on Vnish 1.x: no login is needed for it. Nothing here changes one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from netstab.devices.antminer.naming import model_name
from netstab.devices.antminers import antminer_named
from netstab.devices.port import Details, Endpoint, Firmware, Identity, Pool, Reading, always
from netstab.devices.vnish import documents, power, reading
from netstab.devices.vnish.documents import Performance, Preset, among
from netstab.devices.vnish.session import Session
from netstab.devices.web import Web
from netstab.errors import DeviceError, MalformedAnswer, NotAMiner, Unreachable
from netstab.power.unit import Capabilities
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["LOOK", "READ", "VnishReads"]

READ, LOOK, PRESETS = Seconds(3.0), Seconds(5.0), Seconds(3.0)


class VnishReads:
    """`netstab.devices.port.Readable`."""

    firmware = Firmware.VNISH

    def __init__(self, web: Web) -> None:
        self._session = Session(web)

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await asyncio.to_thread(self.probe, endpoint)

    def probe(self, endpoint: Endpoint) -> Reading:
        return self._looked(endpoint, after(READ))[0]

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return reading.pools(await asyncio.to_thread(self._document, endpoint, "summary", after(READ)))

    def identify(self, endpoint: Endpoint) -> Identity:
        """Find out what it is, and what it can be told now; what does not tell all yet is asked again."""
        expires = after(LOOK)
        info = documents.info(self._session.read(endpoint, "info", expires))
        named = antminer_named(info.model)
        model = named.name if named is not None else model_name(info.model)
        found, can, provisional = None, Capabilities(), True
        with suppress(DeviceError):
            found, summary, told = self._looked(endpoint, expires)
            listed = (
                () if reading.throttles(summary) else self._listed(endpoint, min(expires, after(PRESETS)))
            )
            can = _capabilities(model, found, summary, told, listed or ())
            provisional = listed is None or not can.controllable
        return Identity(
            model=model,
            firmware=self.firmware,
            firmware_version=info.version,
            mac=info.mac,
            hostname=info.hostname,
            setting=found.setting if found is not None else None,
            capabilities=can,
            provisional=provisional,
        )

    def _listed(self, endpoint: Endpoint, expires: float) -> tuple[Preset, ...] | None:
        """Return its presets: none of a list that cannot be read, None where that may soon be otherwise."""
        try:
            return self._presets(endpoint, expires)
        except Unreachable:
            return None
        except DeviceError:
            return ()

    def details(self, endpoint: Endpoint) -> Details:
        """Read what it tells without a login; and of its settings, where a token is at hand."""
        expires = after(LOOK)
        found, summary, _ = self._looked(endpoint, expires)
        info = self._document(endpoint, "info", expires)
        config = dict[str, Any]()
        with suppress(DeviceError):
            config = self._document(endpoint, "perf-summary", expires)
        if self._session.is_known(endpoint):
            with suppress(DeviceError):
                config |= _kept_over_reboot(self._settings(endpoint, expires))
        return Details(found, summary, info, config, reading.pools(summary), reading.shares(summary))

    def _document(self, endpoint: Endpoint, path: str, expires: float) -> dict[str, Any]:
        return documents.document(self._session.read(endpoint, path, expires))

    def _summary(self, endpoint: Endpoint, expires: float) -> dict[str, Any]:
        """Read what it does; in which of two answers a build tells its throttle is not known."""
        summary = self._document(endpoint, "summary", expires)
        if reading.tells_no_throttle(summary):
            status = self._document(endpoint, "status", expires)
            among(summary, "miner", "miner_status")["throttled"] = status.get("throttled")
        return summary

    def _looked(self, endpoint: Endpoint, expires: float) -> tuple[Reading, dict[str, Any], Performance]:
        summary = self._summary(endpoint, expires)
        told, failure = Performance(None, switches_presets=False), None
        with suppress(NotAMiner, MalformedAnswer):
            told = documents.performance(self._session.read(endpoint, "perf-summary", expires))
        if reading.state_of(summary) == reading.FAILURE:
            with suppress(DeviceError):
                failure = self._document(endpoint, "status", expires).get("failure_code")
        return reading.reading(summary, told, failure), summary, told

    def _presets(self, endpoint: Endpoint, expires: float) -> tuple[Preset, ...]:
        return documents.presets(self._session.read(endpoint, "autotune/presets", expires))

    def _settings(self, endpoint: Endpoint, expires: float) -> dict[str, Any]:
        return documents.document(self._session.ask(endpoint, "settings", None, expires, always))


def _capabilities(
    model: str, found: Reading, summary: dict[str, Any], told: Performance, listed: Sequence[Preset]
) -> Capabilities:
    return power.capabilities(
        model,
        told.preset,
        listed,
        throttles=reading.throttles(summary),
        measured=reading.is_measured(summary),
        drawn=found.power if found.hashrate and not found.uncertain else None,
    )


def _kept_over_reboot(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what decides whether sleep outlasts a reboot, by the names of 1.2 and of 1.3."""
    names = ("remain_stopped_on_reboot", "restore_miner_state_on_reboot", "automatic_pause_on_boot")
    misc = among(settings, "miner", "misc")
    return {name: misc[name] for name in names if isinstance(misc.get(name), bool)}
