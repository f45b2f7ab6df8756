"""What an Antminer on Bitmain's firmware can be told: to sleep and wake, by its work mode, and little else.

Each change of the mode writes pools and fans anew, from a document that was read right before, whole and
checked. An `OK` proves nothing: the document is read again, and compared. Later readings tell the rest.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from netstab.devices.antminer import cgi
from netstab.devices.antminer.loose_json import parse
from netstab.devices.antminer_stock import document
from netstab.devices.antminer_stock.document import Form, WorkMode
from netstab.devices.antminer_stock.memory import kept_mode, memory_of
from netstab.devices.antminer_stock.pages import (
    BLINK,
    FACTORY_RESET,
    REBOOT,
    SET_CONFIGURATION,
    Turn,
    content,
)
from netstab.devices.antminer_stock.reads import StockReads
from netstab.devices.port import Endpoint, Keep, Permit, Recall, let_go, nothing_kept
from netstab.devices.web import Content
from netstab.errors import ConfigurationDiffers, DeviceError, MalformedAnswer, NotControllable, TimedOut
from netstab.units import Seconds
from netstab.wire.bounds import after

__all__ = ["COMMAND", "CONFIGURATION", "StockDriver"]

COMMAND = Seconds(8.0)
FRESH = Seconds(4.0)
"""What was read longer ago, as where the log was slow to keep a mode, is read anew before a write."""

OLDEST = Seconds(8.0)
"""Nothing is written of what was read longer ago: its owner may have set other pools meanwhile."""

CONFIGURATION = Seconds(20.0)
"""To read, to write and to read again, and once more to write what was said to be taken and was not."""

_ONLY_THE_MODE = ("work mode",)


class StockDriver(StockReads):
    def sleep(self, endpoint: Endpoint, permit: Permit, *, insist: bool = False) -> None:
        self.sleep_keeping(endpoint, permit, let_go, nothing_kept, insist=insist)

    def wake(self, endpoint: Endpoint, permit: Permit) -> None:
        self.wake_to_kept(endpoint, permit, nothing_kept)

    def sleep_keeping(
        self, endpoint: Endpoint, permit: Permit, keep: Keep, recall: Recall, *, insist: bool = False
    ) -> None:
        """Set work mode 1, with the mode found kept before; one that cannot be kept holds up no sleep."""

        def asleep(found: WorkMode) -> WorkMode:
            if found not in (WorkMode.NORMAL, WorkMode.ASLEEP):
                with suppress(DeviceError):
                    _remember(found, keep, recall)
            return WorkMode.ASLEEP

        forms = (Form.TEXT, Form.PAGE) if insist else (Form.PAGE, Form.TEXT)
        if self._set(endpoint, asleep, permit, forms) is WorkMode.NORMAL:
            with suppress(DeviceError):  # what was kept of earlier holds no more
                _remember(WorkMode.NORMAL, keep, recall)

    def wake_to_kept(self, endpoint: Endpoint, permit: Permit, recall: Recall) -> None:
        """Set the mode that it had before it was put to sleep; one that is awake is left as it is."""
        own = kept_mode(recall())

        def awake(found: WorkMode) -> WorkMode:
            return own if found is WorkMode.ASLEEP else found

        self._set(endpoint, awake, permit, (Form.PAGE, Form.TEXT))

    def restart(self, endpoint: Endpoint, permit: Permit) -> None:
        """Raise `NotControllable`: the one way would be to write the configuration anew."""
        raise NotControllable("Its firmware restarts the mining process only with the system: reboot it.")

    def reboot(self, endpoint: Endpoint, permit: Permit) -> None:
        self._order(endpoint, REBOOT, permit)

    def factory_reset(self, endpoint: Endpoint, permit: Permit) -> None:
        """Restore the firmware's defaults, which takes the pools as well."""
        self._order(endpoint, FACTORY_RESET, permit)

    def find_mode(self, endpoint: Endpoint, enabled: bool) -> bool:
        with self._pages.in_turn(endpoint, after(COMMAND)) as turn:
            told = parse(turn.ask(BLINK, Content.json({"blink": enabled})))
        states = {"B000": True, "B100": False}
        if told.get("code") not in states:
            raise MalformedAnswer("The miner does not say whether its LEDs blink.")
        return states[told["code"]]

    def _order(self, endpoint: Endpoint, path: str, permit: Permit) -> None:
        with self._pages.in_turn(endpoint, after(COMMAND)) as turn:
            answer = turn.order(path, permit)
        if answer is not None and not cgi.printed_nothing(answer.status, answer.body):
            content(answer)

    def _set(
        self,
        endpoint: Endpoint,
        choose: Callable[[WorkMode], WorkMode],
        permit: Permit,
        forms: tuple[Form, ...],
    ) -> WorkMode:
        """Read, choose a mode by the one found, write, and read again; gives the mode found at first.

        Nothing is sent where the mode is set already. What a build says that it took and has ignored, as the
        second reading proves, is written once more in the other form.
        """
        with self._pages.in_turn(endpoint, after(CONFIGURATION)) as turn:
            stored, read_at = document.checked(turn.configuration(permit)), time.monotonic()
            found, mode = stored.mode, choose(stored.mode)
            if mode is found:
                return found
            if time.monotonic() > read_at + FRESH:
                stored, read_at = document.checked(turn.configuration(permit)), time.monotonic()
            for form in forms:
                posted = document.written(stored, mode, form)
                answered = _write(turn, posted, _while_fresh(permit, read_at))
                now, read_at = _read_again(turn), time.monotonic()
                differing = document.differences(stored, mode, now) if now is not None else ()
                if not differing:
                    return found
                if now is None or not answered or differing != _ONLY_THE_MODE:
                    raise _differs(differing)
                stored = document.checked(now)
            raise _differs(_ONLY_THE_MODE)


def _remember(mode: WorkMode, keep: Keep, recall: Recall) -> None:
    """Have a mode kept, unless it is already."""
    if kept_mode(recall()) is not mode:
        keep(memory_of(mode))


def _while_fresh(permit: Permit, read_at: float) -> Permit:
    """Return a permit that raises `TimedOut` once what was read is old: a device may be slow to let us in."""

    def stands() -> bool:
        if time.monotonic() > read_at + OLDEST:
            raise TimedOut(
                "The miner was so slow that its configuration may be another by now: none is written."
            )
        return permit()

    return stands


def _write(turn: Turn, posted: Content, permit: Permit) -> bool:
    """Post a configuration, and tell whether the device said that it took it: an answer may be lost.

    Raises `CommandRefused` where it says no, in its words.
    """
    answer = turn.order(SET_CONFIGURATION, permit, posted)
    if answer is None or cgi.printed_nothing(answer.status, answer.body):
        return False
    try:
        document.refuse_refusal(content(answer))
    except MalformedAnswer as error:
        error.may_have_acted = True
        raise
    return True


def _read_again(turn: Turn) -> Mapping[str, Any] | None:
    """Read what was stored; None while the process restarts, when pages may fail or be empty."""
    with suppress(DeviceError):
        return turn.configuration() or None
    return None


def _differs(names: tuple[str, ...]) -> ConfigurationDiffers:
    error = ConfigurationDiffers(
        f"The miner stored a configuration other than the one written: {document.named(names)} differ."
    )
    error.may_have_acted = True
    return error
