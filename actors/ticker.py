"""Time for those who cannot wait for it: polls spread over the interval, and ticks for the fleet.

It decides who is due and tells them; what they do is their business. It adds nothing to a full inbox. The
fleet's may be full of commands and reports: it is told the time all the same, once it has taken up the last.
"""

import logging
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import pykka

from actors.directory import Directory
from actors.messages import Beat, PollDue, Tick
from actors.multiplexed import MultiplexedActor, inbox_length
from netstab.clock import Clock
from netstab.units import MinerId, Seconds, Timestamp

__all__ = ["Slot", "Ticker", "TickerReport", "due", "slots", "window"]

logger = logging.getLogger(__name__)

_STEP = Seconds(0.05)
_TICK = Seconds(0.25)  # well under the second over which the ramp limit counts
_LONGEST_STRETCH = Seconds(0.2)  # polls sent at once; longer than a step takes on a busy host, so it keeps up
_FULL_INBOX = 8  # messages: an actor that long behind has hung or has work enough

Slot = tuple[float, MinerId]
"""A miner's place in the poll interval, as a share of it from 0 to 1, and its id."""


@dataclass(frozen=True, slots=True)
class TickerReport:
    """Messages not sent because an inbox was full, since the start, and how far the polls lag behind."""

    skipped: int
    lag: Seconds


@dataclass(frozen=True, slots=True)
class _Step:
    """The ticker's message to itself."""


def slots(members: Iterable[MinerId]) -> list[Slot]:
    """Return each miner its place, in order. A place depends on the id alone: others come and go."""
    return sorted((crc32(member.encode()) / 2**32, member) for member in members)


def due(members: Sequence[Slot], interval: Seconds, previous: float, now: float) -> list[MinerId]:
    """Name the miners whose turn came after `previous` and not after `now`, each once."""
    if now - previous >= interval:
        return [member for _, member in members]
    begin, end = previous % interval, now % interval
    first, last = _position(members, begin / interval), _position(members, end / interval)
    turn = members[first:last] if begin <= end else [*members[first:], *members[:last]]
    return [member for _, member in turn]


def _position(members: Sequence[Slot], share: float) -> int:
    return bisect_right(members, share, key=lambda slot: slot[0])


def window(previous: float, now: float, interval: Seconds) -> tuple[float, float]:
    """Return the stretch of time to poll for in this step: from, to.

    After a stall the ticker catches up over several steps, without a burst. What is late by more than
    an interval is left out: nobody is polled twice for it.
    """
    begin = max(previous, now - interval)
    return begin, min(now, begin + _LONGEST_STRETCH)


class Ticker(pykka.ThreadingActor):
    """Steps through time by telling itself the next step, so that a stop is taken between two."""

    def __init__(
        self,
        directory: Directory,
        poll_interval: Seconds,
        clock: Clock,
        publish: Callable[[TickerReport], None],
    ) -> None:
        super().__init__()
        self._directory = directory
        self._interval = poll_interval
        self._clock = clock
        self._publish = publish
        self._members: dict[MinerId, pykka.ActorRef[Any]] = {}
        self._slots: list[Slot] = []
        self._told: tuple[pykka.ActorRef[Any] | None, Tick] = (None, Tick())
        self._skipped = 0
        self._polled = self._ticked = clock()

    def on_start(self) -> None:
        self._follow_membership()
        self.actor_ref.tell(_Step())

    def on_receive(self, message: object) -> None:
        if isinstance(message, _Step):
            time.sleep(_STEP)
            try:
                self._step(self._clock())
            except Exception:
                # Without a ticker nothing happens any more, not even the restart of a dead actor.
                logger.exception("A step of the ticker failed.")
            self.actor_ref.tell(_Step())

    def _step(self, now: Timestamp) -> None:
        self._poll(now)
        if int(now / _TICK) > int(self._ticked / _TICK):
            self._tick()
        if int(now) > int(self._ticked):
            self._beat(now)
        self._ticked = now

    def _tick(self) -> None:
        fleet, (told, tick) = self._directory.fleet, self._told
        if fleet is None:
            return
        if fleet is told and not tick.taken.is_set():
            self._skipped += 1
            return
        self._told = fleet, Tick()
        with suppress(pykka.ActorDeadError):
            fleet.tell(self._told[1])

    def _poll(self, now: Timestamp) -> None:
        begin, end = window(self._polled, now, self._interval)
        turn = PollDue(Timestamp(end))
        with MultiplexedActor.pool.together():
            for miner_id in due(self._slots, self._interval, begin, end):
                self._tell(self._directory.miner(miner_id), turn)
        self._polled = Timestamp(end)

    def _beat(self, now: Timestamp) -> None:
        self._tell(self._directory.supervisor, Beat())
        self._tell(self._directory.discovery, Beat())
        self._follow_membership()
        self._publish(TickerReport(self._skipped, Seconds(now - self._polled)))

    def _follow_membership(self) -> None:
        members = self._directory.miners()
        if members.keys() != self._members.keys():
            self._slots = slots(members)
        self._members = members

    def _tell(self, ref: pykka.ActorRef[Any] | None, message: object) -> None:
        if ref is None:
            return
        if inbox_length(ref) >= _FULL_INBOX:
            self._skipped += 1
            return
        with suppress(pykka.ActorDeadError):
            ref.tell(message)
