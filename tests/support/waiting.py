"""Waiting for what comes, and the time that this host ran: what it stood still for is nobody's delay."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["PATIENCE", "STALL", "fastest", "running_time", "slowness", "stays", "wait_until"]

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds until something counts as never coming: a bound of a hang, and of nothing else."""

STALL = 5.0
"""Seconds that a host may stand still while something of real time goes on: they are given on top."""

_PULSE = 0.02
_COUNTED = 0.1
"""Seconds: what of a pulse counts at most, however long the host let it wait."""


class _Pulse:
    """Counts the time while it is woken; as soon as nothing of this process runs, it counts no more."""

    def __init__(self) -> None:
        self._counted, self._last = 0.0, time.monotonic()
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(_PULSE)
            self.read()

    def read(self) -> float:
        with self._lock:
            now = time.monotonic()
            self._counted += min(now - self._last, _COUNTED)
            self._last = now
            return self._counted


_pulse = _Pulse()


def running_time() -> float:
    """Return the seconds that this host has run; take it for an upper bound of how long something took.

    A host that stands still, for a snapshot or for others' work, adds a tenth of a second to it at most.
    A lower bound is one of real time: this one may show too little.
    """
    return _pulse.read()


def wait_until(predicate: Callable[[], T], within: float = PATIENCE) -> T:
    """Return the predicate's first true answer; fail when none comes while the host runs for so long."""
    deadline = running_time() + within
    while not (answer := predicate()):
        assert running_time() < deadline, f"it did not come true within {within} s"
        time.sleep(0.02)
    return answer


def stays(predicate: Callable[[], bool], during: float) -> bool:
    """Say whether something that real sockets could break stays true while the host runs for so long."""
    deadline = running_time() + during
    while running_time() < deadline:
        if not predicate():
            return False
        time.sleep(0.02)
    return True


def fastest(work: Callable[[], object], times: int) -> float:
    """Return the seconds of the fastest of so many: what else the host does only ever adds to it."""

    def timed() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return min(timed() for _ in range(times))


_REFERENCE = 0.0073
"""Seconds of this sum on the machine that the figures of the tests were taken on."""


def slowness() -> float:
    """Return how many times slower than that machine this one computes, 1 at least: bounds of work grow."""

    def seconds() -> float:
        started = time.thread_time()
        sum(number * number for number in range(200_000))
        return time.thread_time() - started

    return max(1.0, min(seconds() for _ in range(10)) / _REFERENCE)
