"""How much more and how much less can be had of the fleet within a time: what is published has to come.

Counted are units that dispatch may use and that answer, each by what it is told to do and how long it takes:
tuned at once, put to sleep within seconds, woken by how it wakes, in waves, all within the ramps. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from netstab.dispatch.constraints import Constraints
from netstab.dispatch.ramp import Ramps
from netstab.dispatch.staggered_start import wave_of
from netstab.dispatch.unit_status import UnitStatus
from netstab.power.unit import PowerMode
from netstab.units import MinerId, Seconds, Watts

__all__ = ["HORIZONS", "Flexibility", "flexibility"]

HORIZONS = (Seconds(4.0), Seconds(10.0), Seconds(60.0), Seconds(600.0))
"""Frequency reserve, regulation, fast and slow reserve: products ask for one of these."""

_TOLD = 1.5  # s from an order to the unit: a step of control, and a page of its web server
_FALLS = 5.0  # s from a sleep command to the idle draw
_COMES_UP = 20.0  # s from the first hash to full power, as S9 were seen to
_STRAGGLERS = 1.4  # times the mean wake: by then nearly all that come have come
_LATE = 0.1  # of its wake: who starts yet is not there, however long it has been on its way
_RISES_SLOWER = 2.4  # times what a unit says that it settles in: three time constants of 4 s for 5 s, 95 %
_SURELY = 1.6  # standard deviations that fewer may come than are expected: 19 times in 20 as many do


@dataclass(frozen=True, slots=True)
class Flexibility:
    """What can be had above and below what is drawn now, `within` so many seconds of an order."""

    within: Seconds
    up: Watts
    down: Watts


class _Start(NamedTuple):
    after: float
    gain: float
    certainty: float


def flexibility(
    units: Sequence[UnitStatus],
    fleet: int,
    mode: PowerMode,
    constraints: Constraints,
    limits: Ramps,
    slow: Callable[[MinerId], Seconds] = lambda _unit: Seconds(0.0),
) -> tuple[Flexibility, ...]:
    """Return what the units of a fleet of so many can be counted on for within each of `HORIZONS`.

    `slow` is how long one may take to wake whose family says so, 0 s of any other.
    """
    free = [unit for unit in units if not unit.stays]
    hashing = [unit for unit in free if unit.hashing]
    starts = [*_under_way(units, mode, slow), *_to_come(free, fleet, mode, constraints, slow)]
    return tuple(_within(each, hashing, starts, limits) for each in HORIZONS)


def _within(
    horizon: Seconds, hashing: Sequence[UnitStatus], starts: Sequence[_Start], limits: Ramps
) -> Flexibility:
    passed = max(0.0, horizon - _TOLD)
    up = sum(_tuned_up(unit, passed) for unit in hashing) + _come(starts, horizon)
    down = sum(_down(unit, passed) for unit in hashing)
    return Flexibility(horizon, Watts(min(up, limits.up * passed)), Watts(min(down, limits.down * passed)))


def _tuned_up(unit: UnitStatus, passed: float) -> float:
    if not unit.tunes_freely or unit.running_at is None:
        return 0.0
    if passed < _RISES_SLOWER * unit.capabilities.settles_within:
        return 0.0  # a part of what is ordered has come by then, whatever is ordered
    return max(0.0, unit.power_at(unit.full_point) - unit.measured_power)


def _down(unit: UnitStatus, passed: float) -> float:
    all_of_it = max(0.0, unit.measured_power - unit.idle_power)
    if passed >= _FALLS:
        return all_of_it if unit.capabilities.switchable else _tuned_down(unit)
    settled = unit.tunes_freely and passed >= unit.capabilities.settles_within
    return min(all_of_it, _tuned_down(unit)) if settled else 0.0


def _tuned_down(unit: UnitStatus) -> float:
    return max(0.0, unit.measured_power - unit.power_at(unit.capabilities.lowest_point))


def _under_way(
    units: Iterable[UnitStatus], mode: PowerMode, slow: Callable[[MinerId], Seconds]
) -> Iterable[_Start]:
    """List those that were woken; one that is late is counted on less and less, and then not at all."""
    for unit in units:
        if unit.starting and unit.counted_on:
            wake = _wake(unit, slow)
            waited = (unit.condition.starting_for if unit.condition is not None else None) or 0
            yield _Start(max(wake - waited, _LATE * wake) + _COMES_UP, *_worth(unit, mode))


def _to_come(
    free: Iterable[UnitStatus],
    fleet: int,
    mode: PowerMode,
    constraints: Constraints,
    slow: Callable[[MinerId], Seconds],
) -> Iterable[_Start]:
    """List those that can be woken, as they are woken: in waves. A late answer is no promise."""
    idle = [unit for unit in free if not unit.hashing and not unit.starting]
    wave = wave_of(fleet, constraints)
    for place, unit in enumerate(sorted(idle, key=lambda unit: -_wake(unit, slow)) if wave else idle):
        if unit.counted_on and not unit.overdue:
            waits = place // wave * constraints.wake_batch_interval if wave else 0.0
            yield _Start(_TOLD + waits + _wake(unit, slow) + _COMES_UP, *_worth(unit, mode))


def _wake(unit: UnitStatus, slow: Callable[[MinerId], Seconds]) -> float:
    return max(slow(unit.unit_id), _STRAGGLERS * unit.start_seconds)


def _worth(unit: UnitStatus, mode: PowerMode) -> tuple[float, float]:
    """Return what it gains if it comes, and how surely it does."""
    return max(0.0, unit.whole_power(mode) - unit.idle_power - unit.climbed), unit.certainty


def _come(starts: Iterable[_Start], horizon: float) -> float:
    """Return what those that start are good for by then: what is expected, less what chance may take.

    Less than one of them is none: a single start is no promise unless it is sure.
    """
    there = [start for start in starts if start.after <= horizon]
    expected = sum(start.gain * start.certainty for start in there)
    spread = sqrt(sum(start.gain**2 * start.certainty * (1 - start.certainty) for start in there))
    sure = expected - _SURELY * spread
    return sure if there and sure >= min(start.gain for start in there) else 0.0
