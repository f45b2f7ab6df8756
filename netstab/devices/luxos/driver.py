"""The driver of LuxOS: reads and commands over the API port, one request to a connection, one after another.

The API refuses connections for seconds after a burst, so nothing is asked twice. No message of the device is
trusted: what it refuses is judged by its `config`, what it takes by later readings.
"""

import asyncio
from collections.abc import Callable

from netstab.devices.luxos import profiles, reads, session, state
from netstab.devices.luxos.protocol import document, refusal, request
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
from netstab.devices.transport import exchange_api, heard
from netstab.devices.web import Web
from netstab.errors import CommandRefused, DeviceError, NotControllable, StillStarting
from netstab.power.tuning import Tuning
from netstab.units import Seconds, Setting, Volts
from netstab.wire.bounds import after

__all__ = ["COMMAND", "LuxosDriver"]

COMMAND = Seconds(8.0)
_FOR_LOGOFF = Seconds(1.5)
"""Of a command's time: kept for the end of its session."""

_BLINKS, _BY_ITSELF = "blink", "auto"


class LuxosDriver:
    firmware = Firmware.LUXOS

    def __init__(self, web: Web) -> None:
        self._web = web

    async def poll(self, endpoint: Endpoint) -> Reading:
        return await reads.reading(endpoint, after(reads.READ))

    def probe(self, endpoint: Endpoint) -> Reading:
        """Ask once more, and wait longer: it has no other way in that tells of it."""
        return asyncio.run(reads.reading(endpoint, after(reads.PROBE)))

    def identify(self, endpoint: Endpoint) -> Identity:
        return reads.identity(self._web, endpoint)

    def details(self, endpoint: Endpoint) -> Details:
        return asyncio.run(reads.details(endpoint, after(reads.DETAILS)))

    async def pools(self, endpoint: Endpoint) -> tuple[Pool, ...]:
        return await reads.pools(endpoint, after(reads.READ))

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        """Have boards and power supply be off; it has no other way."""
        self._tell(endpoint, permit, "curtail", "sleep", holds=lambda told: told.curtailed)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        """Have it ramp up as at a boot. Never in one step (`mode=unsafe`), which wears the machine."""
        self._tell(endpoint, permit, "curtail", "wakeup", holds=lambda told: not told.curtailed)

    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        """Have it ramp to a profile, by its name.

        Raises `StillStarting` asleep, when it takes none, and `CommandRefused` while its ATM chooses them:
        what it would undo is not begun.
        """
        if voltage is not None or not profiles.is_name(setting):
            raise CommandRefused("The miner is set by the name of one of its profiles.")
        until = after(COMMAND)
        told = self._config(endpoint, until - _FOR_LOGOFF)
        if told.profile == setting:
            return False
        if told.curtailed:
            raise StillStarting("The miner sleeps, and takes a profile only once it hashes.")
        if told.atm:
            raise CommandRefused(
                "The miner's own ATM chooses its profile: disable it to have it set from here."
            )
        self._tell(
            endpoint,
            permit,
            "profileset",
            str(setting),
            until=until,
            holds=lambda now: now.profile == setting,
        )
        return True

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        return False

    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, permit, "resetminer")

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, permit, "rebootdevice")

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        raise NotControllable("LuxOS is set back on the miner's own page, not from here.")

    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        until = after(COMMAND)
        self._tell(endpoint, always, "ledset", "red", _BLINKS if enabled else _BY_ITSELF, until=until)
        return self._config(endpoint, until).red_led == _BLINKS

    def _config(self, endpoint: Endpoint, expires: float) -> state.Config:
        return state.config(exchange_api(endpoint, reads.CONFIG, expires))

    def _tell(
        self,
        endpoint: Endpoint,
        permit: Permit,
        command: str,
        *parameters: str,
        until: float | None = None,
        holds: Callable[[state.Config], bool] = lambda _told: False,
    ) -> None:
        """Send one command in a session of its own; one that is refused is well where it `holds` already."""
        self._web.require_reach(endpoint)
        until = after(COMMAND) if until is None else until
        expires = until - _FOR_LOGOFF
        with self._web.turns.taken(endpoint, expires):
            with session.held(self._web, endpoint, permit, expires, until) as id_:
                answer = exchange_api(endpoint, request(command, id_, *parameters), expires, permit)
                with heard():
                    no = refusal(document(answer))
            if no is not None:
                self._judge(endpoint, no.error, expires, holds)

    def _judge(
        self,
        endpoint: Endpoint,
        error: DeviceError,
        expires: float,
        holds: Callable[[state.Config], bool],
    ) -> None:
        """Raise what a refusal comes to: nothing where it is so, `StillStarting` while it comes up."""
        if isinstance(error, NotControllable):
            raise error
        try:
            now = asyncio.run(reads.standing(endpoint, expires))
        except DeviceError:
            raise error from None
        if holds(now.config):
            return
        if now.starts:
            raise StillStarting(f"The miner comes up, and does not take this yet. {error}")
        raise error
