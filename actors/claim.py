"""Whether a command may still be recorded: settled once, between who asked and who is about to record it."""

import math
import threading
from collections.abc import Callable

from netstab.errors import CommandRejected, ErrorCode
from netstab.units import Timestamp

__all__ = ["Claim", "client_gone", "nobody_left", "too_late"]

_EVER = Timestamp(math.inf)


def nobody_left() -> bool:
    """Say of who cannot leave that he waits."""
    return False


def too_late() -> CommandRejected:
    """Return the refusal of a command that was not taken up, or not recorded, in time."""
    return CommandRejected(
        ErrorCode.TOO_LATE, "The command waited too long to be carried out; nothing was done."
    )


def client_gone() -> CommandRejected:
    """Return the refusal of a command whose client does not wait any more."""
    return CommandRejected(ErrorCode.TOO_LATE, "The client has closed the connection; nothing was done.")


class Claim:
    """Safe for many threads. `latest` is until when it may be recorded, `gone` if its client has left."""

    def __init__(self, latest: Timestamp = _EVER, gone: Callable[[], bool] = nobody_left) -> None:
        self._latest = latest
        self._gone = gone
        self._lock = threading.Lock()
        self._taken = self._withdrawn = False

    def check(self) -> None:
        """Raise `CommandRejected` with TOO_LATE where nobody waits for the command any more."""
        if self._withdrawn:
            raise too_late()
        if self._gone():
            raise client_gone()

    def take(self, now: Timestamp) -> None:
        """Have it recorded: it cannot be withdrawn any more. Raises what `check` does, or if it is late.

        Once taken it stays so, whatever has become of its client: a log that was slow may hold it already.
        """
        if self._taken:
            return
        self.check()
        with self._lock:
            if self._withdrawn or now > self._latest:
                raise too_late()
            self._taken = True

    def withdraw(self) -> bool:
        """Have it never recorded; False where it is being recorded already."""
        with self._lock:
            self._withdrawn |= not self._taken
            return self._withdrawn
