"""The server's own log lines on commands, with the ids that join all that was done for one of them."""

import logging

from actors.messages import CommandRequest, CommandResult
from actors.stories import Lately, ids_of
from netstab.errors import CommandRejected
from netstab.units import Timestamp

__all__ = ["CommandLines"]

logger = logging.getLogger(__name__)


class CommandLines:
    """What only repeats a command, or a refusal within a minute, is counted in the history alone."""

    def __init__(self) -> None:
        self._refused_lately = Lately()

    def note(self, request: CommandRequest, answer: CommandResult | CommandRejected, now: Timestamp) -> None:
        """Say what came of a command."""
        name, origin = request.command.name, request.origin
        if isinstance(answer, CommandRejected):
            if not self._refused_lately((name, origin.source, origin.client, answer.code), now):
                text = f"{name} by {origin.source} is refused ({answer.code}): {answer.message}"
                logger.info("%s", text, extra=ids_of(origin) | {"code": answer.code.value})
        elif answer.command_id == origin.command_id:
            text = f"{name} by {origin.source} is event {answer.version}: {answer.message}"
            logger.info("%s", text, extra=ids_of(origin, answer.version))
