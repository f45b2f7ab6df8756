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
from netstab.units import Seconds, Timestamp, Watts, on_wall

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

    def failsafe(
        self, state: FleetState, rated: Watts, now: Timestamp, correction: Seconds
    ) -> CommandRequest | None:
        """Return the command that enters the failsafe, None while there is no reason to.

        `correction` is what the host's clock is ahead of the steady one, by which silence is counted.
        """
        entered = fallback(self._seen(state, now), self._timeout, self._instruction, rated)
        if entered is None:
            return None
        command = EnterFailsafe(entered.action, entered.power, on_wall(entered.silent_since, correction))
        return CommandRequest(command, Origin(str(uuid.uuid4()), Source.SYSTEM, client=""), _NEVER)

    def _seen(self, state: FleetState, now: Timestamp) -> Circumstances:
        return Circumstances(
            now=now,
            started_at=self._started_at,
            last_command=self._last_command(state),
            released_at=self._released_at,
            ordered=state.order is not None,
            target=state.order.target if state.order else None,
            overridden=state.override is not None,
            in_failsafe=state.failsafe is not None,
        )

    @property
    def heard_at(self) -> Timestamp | None:
        """When this server heard the EMS last, None if it has not."""
        return self._heard_at

    def silent(self, state: FleetState, now: Timestamp) -> bool:
        """Whether the EMS has let its time-out pass without a word."""
        heard = self._last_command(state)
        return bool(self._timeout) and heard is not None and now - heard >= self._timeout

    def _last_command(self, state: FleetState) -> Timestamp | None:
        """Return when the EMS was last heard; what it said before this server began counts as said then.

        None while no command of the EMS is recorded: then no order of it can lapse.
        """
        if state.last_ems_command is None:
            return None
        return self._started_at if self._heard_at is None else self._heard_at
