"""Of the servers on one log one leads the fleet; the others stand by, and one takes over when it is gone.

It knows nothing of what leading is. A leader that lost its lock stops at once. One that cannot find out
whether it did, for the database does not answer, only sheds until it can: then it begins anew, or stands by.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from actors.fence import WakeFence
from events.lock import LogLock
from netstab.errors import LogError

__all__ = ["Leadership"]

logger = logging.getLogger(__name__)

TURN = 0.5
"""Seconds between two looks at the lock: so long a leader may be gone unnoticed, or lead without its lock."""

YIELD = 3.0
"""Seconds that a standby lets pass after the database was away: who led before, and may have shed meanwhile,
is to have it first and to record that."""

PROMPT = 0.5
"""Seconds: a lock that was longer in coming was the database's to give, which did not answer until then."""

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
        self._yields_until = 0.0
        self._in_reserve = self._away = False
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
        if self._fence is not None:
            self._look_after(self._fence)
        elif time.monotonic() >= self._yields_until:
            self._apply()

    def _look_after(self, fence: WakeFence) -> None:
        if not fence.closed and (self._lock.holds() or (self._lock.uncertain and not self._decided(fence))):
            return
        if fence.closed or not self._lock.holds():
            logger.error("This server has lost the log to another, or the log; it stops commanding.")
            self._resign()
        else:
            self._end_term()
        self._apply()

    def _decided(self, fence: WakeFence) -> bool:
        """Whether it is known again who has the lock; until then this server only sheds."""
        if not fence.lowers_only:
            fence.lower_only()
            logger.error("The database does not answer: who leads is uncertain. This server only sheds.")
        try:
            self._lock.acquire()
        except LogError:
            return False
        return True

    def _apply(self) -> None:
        """Lead, if nobody else does."""
        began = time.monotonic()
        try:
            free = self._lock.holds() or self._lock.acquire()
        except LogError:
            self._away, self._yields_until = self._in_reserve, time.monotonic() + YIELD
            raise
        if free and self._in_reserve and (self._away or time.monotonic() - began > PROMPT):
            self._away = self._in_reserve = False  # once: a database may be slow for good
            self._lock.release()
            self._yields_until = time.monotonic() + YIELD
        elif free:
            self._fence = self._term.enter_context(self._lead())
            self._trouble, self._in_reserve = "", False
            logger.info("This server leads the fleet.")
        else:
            self._away, self._in_reserve = False, True
            self._report("another server leads the fleet")

    def _look_on(self) -> None:
        if self._fence is None:
            self._stand_by()

    def _resign(self) -> None:
        """Stop commanding, then all else, and only then let another have the lock."""
        self._end_term()
        self._lock.release()

    def _end_term(self) -> None:
        if self._fence is not None:
            self._fence.close()
            self._fence = None
        self._term.close()

    def _report(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            logger.warning("This server stands by: %s.", trouble)
