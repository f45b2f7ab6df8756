"""The driver of API 2: reads in the plain, commands enciphered and signed with a token of the device's.

A token lives half an hour, or until the miner is restarted, and a device has a hundred for all its clients:
so one is kept and used again (`Web.tokens`). Of what was signed with one that it refuses nothing was carried
out: that command is signed anew once.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from netstab.devices.antminer import api_protocol
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
from netstab.devices.transport import ask_api, exchange_api, heard
from netstab.devices.web import Web
from netstab.devices.whatsminer import api2
from netstab.devices.whatsminer.access import NO_FACTORY_RESET
from netstab.devices.whatsminer.api2 import TokenRefused
from netstab.devices.whatsminer.credentials import web_password_of
from netstab.devices.whatsminer.models import MAKER
from netstab.devices.whatsminer.orders import require_power, require_settable
from netstab.devices.whatsminer.percents import percent_of
from netstab.devices.whatsminer.sealing import Token, opened, sealed
from netstab.devices.whatsminer.shares import Shares
from netstab.devices.whatsminer.state import State, identity, reading
from netstab.errors import CommandRefused, DeviceError, NotControllable, Unauthorized
from netstab.power.tuning import Tuning
from netstab.units import Seconds, Setting, Volts
from netstab.wire.bounds import after

__all__ = ["COMMAND", "READ", "Whatsminer2Driver"]

READ, COMMAND = Seconds(3.0), Seconds(8.0)

_TOKEN = "whatsminer_2"  # noqa: S105  # nosec B105  # what it is kept for
_TOKEN_LASTS = Seconds(25 * 60.0)  # of 30 minutes

_BEFORE_ACTING = {"respbefore": "true"}
"""Has it answer before the boards go off: else the answer may never come."""

_BLINKING = {"color": "red", "period": "200", "duration": "100", "start": "0"}


class Whatsminer2Driver:
    firmware = Firmware.WHATSMINER

    def __init__(self, web: Web) -> None:
        self._web = web
        self._shares = Shares(web.tokens)

    async def poll(self, endpoint: Endpoint) -> Reading:
        return reading(await self._state(endpoint, after(READ)))

    def probe(self, endpoint: Endpoint) -> Reading:
        return asyncio.run(self.poll(endpoint))

    def version(self, endpoint: Endpoint) -> str:
        """Ask for its API and firmware; raises `NotAMiner` for what has no API 2."""
        return api2.version(asyncio.run(ask_api(endpoint, api2.VERSION, after(READ))))

    def identify(self, endpoint: Endpoint) -> Identity:
        return asyncio.run(self._identify(endpoint, after(READ)))

    def details(self, endpoint: Endpoint) -> Details:
        return asyncio.run(self._details(endpoint, after(READ)))

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return api_protocol.parse_pools(await ask_api(endpoint, api2.POOLS, after(READ)))

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self._tell(endpoint, "power_off", _BEFORE_ACTING, permit)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "power_on", _BEFORE_ACTING, permit)

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
        state = asyncio.run(self._state(endpoint, expires))
        percent = percent_of(wanted, require_settable(state))
        if state.in_force == percent:
            return False
        self._shares.forget(endpoint)  # whose answer is lost may have taken it or not
        self._tell(endpoint, "set_power_pct", {"percent": str(percent)}, permit, expires)
        self._shares.keep(endpoint, percent)
        return True

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        return False

    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "restart_btminer", {}, permit)

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "reboot", {}, permit)

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        raise NotControllable(NO_FACTORY_RESET)

    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        expires = after(COMMAND)
        self._tell(endpoint, "set_led", _BLINKING if enabled else {"param": "auto"}, always, expires)
        told = api2.message(exchange_api(endpoint, api2.INFO, expires))
        return told.get("ledstat") not in ("auto", "", None)

    def _tell(
        self,
        endpoint: Endpoint,
        name: str,
        arguments: Mapping[str, str],
        permit: Permit,
        expires: float | None = None,
    ) -> None:
        self._web.require_reach(endpoint)
        expires = after(COMMAND) if expires is None else expires
        command = partial(self._send, endpoint, name, arguments, permit=permit, expires=expires)
        with self._web.turns.taken(endpoint, expires):  # else two would ask for a token at once
            self._carry_out(endpoint, command, expires)

    def _carry_out(self, endpoint: Endpoint, command: Callable[[Token], None], expires: float) -> None:
        kept = self._web.tokens.kept(endpoint, _TOKEN)
        if kept is not None:
            with suppress(TokenRefused, Unauthorized):  # its salt may be another by now
                command(Token.read(kept))
                return
        try:
            command(self._new_token(endpoint, expires))
        except TokenRefused as error:
            raise Unauthorized(
                "The miner does not take our signature: set WHATSMINER_PASSWORD to its web admin's."
            ) from error

    def _send(
        self,
        endpoint: Endpoint,
        name: str,
        arguments: Mapping[str, str],
        token: Token,
        *,
        permit: Permit,
        expires: float,
    ) -> None:
        """Send one command; a token that did not do is not kept."""
        answer = exchange_api(endpoint, sealed(name, arguments, token), expires, permit)
        try:
            with heard():
                api2.taken(opened(answer, token))
        except (TokenRefused, Unauthorized):
            self._web.tokens.forget(endpoint, _TOKEN)
            raise

    def _new_token(self, endpoint: Endpoint, expires: float) -> Token:
        given = api2.taken(exchange_api(endpoint, api2.TOKEN, expires))
        token = Token.made(web_password_of(self._web), given)
        self._web.tokens.keep(endpoint, _TOKEN, str(token), _TOKEN_LASTS)
        return token

    async def _identify(self, endpoint: Endpoint, expires: float) -> Identity:
        version = api2.version(await ask_api(endpoint, api2.VERSION, expires))
        model, info = MAKER, dict[str, Any]()
        with suppress(CommandRefused):
            model = api2.model(await ask_api(endpoint, api2.DETAILS, expires))
        with suppress(CommandRefused):
            info = api2.message(await ask_api(endpoint, api2.INFO, expires))
        summary = await self._summary(endpoint, expires)
        return identity(
            model,
            version,
            info.get("mac", summary.get("MAC")),
            info.get("hostname"),
            await self._state(endpoint, expires, summary),
            api2.rated_hashrate(summary),
            commanded=api2.takes_commands(version),
        )

    async def _details(self, endpoint: Endpoint, expires: float) -> Details:
        summary = await self._summary(endpoint, expires)
        state = await self._state(endpoint, expires, summary)
        told: dict[str, dict[str, Any]] = {}
        for name, asked in (("version", api2.VERSION), ("info", api2.INFO), ("errors", api2.ERRORS)):
            with suppress(CommandRefused):
                told[name] = api2.message(await ask_api(endpoint, asked, expires))
        pools: tuple[Pool, ...] = ()
        with suppress(DeviceError):
            pools = api_protocol.parse_pools(await ask_api(endpoint, api2.POOLS, expires))
        status = {"summary": summary, "errors": told.pop("errors", {}).get("error_code", [])}
        return Details(reading(state), status, told, {}, pools, api_protocol.shares(summary))

    async def _state(
        self, endpoint: Endpoint, expires: float, summary: Mapping[str, Any] | None = None
    ) -> State:
        """Ask whether it mines, and what it does: the process that mines may be silent while it does not."""
        status = api2.message(await ask_api(endpoint, api2.STATUS, expires))
        summary = await self._summary(endpoint, expires) if summary is None else summary
        boards: list[dict[str, Any]] = []
        with suppress(CommandRefused):
            boards = api2.entries(await ask_api(endpoint, api2.DEVICES, expires), "DEVS")
        return self._shares.proved(endpoint, api2.state(status, summary, boards))

    async def _summary(self, endpoint: Endpoint, expires: float) -> dict[str, Any]:
        with suppress(CommandRefused):
            return api2.first(await ask_api(endpoint, api2.SUMMARY, expires), "SUMMARY")
        return {}
