"""Has what may hang done on a thread of its own: a disk or a database that stands still holds nobody up.

It does one thing at a time and knows nothing of what that is.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from netstab.errors import LogSlow, LogUnavailable

__all__ = ["DirectPen", "Pen", "ThreadedPen"]

T = TypeVar("T")

logger = logging.getLogger(__name__)

_LOOK_S = 0.05
"""Waiting is counted in looks of this length: a process that stood still has not waited."""

TRYING, HASTY, PATIENT = 4, 10, 60
"""Looks that are waited at most at fault, where a shed waits, and else: a slow disk is no fault."""


class Pen(Protocol):
    """For one thread. `hurried` says whether anybody waits meanwhile who cannot wait long."""

    hurried: Callable[[], bool]

    def write(self, work: Callable[[], T], *, looks: int = PATIENT) -> T:
        """Do it, and give what it gives or raises.

        Raises `LogSlow` if it has begun and not ended in time (`settled` gives its end), and `LogUnavailable`
        while such work goes on: then it was not begun.
        """
        ...

    def settled(self) -> Future[Any] | None:
        """Return the work that was slow, ended; None where there is none. Tells each end once.

        Raises `LogUnavailable` while it goes on.
        """
        ...


def _nobody() -> bool:
    return False


class DirectPen:
    """Does all where it is asked, and is never slow: for what cannot hang."""

    hurried: Callable[[], bool] = _nobody

    def write(self, work: Callable[[], T], *, looks: int = PATIENT) -> T:
        return work()

    def settled(self) -> Future[Any] | None:
        return None


class ThreadedPen:
    """Does one thing after the other on a daemon thread."""

    def __init__(self, name: str) -> None:
        self.hurried: Callable[[], bool] = _nobody
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._slow: Future[Any] | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def write(self, work: Callable[[], T], *, looks: int = PATIENT) -> T:
        self._refuse_while_slow()
        done: Future[T] = Future()
        self._jobs.put((work, done))
        for look in range(1, looks + 1):
            try:
                return done.result(_LOOK_S)
            except NotYet:
                if done.done():  # it ended so itself
                    return done.result()
                if look >= HASTY and self.hurried():
                    break
        self._slow = done
        raise LogSlow(_STANDS_STILL)

    def settled(self) -> Future[Any] | None:
        self._refuse_while_slow()
        slow, self._slow = self._slow, None
        return slow

    def close(self, within: float) -> bool:
        """Let the thread end; False where it hangs, and with it what it uses."""
        self._jobs.put(None)
        self._thread.join(within)
        return not self._thread.is_alive()

    def _refuse_while_slow(self) -> None:
        if self._slow is not None and not self._slow.done():
            raise LogUnavailable(_STANDS_STILL)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, done = job
            try:
                done.set_result(work())
            except BaseException as error:  # noqa: BLE001 - whoever waits has it
                done.set_exception(error)
            del job, work, done


_STANDS_STILL = (
    "The command log stands still: what is written to it does not end; look after its disk or server."
)
