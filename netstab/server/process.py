"""What a process asks of its system: to be told of its end, room for its sockets, few full collections."""

import gc
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["allow_descriptors", "collect_no_more", "collect_seldom", "sockets", "wait_for_stop"]

_COLLECT_AFTER = (2_000, 10, 500)
"""Of 20,000 units half a million objects live on: Python's own thresholds go through all of them every few
seconds, for 0.35 s in which nobody is answered. What refers to itself here dies young, or is rare."""


def allow_descriptors() -> None:
    """Raise the limit of open sockets to what the system allows: a usual soft limit is 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def sockets(most: int, share: int) -> int:
    """Return how many sockets one use may have: `most`, or one in `share` of what the system allows."""
    allowed, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(most, allowed // share)


def collect_seldom() -> None:
    """Leave what is there out of all collections to come, and have full ones seldom; called once started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def collect_no_more() -> None:
    """Leave what is there out of the collections with which the interpreter ends; called once all is closed.

    Those go through all objects several times, for nothing: of 20,000 units that is half a second.
    """
    gc.freeze()


@contextmanager
def wait_for_stop() -> Iterator[threading.Event]:
    """Return an event that SIGTERM and SIGINT set. A second signal ends the process at once."""
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
