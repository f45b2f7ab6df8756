"""Of the servers on one log one leads the fleet; the others stand by, and one takes over when it is gone.

It knows nothing of what leading is. A leader that is not certain of its lock any more stops at once.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from actors.fence import WakeFence
from events.lock import LogLock
from netstab.errors import LogError

__all__ = ["Leadership"]

logger = logging.getLogger(__name__)

TURN = 0.5
"""Seconds between two looks at the lock: so long a leader may be gone unnoticed, or lead without its lock."""

_WITHIN = 30.0

Lead = Callable[[], AbstractContextManager[WakeFence]]


class Leadership:
    """Leads while it holds the lock, from `start` to `stop`.

    `lead` is entered to lead and left to stop; the fence it gives is closed before. `stand_by` is called at
    every turn without the lock.
    """

    def __init__(self, lock: LogLock, lead: Lead, stand_by: Callable[[], None]) -> None:
        self._lock = lock
        self._lead = lead
        self._stand_by = stand_by
        self._fence: WakeFence | None = None
        self._term = ExitStack()
        self._trouble = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leadership", daemon=True)

    def start(self) -> None:
        """Take the role that can be had now, and go on in a thread. Raises whatever keeps it from both."""
        try:
            self._turn()
            self._look_on()
        except BaseException:
            self._lock.release()
            raise
        self._thread.start()

    def stop(self) -> None:
        """End a term in order: what miners did is still recorded."""
        self._stopping.set()
        self._thread.join(_WITHIN)
        self._term.close()
        self._resign()

    def _run(self) -> None:
        while not self._stopping.wait(TURN):
            self._survive(self._turn)
            self._survive(self._look_on)

    def _survive(self, work: Callable[[], None]) -> None:
        try:
            work()
        except LogError as error:
            self._report(str(error))
            self._resign()
        except Exception:
            logger.exception("Leading the fleet, or standing by, failed.")
            self._resign()

    def _turn(self) -> None:
        if self._fence is not None and (self._fence.closed or not self._lock.holds()):
            logger.error("This server has lost the log to another, or the log; it stops commanding.")
            self._resign()
        if self._fence is None and self._lock.acquire():
            self._fence = self._term.enter_context(self._lead())
            self._trouble = ""
            logger.info("This server leads the fleet.")
        elif self._fence is None:
            self._report("another server leads the fleet")

    def _look_on(self) -> None:
        if self._fence is None:
            self._stand_by()

    def _resign(self) -> None:
        """Stop commanding, then all else, and only then let another have the lock."""
        if self._fence is not None:
            self._fence.close()
            self._fence = None
        self._term.close()
        self._lock.release()

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            logger.warning("This server stands by: %s.", trouble)
