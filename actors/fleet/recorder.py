"""The FleetActor's pen: records commands and what miners did with them, and knows when it cannot write."""

import logging
from collections import deque

from actors.messages import ActionEnded
from events.commands import Command, Origin
from events.log import FleetLog, Response
from events.state import FleetState
from netstab.errors import CommandRejected, LogError

__all__ = ["Recorder"]

logger = logging.getLogger(__name__)

_MOST_PENDING = 100_000
_BATCH = 1_000


class Recorder:
    """Wraps the log for its one writer. `fault` says why nothing can be recorded, None while it can."""

    def __init__(self, log: FleetLog) -> None:
        self._log = log
        self._pending: deque[Response] = deque(maxlen=_MOST_PENDING)
        self.fault: str | None = None

    @property
    def state(self) -> FleetState:
        return self._log.state

    def accept(self, command: Command, origin: Origin, message: str) -> int:
        """Record an accepted command; gives its version.

        Raises `CommandRejected` with FAULT_STATE if it cannot be recorded: then it must not be carried out.
        """
        try:
            version = self._log.accept(command, origin, message)
        except LogError as error:
            self._fail(error)
            raise CommandRejected("FAULT_STATE", f"Fleet is in fault state: {error}") from error
        self._recovered()
        return version

    def reject(self, command: Command, origin: Origin, rejected: CommandRejected) -> None:
        """Record a refused command; a log that cannot be written changes nothing for the caller."""
        try:
            self._log.reject(command, origin, rejected.code, rejected.message)
        except LogError as error:
            self._fail(error)

    def note(self, news: ActionEnded) -> None:
        """Keep what became of a step until the next `flush`."""
        outcome = "failed" if news.reason else "done"
        self._pending.append(
            Response(news.order, news.miner_id, news.step.value, outcome, news.reason, news.at)
        )

    def flush(self) -> None:
        """Record what miners did since the last time; while the log is at fault, try it again."""
        batch = [self._pending.popleft() for _ in range(min(_BATCH, len(self._pending)))]
        try:
            if self.fault is not None:
                self._log.fault_cleared(self.fault)
                self._recovered()
            if batch:
                self._log.responses(batch)
        except LogError as error:
            self._pending.extendleft(reversed(batch))
            self._fail(error)

    def _fail(self, error: LogError) -> None:
        if self.fault is None:
            logger.error("The command log cannot be written: %s", error)
        self.fault = str(error)

    def _recovered(self) -> None:
        if self.fault is not None:
            logger.warning("The command log can be written again.")
        self.fault = None
