"""How a machine on Braiins OS comes to its power: what its tuner does, and who moves that. Pure.

A target falls within about 30 s and climbs in steps, faster where it was held before. A pause goes by the
machine's own law, which is that of quick ramping.
"""

from math import inf
from random import Random

from netstab.simulation.faces.machine import Agent, Machine

__all__ = ["Tuner"]

_STEPS = 20  # of its highest target, on the way up
_NEW_EVERY, _KNOWN_EVERY = 30.0, 6.0  # s for a step, to a target that was never held and to one that was
_FALLS = 10.0  # s, the time constant of a target that falls
_SCALES_EVERY, _SCALES_BY, _SCALES_MOST = 120.0, 100, 600


class Tuner:
    """Powers in W: the configured `target`, and by how much scaling holds it below that."""

    def __init__(self, machine: Machine, lowest: int, highest: int) -> None:
        self.machine, self.lowest, self.highest = machine, lowest, highest
        self.target, self.scaled = highest, 0
        self.tuned_for = highest
        self.next_step = inf
        self._held_before = {highest}
        self._at_rest = machine.random.choice((2, 5))  # stable, or tuning on

    @property
    def held(self) -> int:
        """The target that it holds now, in W."""
        return self.target - self.scaled

    @property
    def is_there(self) -> bool:
        return self.machine.ramped and self.machine.target == self.held

    @property
    def state(self) -> int:
        """What it says that it does: 3 tuning, 2 stable, 5 tuning continuously."""
        return 3 if self.machine.hashing and not self.is_there else self._at_rest

    def settle(self, now: float) -> None:
        while self.next_step <= now:
            self.machine.advance(self.next_step)
            self._step()
        self.machine.advance(now)

    def set_target(self, target: int) -> None:
        self.target, self.scaled = target, 0
        self._approach()

    def scale(self, by: int) -> None:
        """Have scaling hold it so many W below its target."""
        self.scaled = by
        self._approach()

    def drifts(self) -> None:
        """Have it be too hot from now on, now more and now less, and scale its power by that."""
        self.machine.set_agent(Agent("dynamic power scaling", _SCALES_EVERY, self._drifted))

    def _drifted(self, machine: Machine) -> float:
        most = max(0, min(_SCALES_MOST, self.target - self.lowest))
        rng: Random = machine.random
        self.scale(min(most, max(0, self.scaled + rng.choice((-_SCALES_BY, 0, _SCALES_BY)))))
        return machine.target

    def pause(self) -> bool:
        """Take the boards' power; whether they had none is what it says."""
        already = self.machine.asleep
        if not already:
            self.machine.sleep()
            self.next_step = inf
        return already

    def resume(self) -> bool:
        already = not self.machine.asleep
        if not already:
            self.machine.tune(self.held)
            self.machine.wake()
            self._arrived()
        return already

    def _approach(self) -> None:
        """Begin to go to what it is to hold."""
        if not self.machine.hashing or self.held <= self.machine.target:
            self.machine.tune(self.held, lag=_FALLS)
            self._arrived()
        elif self.next_step == inf:
            self.next_step = self.machine.now

    def _step(self) -> None:
        self.machine.tune(min(float(self.held), self.machine.target + self.highest / _STEPS))
        if self.machine.target >= self.held:
            self._arrived()
        else:
            self.next_step += _KNOWN_EVERY if self.target in self._held_before else _NEW_EVERY

    def _arrived(self) -> None:
        self.next_step = inf
        self.tuned_for = self.target
        self._held_before.add(self.target)
