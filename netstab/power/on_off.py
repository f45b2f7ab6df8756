"""On/off mode: which miners run whole."""

from collections.abc import Sequence

from netstab.power.unit import PowerMode, Unit
from netstab.units import Watts

__all__ = ["whole_miners"]

THRESHOLD = 0.3
"""A miner is added when more than this share of its power is still missing."""


def whole_miners(target: Watts, ordered: Sequence[Unit]) -> list[Unit]:
    """Choose miners in their order; those that run stay as they are if some order would give them."""
    running = [unit for unit in ordered if unit.running_at is not None]
    idle = [unit for unit in ordered if unit.running_at is None]
    if _is_answer(target, running, idle):
        return running
    return _choose(target, sorted(ordered, key=_changes_if_used))


def _is_answer(target: Watts, running: Sequence[Unit], idle: Sequence[Unit]) -> bool:
    total = sum(_gain(unit) for unit in running)
    margins = [_gain(unit) - THRESHOLD * _sure_gain(unit) for unit in running]
    nothing_to_drop = not running or total - target < max(margins)
    return nothing_to_drop and not any(_adds(target, total, unit) for unit in idle)


def _choose(target: Watts, ordered: Sequence[Unit]) -> list[Unit]:
    chosen, total = [], 0.0
    for unit in ordered:
        if _adds(target, total, unit):
            chosen.append(unit)
            total += _gain(unit)
    return chosen


def _adds(target: Watts, total: float, unit: Unit) -> bool:
    return target - total > THRESHOLD * _sure_gain(unit)


def _gain(unit: Unit) -> Watts:
    return unit.whole_gain(PowerMode.ON_OFF)


def _sure_gain(unit: Unit) -> Watts:
    """Return what a miner adds if it runs: the threshold goes by that, the sum by what is to be expected."""
    return Watts(max(0.0, unit.whole_power(PowerMode.ON_OFF) - unit.idle_power))


def _changes_if_used(unit: Unit) -> int:
    """Rank miners at their own point before those away from it, then those that start, idle ones last.

    A miner that starts draws nothing yet: to shed it first is to keep what the fleet gives now.
    """
    if unit.running_at is None:
        return 3
    if unit.starting:
        return 2
    at_home = unit.own_point is None or unit.running_at == unit.whole_point(PowerMode.ON_OFF)
    return int(not at_home)
