"""Reads the site meter at its interval and publishes what came of it. Nobody waits for it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pykka

from actors.directory import Directory
from actors.meter_board import MeterBoard, MeterFault
from actors.supervised import Supervised
from netstab.clock import Clock
from netstab.errors import MeterError, MeterReversed
from netstab.meters.figure import zero_band
from netstab.meters.port import Meter
from netstab.units import Seconds, Timestamp, Watts

__all__ = ["MeterActor", "MeterParts"]

logger = logging.getLogger(__name__)

_STEP = 0.25  # seconds at most, so that a stop is taken between two


@dataclass(frozen=True, slots=True)
class _Step:
    """To itself: look at the clock."""


@dataclass(frozen=True, slots=True)
class MeterParts:
    """What reading a meter takes; `interval` lies between two readings, `rated` gives the fleet's rating."""

    directory: Directory
    board: MeterBoard
    meter: Meter
    interval: Seconds
    clock: Clock
    rated: Callable[[], Watts]


class MeterActor(Supervised, pykka.ThreadingActor):
    """A meter that fails or hangs costs readings and nothing else."""

    def __init__(self, parts: MeterParts) -> None:
        super().__init__()
        self.supervise("meter", parts.directory)
        self._parts = parts
        self._due = parts.clock()

    def on_start(self) -> None:
        self.actor_ref.tell(_Step())

    def on_receive(self, message: object) -> None:
        if isinstance(message, _Step):
            now = self._parts.clock()
            if now >= self._due:
                self._due = _next(self._due, self._parts.interval, now)
                self._read(now)
            else:
                time.sleep(min(_STEP, self._due - now))
            self.actor_ref.tell(_Step())

    def _read(self, now: Timestamp) -> None:
        board = self._parts.board
        before = board.state
        try:
            reading = self._parts.meter.read(zero_band(self._parts.rated()))
            board.state = replace(before, reading=reading)
        except MeterError as error:
            fault = MeterFault(str(error), now, reversed=isinstance(error, MeterReversed))
            board.state = replace(before, last_fault=fault)
        if before.fault is None and board.state.fault is not None:
            logger.warning("The site meter is not read: %s", board.state.fault.text)
        elif before.fault is not None and board.state.fault is None:
            logger.info("The site meter is read again.")


def _next(due: Timestamp, interval: Seconds, now: Timestamp) -> Timestamp:
    """Return when the meter is to be read next; readings that were missed are not made up for."""
    return Timestamp(due + interval if due + interval > now else now + interval)
