"""Which miners run whole: all that on/off mode decides, and frequency mode while a target moves.

Those that hash are held against what is wanted now, for they stop within seconds. Those that were woken and
do not hash yet draw nothing and come in any case; only what is missing with them is started.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from netstab.power.look_ahead import NO_LOOK_AHEAD, LookAhead
from netstab.power.unit import OperatingPoint, PowerMode, Unit
from netstab.units import MinerId, Watts

__all__ = ["whole_miners"]

_NEAREST = 0.5
_OF_FEW = 0.3
"""A miner is added when more than this share of its power is still missing: of one or two that is the sooner
one, so that a small order runs one at all."""
_FEW = 2
_RISES_MEANWHILE = 0.15  # of its power: a report is 3 s old in the mean, and an S9 comes up in 20 s


def whole_miners(
    target: Watts,
    ordered: Sequence[Unit],
    whole: Mapping[MinerId, OperatingPoint | None],
    mode: PowerMode,
    look_ahead: LookAhead = NO_LOOK_AHEAD,
) -> list[Unit]:
    """Choose miners in their order; those that run stay as they are if some order would give them.

    `whole` has the point at which each runs, or would run. What each may be expected to add counts.
    """
    sought = _Sought(whole, _OF_FEW if len(ordered) <= _FEW else _NEAREST)
    hashing = [unit for unit in ordered if unit.running_at is not None and not unit.waking]
    woken = [unit for unit in ordered if unit.running_at is not None and unit.waking]
    idle = [unit for unit in ordered if unit.running_at is None]
    chosen = sought.kept(hashing, Watts(target + look_ahead.keep), mode)
    if look_ahead.cancels:
        chosen += sought.added(woken, sought.gained(chosen), target)
    else:
        chosen += woken
    return chosen + sought.added(idle, sought.gained(chosen), Watts(target + look_ahead.start))


class _Sought(NamedTuple):
    """The point of each miner, and how much of its power has to be missing for it to be added."""

    whole: Mapping[MinerId, OperatingPoint | None]
    threshold: float

    def kept(self, running: Sequence[Unit], target: Watts, mode: PowerMode) -> list[Unit]:
        """Return who of those that run go on: all, unless the target is met without one of them."""
        margins = (self.drawn(unit) - self._least_missing(unit) for unit in running)
        if sum(map(self.drawn, running)) - target < max(margins, default=0.0):
            return list(running)
        chosen, total = [], 0.0
        for unit in sorted(running, key=lambda unit: (_is_off_whole(unit, mode), unit.rising)):
            if target - total > self._least_missing(unit):
                chosen.append(unit)
                total += self.drawn(unit)
        return chosen

    def added(self, units: Iterable[Unit], total: float, target: Watts) -> list[Unit]:
        chosen = []
        for unit in units:
            if target - total > self._least_missing(unit):
                chosen.append(unit)
                total += self.gain(unit)
        return chosen

    def gained(self, units: Iterable[Unit]) -> float:
        return sum(map(self.gain, units))

    def drawn(self, unit: Unit) -> float:
        """Return what a miner that hashes adds by the time that it could be stopped, while it comes up."""
        gain = self.gain(unit)
        return min(gain, gain * (1 + _RISES_MEANWHILE) - unit.rising) if unit.rising else gain

    def gain(self, unit: Unit) -> Watts:
        return unit.gain_at(self.whole[unit.unit_id])

    def _least_missing(self, unit: Unit) -> float:
        """Return what has to be missing for a miner to be added, by what it adds if it comes."""
        drawn = unit.power_at(self.whole[unit.unit_id]) - unit.idle_power
        return self.threshold * max(0.0, drawn)


def _is_off_whole(unit: Unit, mode: PowerMode) -> bool:
    """Whether a miner runs at another point than its whole one: it is the sooner one to be stopped."""
    if mode is PowerMode.ON_OFF and unit.own_point is None:
        return False
    return unit.running_at != unit.whole_point(mode)
