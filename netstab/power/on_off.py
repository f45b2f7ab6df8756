"""Which miners run whole: all that on/off mode decides, and frequency mode while a target moves."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from netstab.power.unit import OperatingPoint, PowerMode, Unit
from netstab.units import MinerId, Watts

__all__ = ["whole_miners"]

THRESHOLD = 0.3
"""A miner is added when more than this share of its power is still missing."""


def whole_miners(
    target: Watts, ordered: Sequence[Unit], whole: Mapping[MinerId, OperatingPoint | None], mode: PowerMode
) -> list[Unit]:
    """Choose miners in their order; those that run stay as they are if some order would give them.

    `whole` has the point at which each runs, or would run.
    """
    sought = _Sought(target, whole)
    running = [unit for unit in ordered if unit.running_at is not None]
    idle = [unit for unit in ordered if unit.running_at is None]
    if sought.is_answer(running, idle):
        return running
    return sought.choose(sorted(ordered, key=lambda unit: _changes_if_used(unit, mode)))


class _Sought(NamedTuple):
    target: Watts
    whole: Mapping[MinerId, OperatingPoint | None]

    def is_answer(self, running: Sequence[Unit], idle: Sequence[Unit]) -> bool:
        total = sum(self.gain(unit) for unit in running)
        margins = [self.gain(unit) - THRESHOLD * self.sure_gain(unit) for unit in running]
        nothing_to_drop = not running or total - self.target < max(margins)
        return nothing_to_drop and not any(self.adds(total, unit) for unit in idle)

    def choose(self, ordered: Sequence[Unit]) -> list[Unit]:
        chosen, total = [], 0.0
        for unit in ordered:
            if self.adds(total, unit):
                chosen.append(unit)
                total += self.gain(unit)
        return chosen

    def adds(self, total: float, unit: Unit) -> bool:
        return self.target - total > THRESHOLD * self.sure_gain(unit)

    def gain(self, unit: Unit) -> Watts:
        return unit.gain_at(self.whole[unit.unit_id])

    def sure_gain(self, unit: Unit) -> Watts:
        """Return what a miner adds if it runs: the threshold goes by that, the sum by what is expected."""
        return Watts(max(0.0, unit.power_at(self.whole[unit.unit_id]) - unit.idle_power))


def _changes_if_used(unit: Unit, mode: PowerMode) -> int:
    """Rank miners at their whole point before those away from it, then those that start, idle ones last.

    A miner that starts draws nothing yet: to shed it first is to keep what the fleet gives now.
    """
    if unit.running_at is None:
        return 3
    if unit.starting:
        return 2
    unknown = mode is PowerMode.ON_OFF and unit.own_point is None
    return int(not (unknown or unit.running_at == unit.whole_point(mode)))
