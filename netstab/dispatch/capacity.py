"""What the fleet can really be asked for now, and how soon: no more than is expected of miners that obey."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from netstab.dispatch.constraints import Constraints
from netstab.dispatch.flexibility import Flexibility, flexibility
from netstab.dispatch.ramp import Ramps
from netstab.dispatch.reach import most
from netstab.dispatch.staggered_start import wave_of
from netstab.dispatch.statistics import StartStatistics
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.unit import OperatingPoint, PowerMode
from netstab.units import MinerId, Seconds, Watts

__all__ = ["Capacity", "Missing", "Units", "capacity"]

_STRAGGLERS = 1.4  # times the mean wake: by then nearly all that come have come
_LATE = 0.1  # of its wake: who starts yet is not there, however long it has been on its way
_FALL = Seconds(5.0)  # from a sleep command to the idle draw


@dataclass(frozen=True, slots=True)
class Units:
    """How many miners are in which condition; `failed` are those that only time or hands can bring back.

    Those that are `not_controllable` are only read, and have failed in nothing.
    """

    total: int
    available: int
    on: int
    in_transition: int
    held: int
    failed: int
    not_controllable: int = 0


@dataclass(frozen=True, slots=True)
class Missing:
    """Miners that dispatch may not use, for one reason, and their rated power."""

    availability: Availability
    units: int
    power: Watts


@dataclass(frozen=True, slots=True)
class Capacity:
    """`reachable` and `minimum` are the most and the least that can be ordered and expected now.

    `lowest` is the least that can be held above `minimum`, and from it power moves in steps of `step`; both
    are 0 while no unit can be used. `self_tuning` counts those that set their own power: they are good for
    what they draw. `to_maximum` and `to_minimum` are how long getting there is expected to
    take. `flexibility` is what can be had above and below what is drawn now, by how soon it comes.
    """

    reachable: Watts
    minimum: Watts
    lowest: Watts
    step: Watts
    to_maximum: Seconds
    to_minimum: Seconds
    units: Units
    missing: tuple[Missing, ...]
    self_tuning: int = 0
    flexibility: tuple[Flexibility, ...] = ()


def capacity(
    units: Sequence[UnitStatus],
    mode: PowerMode,
    record: StartStatistics,
    constraints: Constraints,
    limits: Ramps,
    rated: Watts,
    slow: Callable[[MinerId], Seconds] = lambda _unit: Seconds(0.0),
    silent: Collection[MinerId] = (),
) -> Capacity:
    """Add up what the miners can give; `limits` are the ramps both ways.

    `slow` is how long a unit may take to wake that does not go by how the fleet wakes, 0 s of one that does.
    Those that are `silent` owe an answer: they may be dead, and may draw on, so neither is counted on.
    """
    usable = [miner for miner in units if miner.availability is Availability.AVAILABLE]
    others = [miner for miner in units if miner.availability is not Availability.AVAILABLE]
    heard = [miner for miner in usable if miner.unit_id not in silent] if silent else usable
    kept = [*others, *(miner for miner in usable if miner.unit_id in silent)] if silent else others
    minimum = sum(miner.measured_power for miner in kept) + sum(miner.idle_power for miner in heard)
    present = sum(miner.measured_power for miner in units)
    expected = most([*others, *heard], mode)
    reachable = min(expected, rated) if rated else expected
    first = [_first(unit, mode) for unit in usable]
    return Capacity(
        reachable=Watts(reachable),
        minimum=Watts(minimum),
        lowest=Watts(minimum + min(gain for gain, _ in first) if first else 0.0),
        step=Watts(min((step for _, step in first), default=0.0)),
        to_maximum=_seconds_up(
            usable,
            _waves(usable, len(units), constraints),
            _wake(usable, record, slow),
            Watts(max(0.0, reachable - present)),
            limits.up,
        ),
        to_minimum=Seconds(_FALL + (present - minimum) / limits.down if present > minimum else 0.0),
        units=_units(units, usable),
        missing=tuple(_missing(others)),
        self_tuning=sum(1 for miner in usable if miner.self_tuning),
        flexibility=flexibility(heard, len(units), mode, constraints, limits, slow),
    )


def _first(unit: UnitStatus, mode: PowerMode) -> tuple[Watts, Watts]:
    """Return the least that a unit adds if it runs, and in which steps it adds more."""
    if _is_tuned(unit, mode):
        return _gain(unit, unit.capabilities.lowest_point), unit.capabilities.finest_step
    whole = _gain(unit, unit.whole_point(mode))
    return whole, whole


def _gain(unit: UnitStatus, point: OperatingPoint | None) -> Watts:
    return Watts(max(0.0, unit.power_at(point) - unit.idle_power))


def _is_tuned(unit: UnitStatus, mode: PowerMode) -> bool:
    return unit.tunes_freely or (mode is PowerMode.FREQUENCY and unit.capabilities.tunable)


def _seconds_up(
    usable: Sequence[UnitStatus], waves: Seconds, wake: Seconds, climb: Watts, ramp: Watts
) -> Seconds:
    tuned = _settling(usable) if climb else 0.0
    rises = climb / ramp if _idle(usable) or tuned else 0.0
    return Seconds(max(waves, rises) + wake + tuned)


def _waves(usable: Sequence[UnitStatus], fleet: int, constraints: Constraints) -> Seconds:
    """Return when the last of a fleet of so many may be woken."""
    idle, wave = _idle(usable), wave_of(fleet, constraints)
    return Seconds((idle - 1) // wave * constraints.wake_batch_interval if wave and idle else 0.0)


def _idle(usable: Iterable[UnitStatus]) -> int:
    return sum(1 for miner in usable if not miner.hashing and not miner.starting)


def _wake(
    usable: Iterable[UnitStatus], record: StartStatistics, slow: Callable[[MinerId], Seconds]
) -> Seconds:
    """Return how long the last of those that do not hash yet is expected to take from now on."""
    usual = record.seconds * _STRAGGLERS
    coming = (unit for unit in usable if unit.starting or not unit.hashing)
    return Seconds(max((_left(unit, slow(unit.unit_id) or usual) for unit in coming), default=0.0))


def _left(unit: UnitStatus, wake: float) -> float:
    waited = (unit.condition.starting_for if unit.condition is not None else None) or 0
    return max(wake - waited, _LATE * wake)


def _settling(usable: Iterable[UnitStatus]) -> float:
    """Return what the slowest of those takes that run below their full power and are tuned to it."""
    return max(
        (miner.capabilities.settles_within for miner in usable if miner.hashing and _below_full(miner)),
        default=0.0,
    )


def _below_full(miner: UnitStatus) -> bool:
    return miner.tunes_freely and not miner.stays and miner.running_at not in (None, miner.full_point)


def _units(units: Sequence[UnitStatus], usable: Sequence[UnitStatus]) -> Units:
    held = sum(1 for miner in units if miner.availability is Availability.HELD)
    read = sum(1 for miner in units if miner.availability is Availability.NOT_CONTROLLABLE)
    stopping = sum(1 for miner in usable if miner.hashing and miner.running_at is None)
    return Units(
        total=len(units),
        available=len(usable),
        on=sum(1 for miner in units if miner.hashing),
        in_transition=stopping + sum(1 for miner in units if miner.starting),
        held=held,
        failed=len(units) - len(usable) - held - read,
        not_controllable=read,
    )


def _missing(others: Sequence[UnitStatus]) -> Iterable[Missing]:
    for availability in Availability:
        kind = [miner for miner in others if miner.availability is availability]
        if kind:
            yield Missing(availability, len(kind), Watts(sum(miner.rated_power for miner in kind)))
