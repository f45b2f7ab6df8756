"""The driver of API 3: one connection for each request, reads without a login, commands signed.

The salt and the clock that a signature needs are read right before each command: so neither a changed
password nor a clock that is off stands in the way, and nothing is kept of a device.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from netstab.devices.figures import shares_of
from netstab.devices.port import (
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
from netstab.devices.web import Web
from netstab.devices.whatsminer import api3
from netstab.devices.whatsminer.access import NO_FACTORY_RESET
from netstab.devices.whatsminer.api3 import Info
from netstab.devices.whatsminer.credentials import account_of, password_of
from netstab.devices.whatsminer.exchange import exchange
from netstab.devices.whatsminer.orders import require_power, require_settable
from netstab.devices.whatsminer.percents import percent_of
from netstab.devices.whatsminer.shares import Shares
from netstab.devices.whatsminer.state import State, identity, reading
from netstab.errors import CommandRefused, NotAMiner, NotControllable, Unauthorized, WriteAccessClosed
from netstab.power.tuning import Tuning
from netstab.units import Seconds, Setting, Volts
from netstab.wire.bounds import after

__all__ = ["COMMAND", "READ", "Whatsminer3Driver"]

READ, COMMAND = Seconds(3.0), Seconds(8.0)

_BLINKING = [{"color": "red", "period": 200, "duration": 100, "start": 0}]


class Whatsminer3Driver:
    firmware = Firmware.WHATSMINER

    def __init__(self, web: Web) -> None:
        self._web = web
        self._shares = Shares(web.tokens)

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await asyncio.to_thread(self.probe, endpoint)

    def probe(self, endpoint: Endpoint) -> Reading:
        return reading(self._state(endpoint, after(READ)))

    def identify(self, endpoint: Endpoint) -> Identity:
        """Find out what answers there; raises `NotAMiner` for what has another API."""
        expires = after(READ)
        info = self._info(endpoint, expires)
        if not info.api.startswith("3."):
            raise NotAMiner("The miner does not say that it has an API 3.")
        status = self._status(endpoint, expires)
        state = self._put_together(endpoint, info, status, self._setting(endpoint, expires))
        mac, hostname = info.network.get("mac"), info.network.get("hostname")
        return identity(info.model, info.version, mac, hostname, state, api3.rated_hashrate(status))

    def details(self, endpoint: Endpoint) -> Details:
        expires = after(READ)
        info = self._info(endpoint, expires)
        status, setting = self._status(endpoint, expires), self._setting(endpoint, expires)
        state = self._put_together(endpoint, info, status, setting)
        shares = shares_of(state.pools) if api3.tells_shares(status) else {}
        shown = {name: value for name, value in status.items() if name != "pools"}
        return Details(reading(state), shown, info.shown, dict(setting), state.pools, shares)

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return api3.pools(await asyncio.to_thread(self._status, endpoint, after(READ)))

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self._tell(endpoint, "set.miner.service", "stop", permit)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "set.miner.service", "start", permit)

    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        wanted = require_power(setting, voltage)
        expires = after(COMMAND)
        state = self._state(endpoint, expires)
        percent = percent_of(wanted, require_settable(state))
        if state.in_force == percent:
            return False
        # As text: the firmware reads no number here, whatever the document says.
        param = {"percent": str(percent), "mode": "fast"}
        self._shares.forget(endpoint)  # whose answer is lost may have taken it or not
        self._tell(endpoint, "set.miner.power_percent", param, permit, expires)
        self._shares.keep(endpoint, percent)
        return True

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        return False

    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "set.miner.service", "restart", permit)

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "set.system.reboot", None, permit)

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        raise NotControllable(NO_FACTORY_RESET)

    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        expires = after(COMMAND)
        self._tell(endpoint, "set.system.led", _BLINKING if enabled else "auto", always, expires)
        return self._info(endpoint, expires).blinks

    def _tell(
        self, endpoint: Endpoint, name: str, param: object, permit: Permit, expires: float | None = None
    ) -> None:
        """Send one command; one that was refused as badly signed is signed anew once, if there is why."""
        self._web.require_reach(endpoint)
        expires = after(COMMAND) if expires is None else expires
        info = self._info(endpoint, expires)
        try:
            self._send(endpoint, name, param, info, permit, expires)
        except Unauthorized:
            anew = self._info(endpoint, expires)
            if anew.salt == info.salt:
                raise
            self._send(endpoint, name, param, anew, permit, expires)

    def _send(
        self, endpoint: Endpoint, name: str, param: object, info: Info, permit: Permit, expires: float
    ) -> None:
        if info.closed:
            raise WriteAccessClosed(info.closed)
        at = int(time.time()) if info.at is None else info.at
        content = api3.command(name, param, account_of(self._web), password_of(self._web), info.salt, at)
        answer = exchange(endpoint, self._web.whatsminer_api_port, content, expires, permit)
        with heard():
            api3.commanded(answer, name, opened=info.closed == "")

    def _state(self, endpoint: Endpoint, expires: float) -> State:
        info = self._info(endpoint, expires)
        status = self._status(endpoint, expires)
        return self._put_together(endpoint, info, status, self._setting(endpoint, expires))

    def _put_together(
        self, endpoint: Endpoint, info: Info, status: Mapping[str, Any], setting: Mapping[str, Any]
    ) -> State:
        return self._shares.proved(endpoint, api3.state(info, status, setting))

    def _info(self, endpoint: Endpoint, expires: float) -> Info:
        return Info.parsed(self._ask(endpoint, api3.INFO, expires))

    def _status(self, endpoint: Endpoint, expires: float) -> Mapping[str, Any]:
        """Read all of its state that it tells: a part that it does not know while it sleeps is left out."""
        for asked in (api3.WHOLE_STATUS, api3.SUMMARY):
            with suppress(CommandRefused):
                told, _ = api3.told(self._ask(endpoint, asked, expires), "get.miner.status")
                return told if isinstance(told, dict) else {}
        return {}

    def _setting(self, endpoint: Endpoint, expires: float) -> Mapping[str, Any]:
        """Read what it is set to; firmware that does not know the question tells it elsewhere."""
        with suppress(CommandRefused):
            told, _ = api3.told(self._ask(endpoint, api3.SETTING, expires), "get.miner.setting")
            return told if isinstance(told, dict) else {}
        return {}

    def _ask(self, endpoint: Endpoint, content: bytes, expires: float) -> bytes:
        return exchange(endpoint, self._web.whatsminer_api_port, content, expires)
