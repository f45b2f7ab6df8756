"""The FleetActor's ear for the EMS: hears every command and says when the failsafe is to be entered.

The rule itself is `netstab.dispatch.failsafe`; entering is a command like any other.
"""

import math
import uuid

from actors.messages import CommandRequest
from events.commands import EnterFailsafe, Origin, SetOverride
from events.state import FleetState, Source
from netstab.dispatch.failsafe import Circumstances, fallback
from netstab.settings import Settings
from netstab.units import Timestamp, Watts

__all__ = ["EmsWatch"]

_NEVER = Timestamp(math.inf)


class EmsWatch:
    """Counts the EMS's silence from `started_at` on."""

    def __init__(self, settings: Settings, started_at: Timestamp) -> None:
        self._timeout = settings.ems_timeout
        self._instruction = settings.ems_failsafe
        self._started_at = started_at
        self._heard_at: Timestamp | None = None
        self._released_at: Timestamp | None = None

    def hear(self, request: CommandRequest, state: FleetState, now: Timestamp) -> None:
        """Note a sign of life, or the end of an override; `state` is that before the command.

        A command of the EMS that the log cannot take is one too: it is not the EMS that is silent.
        """
        if request.origin.source is Source.EMS:
            self._heard_at = now
        if isinstance(request.command, SetOverride) and state.override is not None:
            self._released_at = now

    def failsafe(self, state: FleetState, rated: Watts, now: Timestamp) -> CommandRequest | None:
        """Give the command that enters the failsafe, None while there is no reason to."""
        entered = fallback(self._seen(state, now), self._timeout, self._instruction, rated)
        if entered is None:
            return None
        command = EnterFailsafe(entered.action, entered.power, entered.silent_since)
        return CommandRequest(command, Origin(str(uuid.uuid4()), Source.SYSTEM, client=""), _NEVER)

    def _seen(self, state: FleetState, now: Timestamp) -> Circumstances:
        return Circumstances(
            now=now,
            started_at=self._started_at,
            last_command=self._last_command(state.last_ems_command, now),
            released_at=self._released_at,
            ordered=state.order is not None,
            target=state.order.target if state.order else None,
            overridden=state.override is not None,
            in_failsafe=state.failsafe is not None,
        )

    def _last_command(self, recorded: Timestamp | None, now: Timestamp) -> Timestamp | None:
        """Give the time of the newest command as it is recorded, as it was heard if that is not the newest.

        None while none is recorded: then no order of the EMS can lapse.
        """
        heard = self._heard_at
        if recorded is None or heard is None or heard <= recorded <= now:
            return recorded
        return heard
