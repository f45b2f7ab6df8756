"""Threads for calls that block, in lanes that delay no other, at a pace that leaves room for all else."""

import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from netstab.devices.owed import Done, Owed, cancelled, named
from netstab.devices.spacing import Spacing
from netstab.devices.threads import Threads

__all__ = ["THREADS", "Lane", "ThreadLane"]

T = TypeVar("T")


class Lane(StrEnum):
    """Which pool a blocking call waits for: hung probes must not delay commands, nor hung wakes a shed.

    A probe of a host that gave no sign of life has a lane of its own: each holds a thread for seconds, and a
    part of a site without power would keep those from being seen that have just fallen asleep.
    """

    SHED = "shed"
    COMMAND = "command"
    PROBE = "probe"
    SILENT = "silent"
    SCAN = "scan"


THREADS = {Lane.SHED: 256, Lane.COMMAND: 256, Lane.PROBE: 256, Lane.SILENT: 256, Lane.SCAN: 128}
"""How many calls of a lane wait for devices at once: 20,000 that answer in a third of a second take 30 s."""
_SHARE, _SHARE_OF_SCAN = 0.5, 0.8
"""Of one processor, for the calls of a lane: the rest serves the EMS while thousands are told. A scan
keeps to less itself while the host is busy."""


class ThreadLane:
    """Starts calls in the order in which they came. Only as many threads live as calls overlap."""

    def __init__(self, name: str, threads: int, limit: int) -> None:
        self.owed = Owed(limit)
        self._spacing = Spacing(_SHARE_OF_SCAN if name == Lane.SCAN else _SHARE)
        self._threads = Threads(threads, f"device-{name}")
        self._waiting: SimpleQueue[tuple[object, Callable[[], Any], int] | None] = SimpleQueue()
        self._feeder = Thread(target=self._feed, name=f"device-{name}-pace", daemon=True)
        self._refuses = False
        self._withheld = 0  # times

    def start(self) -> None:
        self.owed.open()
        self._feeder.start()

    def submit(self, work: Callable[[], T], done: Done[T]) -> None:
        call, withheld = object(), self._withheld  # as it was before the call is taken
        if self.owed.take(call, done):
            self._waiting.put((call, work, withheld))
            if self._refuses:  # since just now
                self._cancel_waiting()

    def refuse(self) -> None:
        """Take no more calls, and cancel those that have not begun."""
        self.owed.close()
        self._refuses = True
        self._threads.close()
        self._cancel_waiting()

    def withhold(self) -> None:
        """Take no calls until it resumes, and begin with none of those that were taken before."""
        self.owed.close()
        self._withheld += 1
        self._cancel_waiting()

    def resume(self) -> None:
        if not self._refuses:
            self.owed.open()

    def _feed(self) -> None:
        while waiting := self._waiting.get():
            if pause := self._spacing.turn(time.monotonic()):
                time.sleep(pause)
            self._begin(*waiting)

    def _begin(self, call: object, work: Callable[[], Any], withheld: int) -> None:
        try:
            begun = self._threads.run(partial(self._answer, call, work, withheld))
        except RuntimeError as error:  # the host has no thread left
            self.owed.answer(call, named(error))
        else:
            if not begun:
                self.owed.answer(call, cancelled())

    def _answer(self, call: object, work: Callable[[], Any], withheld: int) -> None:
        began = time.thread_time()
        try:
            # One may have waited for its turn, or for a thread, while all that waited was cancelled.
            outcome = work() if withheld == self._withheld else cancelled()
        except BaseException as error:  # noqa: BLE001 - whatever it raises is its outcome
            outcome = named(error)
        self._spacing.took(time.thread_time() - began)
        self.owed.answer(call, outcome)

    def _cancel_waiting(self) -> None:
        ended = []
        with suppress(Empty):
            while True:
                if waiting := self._waiting.get_nowait():
                    ended.append((waiting[0], cancelled()))
        if self._refuses:
            self._waiting.put(None)  # ends the feeder
        self.owed.answer_all(ended)
