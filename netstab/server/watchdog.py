"""Tells systemd that the server is ready, on time, and stopping; where nobody wants to know it tells nobody.

A beat says that the control loop is on time, not only that the process is there. It ends nothing itself.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from netstab.units import Seconds

__all__ = ["ServiceManager", "watched"]

logger = logging.getLogger(__name__)

_BEATS = 4  # in the time after which systemd ends a server without one
_LATE = 0.5  # of that time: a loop that was silent for longer is not on time
_SENT_WITHIN = 1.0  # s


class ServiceManager:
    """The other end of `NOTIFY_SOCKET`, as the environment of the process names it (sd_notify(3))."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        self.patience = _patience(environment)

    def tell(self, *states: str) -> None:
        """Tell it these assignments; a datagram that cannot be sent is told to people alone."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.settimeout(_SENT_WITHIN)
                channel.connect(self._address)
                channel.sendall("\n".join(states).encode())
        except OSError as error:
            logger.warning("systemd could not be told %s: %s.", states[0], error.strerror or error)


def _patience(environment: Mapping[str, str]) -> Seconds | None:
    """Read how long a beat may be missing; None where no beat of this process is awaited."""
    given, meant = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not given.isdecimal() or not int(given) or (meant and meant != str(os.getpid())):
        return None
    return Seconds(int(given) / 1_000_000)


@contextmanager
def watched(manager: ServiceManager, silent_for: Callable[[], Seconds], where: str) -> Iterator[None]:
    """Say that the server is ready, then beat while its loop is on time, then say that it stops.

    `silent_for` gives how long ago the control loop published the fleet's state.
    """
    stopping = threading.Event()
    manager.tell("READY=1", f"STATUS={where}")
    if manager.patience is not None:
        parts = (manager, manager.patience, silent_for, stopping)
        threading.Thread(target=_beat, args=parts, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        stopping.set()
        manager.tell("STOPPING=1")


def _beat(
    manager: ServiceManager,
    patience: Seconds,
    silent_for: Callable[[], Seconds],
    stopping: threading.Event,
) -> None:
    late = False
    while not stopping.wait(patience / _BEATS):
        silence = silent_for()
        if (silence > patience * _LATE) is not late:
            late = not late
            _say(late, silence)
        if not late:
            manager.tell("WATCHDOG=1")


def _say(late: bool, silence: Seconds) -> None:
    if late:
        logger.error("The control loop has told nothing for %.0f s: systemd gets no beats.", silence)
    else:
        logger.warning("The control loop is on time again.")
