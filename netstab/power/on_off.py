"""On/off mode: which miners run whole."""

from collections.abc import Sequence

from netstab.power.candidate import Candidate, PowerMode
from netstab.units import Watts

__all__ = ["whole_miners"]

THRESHOLD = 0.3
"""A miner is added when more than this share of its power is still missing."""


def whole_miners(target: Watts, ordered: Sequence[Candidate]) -> list[Candidate]:
    """Choose miners in their order; those that run stay as they are if some order would give them."""
    running = [miner for miner in ordered if miner.running_at is not None]
    idle = [miner for miner in ordered if miner.running_at is None]
    if _is_answer(target, running, idle):
        return running
    return _choose(target, sorted(ordered, key=_changes_if_used))


def _is_answer(target: Watts, running: Sequence[Candidate], idle: Sequence[Candidate]) -> bool:
    total = sum(_gain(miner) for miner in running)
    margins = [_gain(miner) - THRESHOLD * _sure_gain(miner) for miner in running]
    nothing_to_drop = not running or total - target < max(margins)
    return nothing_to_drop and not any(_adds(target, total, miner) for miner in idle)


def _choose(target: Watts, ordered: Sequence[Candidate]) -> list[Candidate]:
    chosen, total = [], 0.0
    for miner in ordered:
        if _adds(target, total, miner):
            chosen.append(miner)
            total += _gain(miner)
    return chosen


def _adds(target: Watts, total: float, miner: Candidate) -> bool:
    return target - total > THRESHOLD * _sure_gain(miner)


def _gain(miner: Candidate) -> Watts:
    return miner.full_gain(PowerMode.ON_OFF)


def _sure_gain(miner: Candidate) -> Watts:
    """Return what a miner adds if it runs: the threshold goes by that, the sum by what is to be expected."""
    return Watts(max(0.0, miner.full_power(PowerMode.ON_OFF) - miner.idle_power))


def _changes_if_used(miner: Candidate) -> int:
    """Rank miners at their own frequency before those away from it, then those that start, idle ones last.

    A miner that starts draws nothing yet: to shed it first is to keep what the fleet gives now.
    """
    if miner.running_at is None:
        return 3
    if miner.starting:
        return 2
    at_home = miner.home_frequency is None or miner.running_at == miner.full_frequency(PowerMode.ON_OFF)
    return int(not at_home)
