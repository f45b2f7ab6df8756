"""The driver of Braiins OS from 25.07 on, by its REST interface.

Power targets are absolute and in W. Never used: increments (they move the target on paper alone), the endless
stream of `miner/status`, and any file of the device. How fast it powers up and down (`quick-ramping`) is its
owner's setting.
"""

import asyncio
from contextlib import suppress
from typing import Any

from netstab.devices.antminer.texts import LONGEST_TEXT, cleaned
from netstab.devices.braiins import documents, older, parts
from netstab.devices.braiins.documents import Bounds, Configured, Status, Told
from netstab.devices.braiins.ranges import capabilities
from netstab.devices.braiins.readings import STOPPED, Seen, activity, reading
from netstab.devices.braiins.refusals import content, taken
from netstab.devices.braiins.session import Session
from netstab.devices.figures import parsed, shares_of
from netstab.devices.port import (
    Activity,
    Details,
    Endpoint,
    Firmware,
    Identity,
    Keep,
    Permit,
    Pool,
    Reading,
    always,
    let_go,
)
from netstab.devices.transport import heard
from netstab.devices.web import Content, Web
from netstab.errors import CommandRefused, FirmwareTooOld, MalformedAnswer, StillStarting
from netstab.power.tuning import Tuning
from netstab.units import Seconds, Setting, Volts
from netstab.wire.bounds import after

__all__ = ["BraiinsDriver"]

API = "/api/v1/"
DETAILS, STATS, TUNER = "miner/details", "miner/stats", "performance/tuner-state"
CONFIGURATION, CONSTRAINTS = "configuration/miner", "configuration/constraints"
BOARDS, COOLING, POOLS = "miner/hw/hashboards", "cooling/state", "pools/"
POWER_TARGET = "performance/power-target"
PAUSE, RESUME, STOP, START = "actions/pause", "actions/resume", "actions/stop", "actions/start"
RESTART, REBOOT, RESET, LOCATE = (
    "actions/restart",
    "actions/reboot",
    "actions/factory-reset",
    "actions/locate",
)
READ, COMMAND = Seconds(4.0), Seconds(5.0)
"""A reading is six short answers."""

DOCUMENTS = Seconds(8.0)
_UNTOLD = Bounds(None, None, None)
_NOTHING = b"{}"
_NO_SUCH_CALL = (404, 405, 501)


class BraiinsDriver:
    firmware = Firmware.BRAIINS

    def __init__(self, web: Web) -> None:
        self._session, self._turns = Session(web), web.turns

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await asyncio.to_thread(self.probe, endpoint)

    def probe(self, endpoint: Endpoint) -> Reading:
        """Look at it; what is too old is read in the older ways."""
        expires = after(READ)
        try:
            return reading(self._seen(endpoint, expires))
        except FirmwareTooOld as error:
            return older.reading(self._session, endpoint, expires, error)

    def identify(self, endpoint: Endpoint) -> Identity:
        """Find out what a device that is known to be of the family can do. It is shown our password."""
        expires = after(READ)
        told = self._details(endpoint, expires)
        configured, bounds = self._configured(endpoint, expires), self._bounds(endpoint, expires)
        found = capabilities(told, configured, bounds)
        return Identity(
            told.model,
            self.firmware,
            told.version,
            told.mac,
            told.hostname,
            configured.target,
            found,
            provisional=not found.controllable,
        )

    def details(self, endpoint: Endpoint) -> Details:
        expires = after(DOCUMENTS)
        try:
            seen = self._seen(endpoint, expires)
        except FirmwareTooOld as error:
            return Details(older.reading(self._session, endpoint, expires, error), {}, {}, {}, (), {})
        status, system, configuration = (
            cleaned(parsed(self._part(endpoint, path, expires)), LONGEST_TEXT)
            for path in (STATS, DETAILS, CONFIGURATION)
        )
        listed = self._pools_told(endpoint, expires)
        return Details(reading(seen), status, system, _redacted(configuration), listed, shares_of(listed))

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return await asyncio.to_thread(self._pools, endpoint, after(READ))

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        """Pause it: its boards lose power, all else stays up. `insist` stops the mining process instead."""
        self._put(endpoint, STOP if insist else PAUSE, None, after(COMMAND), permit)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        expires = after(COMMAND)
        stopped = self._details(endpoint, expires).status is Status.NOT_STARTED
        self._put(endpoint, START if stopped else RESUME, None, expires, permit)

    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        """Set its power target; what scaling makes of that is its own."""
        if voltage is not None:
            raise CommandRefused("Braiins OS takes a power, and no voltage.")
        if not isinstance(setting, int):
            raise CommandRefused("Braiins OS takes a power in whole watts.")
        expires = after(COMMAND)
        configured = self._configured(endpoint, expires)
        if not configured.holds_power:
            raise CommandRefused(
                "Its owner has it hold no power, and a power target would take that from him."
            )
        if configured.target == setting:
            return False
        try:
            body = self._put(endpoint, POWER_TARGET, {"watt": setting}, expires, permit)
        except StillStarting:
            self._require_running(endpoint, expires)
            raise
        took = documents.taken_power(body)
        if took != setting:
            raise CommandRefused(f"The miner was told {setting} W, and answers that it has taken {took} W.")
        return True

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        return False

    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        self._put(endpoint, RESTART, None, after(COMMAND), permit)

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        self._put(endpoint, REBOOT, None, after(COMMAND), permit)

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        """Reset it; builds before 26.01 do not know how, and say so."""
        self._put(endpoint, RESET, None, after(COMMAND), permit)

    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        expires = after(COMMAND)
        self._put(endpoint, LOCATE, enabled, expires, always)
        return self._get(endpoint, LOCATE, expires).strip() == b"true"

    def _require_running(self, endpoint: Endpoint, expires: float) -> None:
        """Refuse for a machine that takes no target asleep, which is not known: so it is woken first."""
        if self._details(endpoint, expires).status in (Status.NOT_STARTED, Status.PAUSED):
            raise CommandRefused("The miner takes no power target while it is paused: it is woken first.")

    def _seen(self, endpoint: Endpoint, expires: float) -> Seen:
        told = self._details(endpoint, expires)
        stopped = told.status in STOPPED
        drawn, hashrate = documents.stats(self._part(endpoint, STATS, expires, optional=stopped))
        does = activity(told, hashrate)
        hashes = does is Activity.HASHING
        return Seen(
            told,
            drawn,
            hashrate,
            documents.tuner(self._part(endpoint, TUNER, expires)),
            self._configured(endpoint, expires),
            parts.boards(self._part(endpoint, BOARDS, expires), hashing=hashes),
            parts.fans(self._part(endpoint, COOLING, expires)),
            self._pools_told(endpoint, expires) if does is Activity.STARTING else (),
        )

    def _details(self, endpoint: Endpoint, expires: float) -> Told:
        return documents.told(self._get(endpoint, DETAILS, expires))

    def _configured(self, endpoint: Endpoint, expires: float) -> Configured:
        return documents.configured(self._get(endpoint, CONFIGURATION, expires))

    def _bounds(self, endpoint: Endpoint, expires: float) -> Bounds:
        """Read its bounds; a build that does not know the question tells none."""
        answer = self._session.ask(endpoint, API + CONSTRAINTS, expires=expires)
        return _UNTOLD if answer.status in _NO_SUCH_CALL else documents.bounds(content(answer))

    def _pools(self, endpoint: Endpoint, expires: float) -> tuple[Pool, ...]:
        return parts.pools(self._get(endpoint, POOLS, expires))

    def _pools_told(self, endpoint: Endpoint, expires: float) -> tuple[Pool, ...]:
        """Read its pools, none where it does not tell them now: they explain, and no more."""
        with suppress(MalformedAnswer):
            return self._pools(endpoint, expires)
        return ()

    def _part(self, endpoint: Endpoint, path: str, expires: float, *, optional: bool = True) -> bytes:
        """Read a part of a look: a build may not know it, and may not tell it while no process runs."""
        answer = self._session.ask(endpoint, API + path, expires=expires)
        return _NOTHING if optional and answer.status != 200 else content(answer)

    def _get(self, endpoint: Endpoint, path: str, expires: float) -> bytes:
        return content(self._session.ask(endpoint, API + path, expires=expires))

    def _put(self, endpoint: Endpoint, path: str, what: object, expires: float, permit: Permit) -> bytes:
        """Tell it one thing, while nobody else here tells it another."""
        told = None if what is None else Content.json(what)
        with self._turns.taken(endpoint, expires):
            answer = self._session.ask(
                endpoint, API + path, told, method="PUT", expires=expires, permit=permit
            )
        with heard():
            return taken(answer)


def _redacted(configuration: dict[str, Any]) -> dict[str, Any]:
    """Leave out the pools, which have passwords: they are listed by another call."""
    return {name: value for name, value in configuration.items() if name != "pool_groups"}
