"""SIGTERM and Ctrl-C as one event, so that everything is stopped in order and nothing is cut off."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["wait_for_stop"]


@contextmanager
def wait_for_stop() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set. A second signal ends the process at once."""
    stopped = threading.Event()
    handled = (signal.SIGTERM, signal.SIGINT)

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()
        for number in handled:
            signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, stop) for number in handled}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
