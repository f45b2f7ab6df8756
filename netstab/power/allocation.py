"""Sharing a target out over units."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from netstab.power.look_ahead import NO_LOOK_AHEAD, LookAhead
from netstab.power.mixed import mixed_points
from netstab.power.on_off import whole_miners
from netstab.power.swing import FREE, Price, running_points
from netstab.power.unit import COUNTED_ON, OperatingPoint, PowerMode, Unit
from netstab.units import MinerId, Watts

__all__ = [
    "Action",
    "Allocation",
    "Assignment",
    "PowerMode",
    "Strategy",
    "Unit",
    "allocate",
    "whole_allocation",
]


class Strategy(StrEnum):
    """Who goes first when power is added, and last when it is taken away."""

    EQUAL = "equal"  # the miners with the fewest running hours: wear is spread
    PRIORITY = "priority"  # the operator's list, in its order
    EFFICIENCY = "efficiency"  # the best W/TH


class Action(StrEnum):
    FULL = "full"
    SWING = "swing"
    IDLE = "idle"


class Assignment(NamedTuple):
    """What one unit is to do; when idle, `point` is None and `power` is its idle draw."""

    unit_id: MinerId
    action: Action
    point: OperatingPoint | None
    power: Watts


@dataclass(frozen=True)
class Allocation:
    """An answer to a target: one assignment for each unit, in the units' order."""

    target: Watts
    assignments: tuple[Assignment, ...]

    def count(self, action: Action) -> int:
        return self._actions.count(action)

    @cached_property
    def _actions(self) -> list[Action]:
        return [assignment.action for assignment in self.assignments]

    @cached_property
    def points(self) -> Mapping[MinerId, OperatingPoint]:
        """The point of each unit that is to run."""
        told = ((each.unit_id, each.point) for each in self.assignments)
        return {unit_id: point for unit_id, point in told if point is not None}

    @cached_property
    def power(self) -> Watts:
        return Watts(sum(assignment.power for assignment in self.assignments))


def allocate(
    target: Watts,
    units: Sequence[Unit],
    *,
    mode: PowerMode,
    strategy: Strategy = Strategy.EQUAL,
    priority: Sequence[MinerId] = (),
    minimum_percent: float = 0.0,
    tolerance_percent: float = 5.0,
    points_kept: bool = False,
    price: Price = FREE,
    look_ahead: LookAhead = NO_LOOK_AHEAD,
) -> Allocation:
    """Share `target` out over `units`; at zero or below all are idle but those that stay.

    What they draw while idle counts: each adds to it what it gains by running. Miners that already do what is
    wanted come first, then others that run, then idle ones, each in the order of `strategy`.
    `minimum_percent` bounds a swing miner, in percent of its rating; a second swing miner is used only where
    the error without it is above `tolerance_percent` of the target. With `points_kept` units that a change of
    point restarts run as they do, or at full power, as in on/off mode. `price` is what a change costs.
    Whole miners are started and kept for what `look_ahead` says beyond the target.

    Asked again with its own answer running, it gives the same answer. From one state, more target never gives
    less power; only in frequency mode over miners of different ratings may power fall, by less than the least
    power of a swing miner.
    """
    whole = {unit.unit_id: unit.whole_point(mode, points_kept=points_kept) for unit in units}
    staying = {unit.unit_id: unit.running_at for unit in units if unit.stays}
    missing = Watts(target - _drawn_anyway(units, staying))
    points = {unit_id: point for unit_id, point in staying.items() if point is not None}
    if target > 0 and missing > 0:
        free = [unit for unit in units if not unit.stays] if staying else units
        gains = {unit.unit_id: unit.gain_at(whole[unit.unit_id]) for unit in free}
        ordered = _in_turn([unit for unit in free if gains[unit.unit_id] > 0], whole, strategy, priority)
        if any(unit.tunes_freely for unit in ordered):
            points |= mixed_points(missing, ordered, whole, minimum_percent)
        elif mode is PowerMode.ON_OFF or points_kept:
            chosen = whole_miners(missing, ordered, whole, mode, look_ahead)
            points |= {unit.unit_id: point for unit in chosen if (point := whole[unit.unit_id]) is not None}
        else:
            tolerance = Watts(target * tolerance_percent / 100)
            points |= running_points(missing, ordered, whole, gains, minimum_percent, tolerance, price)
    assignments = [_assignment(unit, points.get(unit.unit_id), whole[unit.unit_id]) for unit in units]
    return Allocation(target, tuple(assignments))


def whole_allocation(
    target: Watts, units: Sequence[Unit], running: Collection[MinerId], mode: PowerMode
) -> Allocation:
    """Return the answer to a target in which these units run whole, and those that stay as they do."""
    return Allocation(target, tuple(_whole(unit, unit.unit_id in running, mode) for unit in units))


def _whole(unit: Unit, runs: bool, mode: PowerMode) -> Assignment:
    whole = unit.whole_point(mode)
    at = unit.running_at if unit.stays else whole
    return _assignment(unit, at if runs else None, whole)


def _drawn_anyway(units: Sequence[Unit], staying: Mapping[MinerId, OperatingPoint | None]) -> Watts:
    """Return the power that is no question of this allocation: of all miners idle, and of those that stay."""
    stay = (unit.gain_at(point) for unit in units if (point := staying.get(unit.unit_id)) is not None)
    return Watts(sum(unit.idle_power for unit in units) + sum(stay))


def _in_turn(
    units: Sequence[Unit],
    whole: Mapping[MinerId, OperatingPoint | None],
    strategy: Strategy,
    priority: Sequence[MinerId],
) -> list[Unit]:
    """Sort by the strategy; who is hardly counted on, or late to answer, comes last.

    What decides least is sorted by first: for 20,000 units one key of all took three times as long.
    """
    ordered = sorted(units, key=attrgetter("unit_id"))
    ordered.sort(key=attrgetter("running_hours"))
    if strategy is Strategy.PRIORITY:
        places = {miner_id: place for place, miner_id in enumerate(priority)}
        ordered.sort(key=lambda unit: places.get(unit.unit_id, len(places)))
    elif strategy is Strategy.EFFICIENCY:
        ordered.sort(key=lambda unit: _watts_per_gigahash(whole[unit.unit_id]))
    ordered.sort(key=lambda unit: unit.certainty < COUNTED_ON or unit.overdue)
    return ordered


def _assignment(unit: Unit, point: OperatingPoint | None, whole: OperatingPoint | None) -> Assignment:
    if point is None:
        return Assignment(unit.unit_id, Action.IDLE, None, unit.idle_power)
    action = Action.FULL if point is whole or point == whole else Action.SWING
    return Assignment(unit.unit_id, action, point, unit.power_at(point))


def _watts_per_gigahash(point: OperatingPoint | None) -> float:
    return point.power / point.hashrate if point is not None and point.hashrate else math.inf
