"""The driver of Vnish 1.x. It trusts no answer: the same comes whether a preset was taken or not."""

from typing import Any

from netstab.devices.antminer.naming import label
from netstab.devices.port import Endpoint, Keep, Permit, always, let_go
from netstab.devices.transport import heard
from netstab.devices.vnish import documents, power, reading
from netstab.devices.vnish.documents import Outcome, Performance, Preset
from netstab.devices.vnish.reads import VnishReads
from netstab.devices.web import Content
from netstab.errors import (
    CommandRefused,
    ConfigurationDiffers,
    MalformedAnswer,
    StillStarting,
)
from netstab.power.tuning import Tuning
from netstab.units import Seconds, Setting, Volts
from netstab.wire.bounds import after

__all__ = ["CHANGE", "COMMAND", "VnishRestDriver"]

COMMAND, CHANGE = Seconds(8.0), Seconds(15.0)

_SWITCHES = "The miner's preset switcher sets its power: switch that off on the miner first."
_PRESET = "preset"
_RUNS = ("mining", "auto-tuning", "initializing", "starting", "restarting")


class VnishRestDriver(VnishReads):
    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self._tell(endpoint, "mining/stop", None, after(COMMAND), permit)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "mining/start", None, after(COMMAND), permit)

    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "mining/restart", None, after(COMMAND), permit)

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        self._tell(endpoint, "system/reboot", None, after(COMMAND), permit)

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        """Restore the defaults, among them the password; what it has given to be shown ends with that."""
        self._tell(endpoint, "settings/factory-reset", None, after(COMMAND), permit)
        self._session.forget(endpoint)

    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        expires = after(COMMAND)
        info = documents.info(self._session.read(endpoint, "info", expires))
        path, key = ("locate-miner", "is_enabled") if info.blinks_by_name else ("find-miner", "on")
        self._tell(endpoint, path, {key: enabled}, expires, always)
        state = self._document(endpoint, "status", expires).get("find_miner")
        if not isinstance(state, bool):
            raise MalformedAnswer("The miner does not say whether its LEDs blink.")
        return state

    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        """Throttle it to so many watts, or have it run at the tuned preset of that name.

        Raises `StillStarting` while it tunes itself, or its preset switcher is on: it is only switched then,
        `CommandRefused` for watts without a tuned preset, `ConfigurationDiffers` if another is stored.
        """
        if voltage is not None or not isinstance(setting, int):
            raise CommandRefused("The miner is set to a power in W, and to nothing else.")
        expires = after(CHANGE)
        summary, told = self._steady(endpoint, expires)
        if reading.throttles(summary):
            return self._throttle(endpoint, setting, summary, told.preset, expires, permit)
        listed, stored = self._presets(endpoint, expires), self._overclock(endpoint, expires, permit)
        wanted = next((each for each in listed if round(each.watts) == setting), None)
        if wanted is not None and wanted.name == stored[_PRESET]:
            return False
        own = _tuned(listed, stored[_PRESET])
        if wanted is None or not wanted.tuned or wanted.needs_other_psu:
            raise CommandRefused(
                f"The miner has no tuned preset of {setting} W: another takes it hours to tune."
            )
        keep(Tuning(round(own.watts), plain=False, settings=((_PRESET, own.name),)))
        self._choose(endpoint, stored, wanted.name, reading.state_of(summary) in _RUNS, expires, permit)
        return True

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        """Have it run at its own preset; one that is not tuned was chosen by somebody else, and stays."""
        name, expires = dict(own.settings).get(_PRESET), after(CHANGE)
        summary, _ = self._steady(endpoint, expires)
        if name is None or reading.throttles(summary):
            return False
        listed, stored = self._presets(endpoint, expires), self._overclock(endpoint, expires, permit)
        tuned = {each.name for each in listed if each.tuned}
        if stored[_PRESET] == name or stored[_PRESET] not in tuned:
            return False
        if name not in tuned:
            raise CommandRefused(
                f"The miner's own preset {name} is tuned no more: it would take hours again."
            )
        self._choose(endpoint, stored, name, reading.state_of(summary) in _RUNS, expires, permit)
        return True

    def _steady(self, endpoint: Endpoint, expires: float) -> tuple[dict[str, Any], Performance]:
        """Look at what is to be changed; refuse where something else moves its power."""
        told = documents.performance(self._session.read(endpoint, "perf-summary", expires))
        if told.switches_presets:
            raise StillStarting(_SWITCHES)
        summary = self._summary(endpoint, expires)
        if reading.tunes_itself(summary, told):
            raise StillStarting("The miner tunes itself, for an hour or more: it is left alone until then.")
        return summary, told

    def _throttle(
        self,
        endpoint: Endpoint,
        setting: int,
        summary: dict[str, Any],
        preset: Preset | None,
        expires: float,
        permit: Permit,
    ) -> bool:
        powers = power.throttled(preset) if preset is not None else None
        percent = power.percent_of(powers, setting) if powers is not None else None
        if percent is None:
            at = preset.name if preset is not None else "none that is known"
            raise CommandRefused(f"The miner runs at another preset than it told: {at} has no {setting} W.")
        if reading.throttle(summary) == percent:
            return False
        self._tell(endpoint, "mining/throttle", {"percent": percent}, expires, permit)
        return True

    def _choose(
        self,
        endpoint: Endpoint,
        stored: dict[str, Any],
        name: str,
        runs: bool,
        expires: float,
        permit: Permit,
    ) -> None:
        """Store the preset, look whether it is stored, and restart what runs where that is asked for.

        The settings replace what is stored: all of it that was read goes back with them.
        """
        meant = {"miner": {"overclock": {**stored, _PRESET: name}}}
        wants = self._tell(endpoint, "settings", meant, expires, permit)
        if not wants.told:
            raise MalformedAnswer("The miner does not say whether its new preset wants a restart.")
        found = self._overclock(endpoint, expires, permit)[_PRESET]
        if found != name:
            raise ConfigurationDiffers(f"The miner was told the preset {name} and has stored {label(found)}.")
        if wants.reboot:
            raise CommandRefused(f"The miner has stored the preset {name} and wants to be rebooted for it.")
        if wants.restart and runs:
            self._tell(endpoint, "mining/restart", None, expires, permit)

    def _tell(
        self, endpoint: Endpoint, path: str, what: dict[str, Any] | None, expires: float, permit: Permit
    ) -> Outcome:
        content = Content(b"", "application/json") if what is None else Content.json(what)
        answer = self._session.ask(endpoint, path, content, expires, permit)
        with heard():
            return documents.outcome(answer)

    def _overclock(self, endpoint: Endpoint, expires: float, permit: Permit) -> dict[str, Any]:
        """Read what is stored, whole; refuse it where that has a switcher on."""
        stored = documents.overclock(self._session.ask(endpoint, "settings", None, expires, permit))
        if documents.among(stored, "preset_switcher").get("enabled") is True:
            raise StillStarting(_SWITCHES)
        return stored


def _tuned(listed: tuple[Preset, ...], name: str) -> Preset:
    """Return the preset that is to be left, where its owner can come back to it without a tuning."""
    own = next((each for each in listed if each.name == name), None)
    if own is None or not own.tuned:
        raise CommandRefused(
            f"The miner runs at {label(name)}, which is not tuned: to come back would take hours."
        )
    return own
