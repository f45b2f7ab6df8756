"""An actor whose death the supervisor is told of."""

from types import TracebackType

import pykka

from actors.directory import Directory
from actors.supervisor import Died

__all__ = ["Supervised"]


class Supervised(pykka.Actor):
    """Mix in before the actor type; `supervise` names the actor as the supervisor knows it."""

    _directory: Directory
    _name: str

    def supervise(self, name: str, directory: Directory) -> None:
        self._name, self._directory = name, directory

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        reason = f"{type(exception_value).__name__}: {exception_value}"
        self._directory.tell_supervisor(Died(self._name, self.actor_urn, reason))
