"""What bounds an exchange, in time and size."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["LARGEST_ANSWER", "MOST_PIECES", "after", "left_until", "within"]

T = TypeVar("T")

LARGEST_ANSWER = 64 * 1024  # bytes; of the recorded answers of all makers the largest has 8,500
MOST_PIECES = 1024  # of one answer: each costs as much to take in, and who drips it by the byte has thousands


def after(seconds: float) -> float:
    """Return the moment so many seconds from now, on the monotonic clock that deadlines are kept on."""
    return time.monotonic() + seconds


def left_until(expires: float, within: float = math.inf) -> float:
    """Return the seconds that are left, at most those; raises `TimeoutError` once there are none."""
    left = min(within, expires - time.monotonic())
    if left <= 0:
        raise TimeoutError
    return left


def within(seconds: float, work: Callable[[], T], name: str) -> T:
    """Return what work gives, or raise what it raises; `TimeoutError` where it has not ended in time.

    It goes on then, on a thread of that name that keeps no process from ending.
    """
    ended: Future[T] = Future()

    def run() -> None:
        try:
            ended.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever waits has it
            ended.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return ended.result(seconds)
