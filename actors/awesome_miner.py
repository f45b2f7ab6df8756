"""Has Awesome Miner asked for all its miners, again and again, one poll at a time. Nobody waits for it.

What is told is published by the back end; who is new among the miners discovery sees there.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pykka

from actors.directory import Directory
from actors.supervised import Supervised
from netstab.clock import Clock
from netstab.devices.runner import DeviceRunner, Lane
from netstab.errors import DeviceError, MalformedAnswer, Unauthorized
from netstab.units import Seconds, Timestamp

__all__ = ["AwesomeMinerActor", "AwesomeMinerParts", "interval_of", "pause_after"]

logger = logging.getLogger(__name__)

_STEP = 0.25  # seconds at most, so that a stop is taken between two

_SHORTEST, _LONGEST = Seconds(5.0), Seconds(10.0)
"""Between the end of one poll and the next: its other clients ask every 5 s, and a document has megabytes."""

_UNREACHED, _NOT_LET_IN = Seconds(15.0), Seconds(60.0)
"""The longest pause after a failure: of what is gone, and of what will not let us in until somebody acts."""


@dataclass(frozen=True, slots=True)
class AwesomeMinerParts:
    """What polling takes: `poll` blocks, and raises a `DeviceError` of what went wrong."""

    directory: Directory
    runner: DeviceRunner
    poll: Callable[[], None]
    interval: Seconds
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Step:
    """To itself: look at the clock."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """To itself, from a thread of the runner: a poll has ended."""

    outcome: DeviceError | None


def interval_of(poll_interval: Seconds) -> Seconds:
    """Return how often it is asked, where miners are polled that often."""
    return Seconds(min(_LONGEST, max(_SHORTEST, poll_interval)))


def pause_after(outcome: DeviceError | None, failures: int, interval: Seconds) -> Seconds:
    """Return how long nothing is asked after a poll, with so many failures in a row."""
    if outcome is None:
        return interval
    longest = _NOT_LET_IN if isinstance(outcome, Unauthorized | MalformedAnswer) else _UNREACHED
    return Seconds(max(interval, min(longest, interval * 2.0 ** min(failures - 1, 10))))


class AwesomeMinerActor(Supervised, pykka.ThreadingActor):
    """A server that fails or hangs costs polls and nothing else."""

    def __init__(self, parts: AwesomeMinerParts) -> None:
        super().__init__()
        self.supervise("awesome_miner", parts.directory)
        self._parts = parts
        self._due = parts.clock()
        self._asking = False
        self._failures = 0
        self._said = ""

    def on_start(self) -> None:
        self.actor_ref.tell(_Step())

    def on_receive(self, message: object) -> None:
        match message:
            case _Step():
                self._step(self._parts.clock())
                self.actor_ref.tell(_Step())
            case _Ended(outcome):
                self._ended(outcome)

    def _step(self, now: Timestamp) -> None:
        if self._asking or now < self._due:
            time.sleep(_STEP)
            return
        self._asking = True
        self._parts.runner.call(self._parts.poll, self._tell, lane=Lane.PROBE)

    def _tell(self, outcome: DeviceError | None) -> None:
        with suppress(pykka.ActorDeadError):
            self.actor_ref.tell(_Ended(outcome))

    def _ended(self, outcome: DeviceError | None) -> None:
        self._asking = False
        self._failures = 0 if outcome is None else self._failures + 1
        pause = pause_after(outcome, self._failures, self._parts.interval)
        self._due = Timestamp(self._parts.clock() + pause)
        if outcome is None and self._said:
            logger.info("Awesome Miner is read again.")
        elif outcome is not None and str(outcome) != self._said:
            logger.warning("Awesome Miner is not read: %s", outcome)
        self._said = "" if outcome is None else str(outcome)
