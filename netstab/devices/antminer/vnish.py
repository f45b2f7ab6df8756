"""The driver of an S9 on Vnish 3.x. It trusts no `ok`: only later readings tell what became of a command."""

import math

from netstab.devices.antminer import cgi, configuration, form, tuning
from netstab.devices.antminer.reads import WEB_READ, AntminerReads
from netstab.devices.port import Endpoint, Firmware, Keep, Permit, let_go
from netstab.devices.web import Answer, Content
from netstab.errors import CommandRefused, ConfigurationDiffers, DeviceError, MalformedAnswer
from netstab.power.tuning import Tuning
from netstab.units import Megahertz, Seconds, Setting, Volts
from netstab.wire.bounds import after

__all__ = ["COMMAND", "CONFIGURATION_WRITE", "VnishDriver"]

COMMAND = Seconds(8.0)
CONFIGURATION_WRITE = Seconds(35.0)  # the answer comes after the mining process was restarted
_RESTART_ANSWER = Seconds(3.0)  # it never comes: the new process holds the script's pipe open

_SLEEP_MODE = "/cgi-bin/do_sleep_mode.cgi"
_STOP = "/cgi-bin/stop_bmminer.cgi"
_RESTART = "/cgi-bin/reboot_cgminer.cgi"
_REBOOT = "/cgi-bin/reboot.cgi"
_FACTORY_RESET = "/cgi-bin/reset_conf.cgi"
_FIND_MODE = "/cgi-bin/find_mode.cgi"
_WRITE_CONFIGURATION = "/cgi-bin/set_miner_conf_custom.cgi"


class VnishDriver(AntminerReads):
    firmware = Firmware.VNISH
    controls = True

    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        """Ask for sleep; where the API denies it, or hangs because the process boots, kill the process."""
        expires = after(COMMAND)
        if insist:
            self._order(endpoint, _STOP, expires=expires, permit=permit)
            return
        mode = Content.form(b"mode=1")
        answer = self._web.deliver(
            endpoint, _SLEEP_MODE, mode, expires=expires, answer_within=COMMAND / 2, permit=permit
        )
        if answer is None or cgi.sleep_was_refused(_content(answer)):
            _content(self._web.ask(endpoint, _STOP, expires=expires, permit=permit))

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        """Reboot the operating system, which is this firmware's way to wake."""
        self._order(endpoint, _SLEEP_MODE, Content.form(b"mode=0"), expires=after(COMMAND), permit=permit)

    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        self._order(endpoint, _RESTART, expires=after(COMMAND), answer_within=_RESTART_ANSWER, permit=permit)

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        self._order(endpoint, _REBOOT, expires=after(COMMAND), permit=permit)

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        self._order(endpoint, _FACTORY_RESET, expires=after(COMMAND), permit=permit)

    def apply(
        self,
        endpoint: Endpoint,
        setting: Setting,
        permit: Permit,
        keep: Keep = let_go,
        *,
        voltage: Volts | None = None,
    ) -> bool:
        """Read the configuration, write it whole where it differs, read it again and compare.

        A setting is a frequency in MHz; `voltage` None takes the curve's. Raises `ConfigurationDiffers` if
        the miner stored something else, `MalformedAnswer` if what it had stored is corrupted,
        `ConfigurationUnwritable` if it would not be stored so, `CommandRefused` for what it cannot take.
        """
        if not isinstance(setting, int):
            raise CommandRefused("The miner is set by a frequency, in MHz.")
        stored = self._sound_configuration(endpoint)
        meant = tuning.with_frequency(stored, Megahertz(setting), voltage)
        return self._write(endpoint, stored, meant, permit, keep)

    def restore(self, endpoint: Endpoint, own: Tuning, permit: Permit) -> bool:
        """Write the settings that were kept; raises what `apply` does."""
        stored = self._sound_configuration(endpoint)
        if not tuning.tuning_of(stored).plain:
            return False
        return self._write(endpoint, stored, tuning.with_tuning(stored, own), permit, let_go)

    def _sound_configuration(self, endpoint: Endpoint) -> configuration.Configuration:
        stored = self._configuration(endpoint, after(WEB_READ))
        configuration.check(stored)
        return stored

    def _write(
        self,
        endpoint: Endpoint,
        stored: configuration.Configuration,
        meant: configuration.Configuration,
        permit: Permit,
        keep: Keep,
    ) -> bool:
        if not form.differences(meant, stored):
            return False
        form.refuse_loss(meant)
        runs = cgi.process_runs(self._system(endpoint, after(WEB_READ)))
        fields = form.encode_form(form.form_fields(meant, restart=runs))
        keep(tuning.tuning_of(stored))
        expires = after(CONFIGURATION_WRITE)
        self._order(endpoint, _WRITE_CONFIGURATION, Content.form(fields), expires=expires, permit=permit)
        try:
            self._compare(endpoint, meant)
        except DeviceError as error:
            error.may_have_acted = runs
            raise
        return True

    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        mode = Content.form(b"mode=1" if enabled else b"mode=0")
        state = _content(self._web.ask(endpoint, _FIND_MODE, mode, expires=after(COMMAND))).strip()
        if state not in (b"Enabled", b"Disabled"):
            raise MalformedAnswer("The miner does not say whether its LEDs blink.")
        return state == b"Enabled"

    def _order(
        self,
        endpoint: Endpoint,
        path: str,
        content: Content | None = None,
        *,
        expires: float,
        permit: Permit,
        answer_within: float = math.inf,
    ) -> None:
        """Send a command that counts as taken once it is written: its effect may cut off the answer."""
        answer = self._web.deliver(
            endpoint, path, content, expires=expires, answer_within=answer_within, permit=permit
        )
        if answer is None or cgi.printed_nothing(answer.status, answer.body):
            return
        try:
            _content(answer)
        except MalformedAnswer as error:
            error.may_have_acted = True
            raise

    def _compare(self, endpoint: Endpoint, meant: configuration.Configuration) -> None:
        found = form.differences(meant, self._configuration(endpoint, after(WEB_READ)))
        if found:
            raise ConfigurationDiffers(
                f"The miner stored a configuration other than the one written: {', '.join(found)} differ."
            )


def _content(answer: Answer) -> bytes:
    return cgi.content(answer.status, answer.challenge, answer.body)
