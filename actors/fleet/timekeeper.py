"""The FleetActor's eye on the host's clock: follows it, says when it was set or the log is ahead."""

import logging

from netstab.clock import Clock, Correction, WallClock
from netstab.units import Seconds, Timestamp, WallTime, on_wall, rfc3339

__all__ = ["Timekeeper"]

logger = logging.getLogger(__name__)

TOLD_FOR = Seconds(600.0)
"""So long after it the host's clock is said to have been set."""

AHEAD = Seconds(5.0)
"""Two servers' clocks may differ by less."""


class Timekeeper:
    """Knows what time it is, and how to show a moment of this process. Each change is warned of once."""

    def __init__(self, clock: Clock, wall: WallClock) -> None:
        self.now = clock
        self._correction = Correction(clock, wall)
        self._set_at: Timestamp | None = None
        self._set = ""
        self._ahead = False

    @property
    def correction(self) -> Seconds:
        return self._correction.seconds

    def wall(self, moment: Timestamp) -> WallTime:
        return on_wall(moment, self.correction)

    def look(self) -> None:
        """Follow the host's clock; once a second will do."""
        now = self.now()
        step = self._correction.follow()
        if step is not None:
            way = "forward" if step > 0 else "back"
            self._set = f"The host's clock was set {way} by {span(abs(step))} at {rfc3339(self.wall(now))}."
            self._set_at = now
            logger.warning("%s Durations are not affected; times follow it.", self._set)

    def was_set(self, now: Timestamp) -> str:
        """Say that the host's clock was set lately, "" if it was not."""
        return self._set if self._set_at is not None and now < self._set_at + TOLD_FOR else ""

    def behind(self, now: Timestamp, latest: WallTime) -> str:
        """Say that the clock is behind the log, whose latest time is given, "" if it is not."""
        ahead, before = latest - self.wall(now), self._ahead
        self._ahead = ahead >= AHEAD
        if not self._ahead:
            return ""
        error = f"The log has events up to {rfc3339(latest)}, {span(ahead)} ahead of this server's clock."
        if not before:
            logger.warning("%s One of the clocks was wrong; new events have this one's time.", error)
        return error


def span(seconds: float) -> str:
    """Word a duration in its largest unit: of a clock that is wrong no more is worth knowing."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length or (seconds >= length and unit != "d"):
            return f"{seconds / length:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"
