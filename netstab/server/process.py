"""What a process asks of its operating system: to be told of its end, and room for its sockets."""

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["allow_descriptors", "wait_for_stop"]


def allow_descriptors() -> None:
    """Raise the limit of open sockets to what the system allows: a usual soft limit is 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


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
