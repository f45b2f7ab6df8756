"""A miner that takes a power in watts and follows it within seconds. Pure: time is handed in, in seconds.

Its own firmware rounds a command to the device's step, within its bounds; a change restarts nothing.
"""

from dataclasses import dataclass
from math import exp, inf

__all__ = ["PowerLaw", "TunableMiner"]


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """Powers in W. `lag` is the time constant in s; `bias` is what it really draws in units of its target."""

    lowest: float
    highest: float
    step: float
    idle: float = 15.0
    lag: float = 1.0
    wake: float = 30.0
    bias: float = 1.0

    def taken(self, power: float) -> float:
        """Return the target that the device makes of a command."""
        steps = int((self.highest - self.lowest) / self.step + 1e-9)
        place = round((power - self.lowest) / self.step)
        return self.lowest + min(max(place, 0), steps) * self.step


class TunableMiner:
    """One miner. Call `advance(now)` before anything else: properties and commands are of that moment."""

    def __init__(self, law: PowerLaw, *, asleep: bool) -> None:
        self.law = law
        self.now = 0.0
        self.target = law.taken(law.highest)
        self.hashing = not asleep
        self.next_change = inf
        self._from = law.idle if asleep else self._wanted
        self._since = 0.0

    @property
    def _wanted(self) -> float:
        return self.target * self.law.bias if self.hashing else self.law.idle

    @property
    def starting(self) -> bool:
        return self.next_change < inf

    @property
    def power(self) -> float:
        """What a meter at the plug shows, in W."""
        return self._wanted + (self._from - self._wanted) * exp(-(self.now - self._since) / self.law.lag)

    def advance(self, now: float) -> None:
        """Go to `now`; a moment that has passed changes nothing."""
        if self.next_change <= now:
            self.now, self.next_change = self.next_change, inf
            self._turn(hashing=True)
        self.now = max(self.now, now)

    def tune(self, power: float) -> float:
        """Take a power, asleep too, and return the target that the device made of it."""
        self._hold()
        self.target = self.law.taken(power)
        return self.target

    def sleep(self) -> None:
        self.next_change = inf
        self._turn(hashing=False)

    def wake(self) -> None:
        """Begin to start; a miner that hashes or starts goes on as it does."""
        if not self.hashing and not self.starting:
            self.next_change = self.now + self.law.wake

    def _turn(self, *, hashing: bool) -> None:
        self._hold()
        self.hashing = hashing

    def _hold(self) -> None:
        """Let the next change of power begin at the present one."""
        self._from, self._since = self.power, self.now
