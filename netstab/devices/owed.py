"""Calls that are owed an answer, whoever runs them, and what is answered when one has ended."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from netstab.errors import DeviceError

__all__ = ["Done", "Owed", "cancelled", "named"]

_log = logging.getLogger(__name__)

T = TypeVar("T")
Done = Callable[[T | DeviceError], None]
"""Told how a call ended, mostly on a thread of the runner: it must not block."""


class Owed:
    """The calls that are owed an answer, at most `limit`. Whoever takes a call out first answers it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._open = False
        self._calls: dict[object, Done[Any]] = {}
        self._telling = 0  # those that are taken out, and whose end somebody is being told

    @property
    def count(self) -> int:
        return len(self._calls)

    def open(self) -> None:
        with self._changed:
            self._open = True

    def close(self) -> None:
        with self._changed:
            self._open = False

    def take(self, call: object, done: Done[Any]) -> bool:
        """Take on a call, or refuse it, which answers it at once."""
        with self._changed:
            taken = self._open and len(self._calls) < self._limit
            if taken:
                self._calls[call] = done
        if not taken:
            _tell(
                done,
                DeviceError("No more calls to miners are taken: there are too many, or all is stopping."),
            )
        return taken

    def answer(self, call: object, outcome: object) -> None:
        self.answer_all([(call, outcome)])

    def answer_all(self, ended: Iterable[tuple[object, object]]) -> None:
        """Answer several calls, each with its outcome."""
        with self._changed:
            owed = [(done, outcome) for call, outcome in ended if (done := self._calls.pop(call, None))]
            self._telling += len(owed)
        for done, outcome in owed:
            _tell(done, outcome)
        with self._changed:
            self._telling -= len(owed)
            self._changed.notify_all()

    def settle(self, expires: float) -> None:
        """Wait until all have been told or the moment has come, and answer the rest."""
        with self._changed:
            self._changed.wait_for(lambda: not self._calls and not self._telling, expires - time.monotonic())
        for call in list(self._calls):
            self.answer(call, cancelled())


def named(error: BaseException) -> DeviceError:
    """Return what the one who is owed an answer is told of what a call raised."""
    match error:
        case DeviceError():
            return _alone(error)
        case asyncio.CancelledError():
            return cancelled()
        case _:
            _log.error("A call to a miner failed unexpectedly.", exc_info=error)
            return DeviceError(f"The call failed unexpectedly: {type(error).__name__}: {error}")


def _alone(error: DeviceError) -> DeviceError:
    """Leave off how it came about: that holds each frame on the way, with all that was read."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def cancelled() -> DeviceError:
    return DeviceError("The call was cancelled: the controller is stopping.")


def _tell(done: Done[Any], outcome: object) -> None:
    try:
        done(outcome)
    except Exception:  # noqa: BLE001 - whatever it raises, the next call must be answered too
        _log.exception("Nobody could be told how a call to a miner ended.")
