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
    powers = [_gain(miner) for miner in running]
    total, largest = sum(powers), max(powers, default=0.0)
    nothing_to_drop = not powers or _adds(target, total - largest, largest)
    return nothing_to_drop and not any(_adds(target, total, _gain(miner)) for miner in idle)


def _choose(target: Watts, ordered: Sequence[Candidate]) -> list[Candidate]:
    chosen, total = [], 0.0
    for miner in ordered:
        if _adds(target, total, power := _gain(miner)):
            chosen.append(miner)
            total += power
    return chosen


def _adds(target: Watts, total: float, power: float) -> bool:
    return target - total > THRESHOLD * power


def _gain(miner: Candidate) -> Watts:
    return miner.full_gain(PowerMode.ON_OFF)


def _changes_if_used(miner: Candidate) -> int:
    """Rank a miner at its own frequency before one away from it, and idle ones last."""
    if miner.running_at is None:
        return 2
    at_home = miner.home_frequency is None or miner.running_at == miner.full_frequency(PowerMode.ON_OFF)
    return int(not at_home)
