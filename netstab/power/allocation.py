"""Sharing a target out over miners."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from netstab.power.candidate import Candidate, PowerMode
from netstab.power.curve import PowerCurve
from netstab.power.on_off import whole_miners
from netstab.power.swing import running_frequencies
from netstab.units import Megahertz, MinerId, Volts, Watts

__all__ = ["Action", "Allocation", "Assignment", "Candidate", "PowerMode", "Strategy", "allocate"]


class Strategy(StrEnum):
    """Who goes first when power is added, and last when it is taken away."""

    EQUAL = "equal"  # the miners with the fewest running hours: wear is spread
    PRIORITY = "priority"  # the operator's list, in its order
    EFFICIENCY = "efficiency"  # the best W/TH


class Action(StrEnum):
    FULL = "full"
    SWING = "swing"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one miner is to do; when idle, frequency and voltage are zero and `power` is its idle draw."""

    miner_id: MinerId
    action: Action
    frequency: Megahertz
    voltage: Volts
    power: Watts


@dataclass(frozen=True, slots=True)
class Allocation:
    """An answer to a target: one assignment for each candidate, in the candidates' order."""

    target: Watts
    assignments: tuple[Assignment, ...]

    def count(self, action: Action) -> int:
        return sum(1 for assignment in self.assignments if assignment.action is action)

    @property
    def power(self) -> Watts:
        return Watts(sum(assignment.power for assignment in self.assignments))


def allocate(
    target: Watts,
    candidates: Sequence[Candidate],
    *,
    mode: PowerMode,
    strategy: Strategy = Strategy.EQUAL,
    priority: Sequence[MinerId] = (),
    minimum_percent: float = 0.0,
    tolerance_percent: float = 5.0,
) -> Allocation:
    """Share `target` out over `candidates`; at zero or below all are idle but those that stay.

    What they draw while idle counts: each adds to it what it gains by running. Miners that already do what is
    wanted come first, then others that run, then idle ones, each in the order of `strategy`.
    `minimum_percent` bounds a swing miner, in percent of its rating; a second swing miner is used only where
    the error without it is above `tolerance_percent` of the target.

    Asked again with its own answer running, it gives the same answer. From one state, more target never gives
    less power; only in frequency mode over miners of different ratings may power fall, by less than the least
    power of a swing miner.
    """
    staying = {miner.miner_id: miner.running_at for miner in candidates if miner.stays}
    usable = (miner for miner in candidates if miner.miner_id not in staying and miner.full_gain(mode) > 0)
    ordered = sorted(usable, key=_turn(mode, strategy, priority))
    missing = Watts(target - _drawn_anyway(candidates, staying))
    frequencies = {miner_id: frequency for miner_id, frequency in staying.items() if frequency is not None}
    if target > 0 and missing > 0 and mode is PowerMode.ON_OFF:
        chosen = whole_miners(missing, ordered)
        frequencies |= {miner.miner_id: miner.full_frequency(mode) for miner in chosen}
    elif target > 0 and missing > 0:
        tolerance = Watts(target * tolerance_percent / 100)
        frequencies |= running_frequencies(missing, ordered, minimum_percent, tolerance)
    assignments = (_assignment(miner, frequencies.get(miner.miner_id), mode) for miner in candidates)
    return Allocation(target, tuple(assignments))


def _drawn_anyway(candidates: Sequence[Candidate], staying: Mapping[MinerId, Megahertz | None]) -> Watts:
    """Return the power that is no question of this allocation: of all miners idle, and of those that stay."""
    stay = (
        miner.gain_at(frequency)
        for miner in candidates
        if (frequency := staying.get(miner.miner_id)) is not None
    )
    return Watts(sum(miner.idle_power for miner in candidates) + sum(stay))


def _turn(
    mode: PowerMode, strategy: Strategy, priority: Sequence[MinerId]
) -> Callable[[Candidate], tuple[bool, float, float, MinerId]]:
    """Return the sort key of the strategy; who is hardly counted on, or late to answer, comes last."""
    places = {miner_id: place for place, miner_id in enumerate(priority)}

    def turn(miner: Candidate) -> tuple[bool, float, float, MinerId]:
        first = 0.0
        if strategy is Strategy.PRIORITY:
            first = places.get(miner.miner_id, len(places))
        elif strategy is Strategy.EFFICIENCY:
            first = _watts_per_gigahash(miner.model.curve, miner.full_frequency(mode))
        return not miner.counted_on or miner.overdue, first, miner.running_hours, miner.miner_id

    return turn


def _assignment(miner: Candidate, frequency: Megahertz | None, mode: PowerMode) -> Assignment:
    if frequency is None:
        return Assignment(miner.miner_id, Action.IDLE, Megahertz(0), Volts(0.0), miner.idle_power)
    action = Action.FULL if frequency == miner.full_frequency(mode) else Action.SWING
    voltage = _voltage(miner.model.curve, frequency)
    return Assignment(miner.miner_id, action, frequency, voltage, miner.power_at(frequency))


@lru_cache(maxsize=4096)
def _watts_per_gigahash(curve: PowerCurve, frequency: Megahertz) -> float:
    point = curve.at(frequency)
    return point.power / point.hashrate if point.hashrate else math.inf


@lru_cache(maxsize=4096)
def _voltage(curve: PowerCurve, frequency: Megahertz) -> Volts:
    return curve.at(frequency).voltage
