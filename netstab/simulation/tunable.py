"""A miner that is set to a power in watts, as firmware and supply make it. Pure: time is handed in, in s.

Where a change restarts nothing power follows within seconds; else it is lost for as long as a start takes.
"""

from dataclasses import dataclass
from math import copysign, exp, inf, sin
from random import Random

from netstab.simulation.physics import Stage
from netstab.simulation.profiles import Range

__all__ = ["Law", "TunableMiner"]

_RIPPLES_FOR = 40.0  # s from crest to crest, about
_LONG_AGO = -3600.0  # when a fleet that starts hashing began to


@dataclass(frozen=True, slots=True)
class Law:
    """Powers in W, times in s, all else in shares.

    A start takes some of `start`. `rises` and `falls` are the time constants of a change. It draws `share` of
    what it is set to, off by up to `scatter` anew with each change, and `ripple` around that all the time.

    Once it hashes its power climbs evenly to what it is set to for some of `climb`; with a `slope`, in W/s,
    each change is such a ramp.
    """

    idle: float
    start: Range
    rises: float
    falls: float
    share: float = 1.0
    scatter: float = 0.0
    ripple: float = 0.0
    climb: Range = (0.0, 0.0)
    slope: float = 0.0


class TunableMiner:
    """One miner. Call `advance(now)` before anything else: properties and commands are of that moment."""

    def __init__(self, law: Law, target: float, rng: Random, *, asleep: bool) -> None:
        self.law, self.target, self._random = law, target, rng
        self.now, self.next_change = 0.0, inf
        self.stage = Stage.DOWN if asleep else Stage.HASHING
        self.started = self.ramped_at = _LONG_AGO
        self._lag: float | None = None
        self._phase = rng.uniform(0.0, _RIPPLES_FOR)
        self._error = self._drawn_error()
        self._since, self._from = 0.0, self._level_sought

    @property
    def power(self) -> float:
        """What a meter at the plug shows, in W."""
        if self.stage is Stage.OFF:
            return 0.0
        hashing = self.stage is Stage.HASHING
        swing = self.law.ripple * sin((self.now + self._phase) * 6.28 / _RIPPLES_FOR) if hashing else 0.0
        return self._level * (1 + swing)

    @property
    def _level_sought(self) -> float:
        drawn = self.target * self.law.share * (1 + self._error)
        return drawn if self.stage is Stage.HASHING else self.law.idle

    @property
    def ramped(self) -> bool:
        """Whether it hashes and has climbed since its start."""
        return self.stage is Stage.HASHING and self.now >= self.ramped_at

    @property
    def _level(self) -> float:
        sought, passed = self._level_sought, self.now - self._since
        if self.stage is Stage.HASHING and self.now < self.ramped_at:
            return self._from + (sought - self._from) * passed / (self.ramped_at - self._since)
        if self.law.slope and self.stage is Stage.HASHING:
            way = sought - self._from
            return self._from + copysign(min(abs(way), self.law.slope * passed), way)
        lag = self._lag or (self.law.rises if sought > self._from else self.law.falls)
        return sought + (self._from - sought) * exp(-passed / lag)

    def advance(self, now: float) -> None:
        """Go to `now`; a moment that has passed changes nothing."""
        if self.next_change <= now:
            self.now, self.next_change = self.next_change, inf
            self._turn(Stage.HASHING)
        self.now = max(self.now, now)

    def tune(
        self, power: float, *, restarts: bool = False, lag: float | None = None, exact: bool = False
    ) -> None:
        """Set a power, asleep too; `lag` is this change's time constant, an `exact` one has no scatter."""
        self._hold()
        self._lag = lag
        self.target, self._error = power, 0.0 if exact else self._drawn_error()
        if restarts and self.stage is Stage.HASHING:
            self.restart()

    def sleep(self) -> None:
        self.next_change = inf
        self._turn(Stage.DOWN)

    def return_power(self) -> None:
        """Give its power back: it starts as after a wake."""
        if self.stage is Stage.OFF:
            self.restart()

    def wake(self) -> None:
        """Begin to start; a miner that hashes or starts goes on as it does."""
        if self.stage is Stage.DOWN:
            self.restart()

    def restart(self) -> None:
        """Begin anew, whatever it does."""
        self._turn(Stage.STARTING)
        self.started = self.now
        self.next_change = self.now + self._random.uniform(*self.law.start)

    def cut_power(self) -> None:
        """Take its power for good."""
        self.next_change = inf
        self._turn(Stage.OFF)

    def _turn(self, stage: Stage) -> None:
        self._hold()
        self.stage, self._lag = stage, None
        if stage is Stage.HASHING and self.law.climb[1]:
            self.ramped_at = self.now + self._random.uniform(*self.law.climb)

    def _hold(self) -> None:
        """Let the next change of power begin at the present one."""
        self._from, self._since = self._level, self.now

    def _drawn_error(self) -> float:
        return self._random.uniform(-self.law.scatter, self.law.scatter)
