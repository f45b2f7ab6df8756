"""From a target and the condition of the miners to a setpoint for each that may be used."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from netstab.dispatch.reach import sure
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.spare import spare
from netstab.dispatch.standing import LONGEST
from netstab.dispatch.statistics import FOUND_AFTER, NEVER_STARTED, StartStatistics
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.allocation import (
    Action,
    Allocation,
    PowerMode,
    Strategy,
    Unit,
    allocate,
    whole_allocation,
)
from netstab.power.bridging import awaited, bridged, lent
from netstab.power.efficiency import worth_running
from netstab.power.look_ahead import NO_LOOK_AHEAD, LookAhead
from netstab.power.subset import FEW, StartCost, better_subset
from netstab.power.swing import FREE, Price
from netstab.power.unit import COUNTED_ON, OperatingPoint
from netstab.units import UNLIMITED, MinerId, Seconds, Watts

__all__ = [
    "Excluded",
    "Plan",
    "Rules",
    "free_for",
    "left_for",
    "plan",
    "setpoints_of",
    "share_out",
]


@dataclass(frozen=True, slots=True)
class Rules:
    """By which rules a target is shared out: the operator's configuration, as `allocate` takes it.

    `start` says how the fleet wakes, and for how long the target is expected to stand `stands`. No unit above
    `worth` J/TH runs, None: any may. Who was started is left on for `min_on`.
    """

    mode: PowerMode
    strategy: Strategy = Strategy.EQUAL
    priority: Sequence[MinerId] = ()
    minimum_percent: float = 0.0
    tolerance_percent: float = 5.0
    start: StartStatistics = NEVER_STARTED
    stands: Seconds = LONGEST
    worth: float | None = None
    min_on: Seconds = Seconds(0.0)


_NO_MORE = Watts(0.0)
_LEAST_TAKEN_OFF = Watts(20.0)
_HALF_A_UNIT = 0.5
_EXAMPLE = 2  # miners that share each target as full and swing, as the specification's example has it
_WEAR = Seconds(30.0)  # of its power that a start is held to cost beside what it misses
_WORTH_CHOOSING = 0.4  # of the time that a target stands: where starts cost more, nobody would be started
_CLIMBS = 0.5  # of all moves: at a fall a swing miner is the first that stops, and costs nothing more
_NEARER_TRIES = 6  # the last looks at a 64th of what the last doubling took off
_MOST_TRIES = 14  # to 160 kW less: what is above then stays for its minimum time

U = TypeVar("U", bound=Unit)


class Excluded(NamedTuple):
    """A miner that dispatch may not use now; `runs` says whether it goes on, as far as it is known."""

    miner_id: MinerId
    availability: Availability
    reason: str
    runs: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A setpoint for every available miner, and what the fleet falls short of with all of them.

    `target` None orders standby. `uncontrolled_power` is drawn by miners outside of dispatch; it counts
    against the target, and `allocation` shares out the rest. `look_ahead` is below 0 where less is shared out
    to keep whole miners below a limit; `ahead` is what whole miners are started and kept for.
    Units that hash draw `lent` more than their share until those that start have come, or less, below 0.
    Those that start had `climbed` to so much, and are to gain `awaited`. `bound` miners had to stay as they
    are, or at their point. `units` it was made of, for at most `most`. The target was expected to stand for
    `stands`. No unit above `worth` J/TH was to run, and who was started was to be left on for `min_on`.
    So much more is started `to_spare`, and stopped as it comes, for some come late or never.
    """

    target: Watts | None
    setpoints: Mapping[MinerId, Setpoint]
    allocation: Allocation
    excluded: tuple[Excluded, ...]
    uncontrolled_power: Watts
    shortfall: Watts
    look_ahead: Watts = _NO_MORE
    lent: Watts = _NO_MORE
    bound: int = 0
    climbed: Watts = _NO_MORE
    awaited: Watts = _NO_MORE
    units: Sequence[UnitStatus] = ()
    most: Watts = UNLIMITED
    stands: Seconds = LONGEST
    ahead: LookAhead = NO_LOOK_AHEAD
    worth: float | None = None
    min_on: Seconds = Seconds(0.0)
    to_spare: Watts = _NO_MORE

    @property
    def power(self) -> Watts:
        """What all miners are to draw."""
        return Watts(self.uncontrolled_power + self.allocation.power)

    @property
    def too_much_woken(self) -> bool:
        """Whether more was woken than the target needs: who comes to hash then has another stopped."""
        return bool(self.target) and self.power > (self.target or 0.0)

    @property
    def looks_ahead(self) -> bool:
        """Whether it was made for what the target is about to be; one that only a limit has cut was not."""
        return bool(self.ahead.start or self.ahead.keep)

    @property
    def waits(self) -> bool:
        """Whether a setpoint that jitters may wait for the loop: it has nobody who could follow at once."""
        return not any(unit.tunes_freely for unit in self.units)

    def retold(self, target: Watts) -> "Plan":
        """Return the same plan for a target that was told a little otherwise."""
        if target == self.target:
            return self
        missing = self.shortfall + target - (self.target or 0.0)
        return replace(self, target=target, shortfall=Watts(max(0.0, missing) if self.shortfall else 0.0))

    def suits(self, target: Watts | None, most: Watts, worth: float | None = None) -> bool:
        """Whether it answers a target under a limit: with at most `most`, and less for no other limit."""
        if self.target != target or self.worth != worth:
            return False
        return most == self.most or (self.look_ahead >= 0 and self.power + max(0.0, self.lent) <= most)


def plan(
    target: Watts | None,
    units: Sequence[UnitStatus],
    rules: Rules,
    ahead: LookAhead = NO_LOOK_AHEAD,
    most: Watts = UNLIMITED,
    climb_scale: float = 1.0,
) -> Plan:
    """Share a target out over the miners that are available, looking `ahead` to what it is about to need.

    Units that start have climbed to `climb_scale` of what they tell.

    Where whole miners would come to lie above `most`, less is shared out: a limit is met from below.
    """
    available = [unit for unit in units if unit.availability is Availability.AVAILABLE]
    others = [unit for unit in units if unit.availability is not Availability.AVAILABLE]
    available = list(worth_running(free_for(target, available), rules.worth))
    uncontrolled = Watts(sum(unit.measured_power for unit in others))
    if any(unit.tunes_freely for unit in available):
        ahead = NO_LOOK_AHEAD  # they hold room for what comes
    asked = _Asked(target, _NO_MORE, uncontrolled, _below(ahead, target, most))
    asked, allocation = _within(Watts(most - uncontrolled), asked, available, rules)
    room = Watts(most - uncontrolled - allocation.power)
    climbed = Watts(climb_scale * sum(unit.climbed for unit in available))
    unseen = sum(unit.climbed for unit in available if unit.unit_id in allocation.points)
    beyond = max(0.0, _expected(allocation, available) - asked.left)
    more = Watts(-(climb_scale - 1) * unseen - beyond)
    shift = lent(more, room, available, allocation.points, rules.minimum_percent)
    return Plan(
        target=target,
        setpoints=setpoints_of(available, allocation, rules, shift),
        allocation=allocation,
        excluded=tuple(_excluded(other) for other in others),
        uncontrolled_power=uncontrolled,
        shortfall=Watts(max(0.0, (target or 0.0) - sure((*others, *available), rules.mode))),
        look_ahead=asked.look_ahead,
        lent=shift,
        climbed=climbed,
        awaited=awaited(available, allocation.points),
        bound=sum(1 for unit in available if unit.stays or unit.point_fixed),
        units=units,
        most=most,
        stands=rules.stands,
        ahead=asked.ahead,
        worth=rules.worth,
        min_on=rules.min_on,
        to_spare=_to_spare(beyond, asked.ahead, available, allocation),
    )


def _to_spare(beyond: float, ahead: LookAhead, units: Sequence[Unit], allocation: Allocation) -> Watts:
    """Return what is started beyond a target that stands; less than one of those that start is no spare."""
    points = allocation.points
    if ahead != NO_LOOK_AHEAD or len(units) < FEW.stop or any(map(_is_tuned, units)):
        return _NO_MORE
    starts = (unit for unit in units if unit.unit_id in points and (unit.running_at is None or unit.waking))
    gains = [unit.gain_at(points[unit.unit_id]) for unit in starts]
    return Watts(min(beyond, sum(gains))) if beyond > max(gains, default=math.inf) else _NO_MORE


def _below(ahead: LookAhead, target: Watts | None, most: Watts) -> LookAhead:
    """Return as much of a look ahead as a limit leaves beyond a target."""
    room = Watts(max(0.0, most - (target or 0.0)))
    return LookAhead(min(ahead.start, room), min(ahead.keep, room))


class _Asked(NamedTuple):
    """What a plan is asked for: what of it is left for the miners that may be used."""

    target: Watts | None
    look_ahead: Watts
    uncontrolled: Watts
    ahead: LookAhead

    @property
    def left(self) -> Watts:
        return left_for(self.target, self.look_ahead, self.uncontrolled)

    def less(self, power: Watts) -> "_Asked":
        """Return the same for so much less: miners that were woken are stopped for a limit."""
        cancelling = LookAhead(cancels=True) if power else self.ahead
        return self._replace(look_ahead=Watts(self.look_ahead - power), ahead=cancelling)


def _within(
    most: Watts, asked: _Asked, candidates: Sequence[Unit], rules: Rules
) -> tuple[_Asked, Allocation]:
    """Share out what is asked for, or so much less that no more than `most` comes of it.

    Each try takes off twice as much more, until that is enough; then halves find what less would be, too.
    """

    def tried(less: Watts) -> tuple[_Asked, Allocation]:
        fewer = asked.less(less)
        return fewer, share_out(fewer.left, candidates, rules, fewer.ahead)

    found = tried(_NO_MORE)
    too_little, less, step = _NO_MORE, _NO_MORE, max(Watts(found[1].power - most), _LEAST_TAKEN_OFF)
    for _ in range(_MOST_TRIES):
        if found[1].power <= most or not found[0].left:
            break
        too_little, less, step = less, Watts(less + step), Watts(2 * step)
        found = tried(less)
    for _ in range(_NEARER_TRIES if found[1].power <= most else 0):
        if less - too_little <= _LEAST_TAKEN_OFF:
            break
        between = Watts((too_little + less) / 2)
        nearer = tried(between)
        if found[1].power <= nearer[1].power <= most:
            less, found = between, nearer
        else:
            too_little = between
    return found


def free_for(target: Watts | None, units: Sequence[U]) -> Sequence[U]:
    """Return the miners as a target finds them: standby waits for nobody's minimum time."""
    if target:
        return units
    return [replace(unit, stays=False) if unit.stays else unit for unit in units]


def left_for(target: Watts | None, look_ahead: Watts, uncontrolled: Watts) -> Watts:
    """Return what the miners that may be used are to draw of a target."""
    return Watts(max(0.0, (target + look_ahead if target else 0.0) - uncontrolled))


def _excluded(miner: UnitStatus) -> Excluded:
    stubborn = miner.availability is Availability.DOES_NOT_STOP
    draws = miner.hashing or miner.starting or miner.measured_power > miner.idle_power
    return Excluded(
        miner.unit_id, miner.availability, miner.reason, draws and (stubborn or miner.running_at is not None)
    )


def share_out(
    target: Watts, units: Sequence[Unit], rules: Rules, ahead: LookAhead = NO_LOOK_AHEAD
) -> Allocation:
    """Allocate by the rules, in frequency mode as on/off mode does where another point of a miner cannot pay.

    That is within half the tolerance, for the other half is for what is not known, while the target moves or
    is not expected to stand for longer than a start takes, and until those that were woken have come: what
    is missing with them is not known before. Else another point has to mend more, for as long as it stands,
    than the start that it takes costs. Any target of one or two miners is taken to stand.
    """
    if rules.mode is not PowerMode.FREQUENCY or target <= 0:
        found = _allocate(target, units, rules, ahead)
        if target <= 0 or ahead != NO_LOOK_AHEAD or any(map(_is_tuned, units)):
            return found
        return _of_few(found, units, rules) if len(units) < FEW.stop else _with_spares(found, units, rules)
    few = len(units) <= _EXAMPLE
    if few:
        rules = replace(rules, stands=LONGEST)
    kept = _allocate(target, units, rules, ahead, points_kept=True)
    near = abs(_expected(kept, units) - target) <= target * rules.tolerance_percent / 200
    if (ahead != NO_LOOK_AHEAD and not few) or rules.stands <= rules.start.seconds:
        return kept
    if near or any(unit.waking and unit.counted_on for unit in units):
        whole = len(units) >= FEW.stop and not any(map(_is_tuned, units))
        return _with_spares(kept, units, rules) if whole else kept
    return _allocate(target, _likely(units, kept), rules, ahead, price=_price(rules))


def _with_spares(found: Allocation, units: Sequence[Unit], rules: Rules) -> Allocation:
    """Return what was found for a target that stands, with more started where some may come late or never."""
    more = spare(found, units, rules.start, rules.stands, rules.min_on)
    ahead, kept = LookAhead(start=more), rules.mode is PowerMode.FREQUENCY
    return _allocate(found.target, units, rules, ahead, points_kept=kept) if more else found


def _is_tuned(unit: Unit) -> bool:
    """Whether it is tuned without a restart, now or once it has climbed to its full power."""
    return unit.tunes_freely or unit.capabilities.volatile


def _of_few(found: Allocation, units: Sequence[Unit], rules: Rules) -> Allocation:
    """Return the best choice of a few whole miners, where the target stands for long enough to choose.

    Else starts cost so much of it that nobody would be started, whatever was ordered.
    """
    if len(units) not in FEW or _start_costs(rules.start) > _WORTH_CHOOSING * rules.stands:
        return found
    points = [unit.whole_point(rules.mode) for unit in units]
    better = better_subset(found.target, units, points, found.points.keys(), _start_cost(rules))
    if better is None:
        return found
    return whole_allocation(found.target, units, better, rules.mode)


def _start_cost(rules: Rules) -> StartCost:
    """Return what starts cost of a few whole miners: they take their time, may fail, and wear the miner."""
    seconds, stands = rules.start.seconds, rules.stands
    return StartCost(seconds / stands, (_start_costs(rules.start) - seconds) / stands)


def _start_costs(start: StartStatistics) -> Seconds:
    """Return for how long a miner's power is as good as missing by a start, what it wears it by included."""
    return Seconds(_missing_for(start) + _WEAR)


def _missing_for(start: StartStatistics) -> Seconds:
    """Return for how long what is started is expected to be missing: until it hashes, or another does."""
    return Seconds(start.seconds + (1 - start.probability) * FOUND_AFTER)


def _likely(units: Sequence[Unit], used: Allocation) -> Sequence[Unit]:
    """Return the units as they most likely come: all counted on, if less than half of one that is used fails.

    A swing miner that made up for what does not fail would have to be set again. One that boots takes no
    other point before it hashes: until then more is known of all.
    """
    points = used.points
    all_come = sum(1 - unit.certainty for unit in units if unit.unit_id in points) < _HALF_A_UNIT
    return [_foreseen(unit, all_come=all_come) for unit in units]


def _foreseen(unit: Unit, *, all_come: bool) -> Unit:
    boots = unit.starting and unit.running_at is not None and unit.capabilities.restarts_on_change
    comes = all_come and COUNTED_ON <= unit.certainty < 1
    if not (boots or comes):
        return unit
    certainty = 1.0 if comes else unit.certainty
    return replace(unit, certainty=certainty, point_fixed=boots or unit.point_fixed)


def _price(rules: Rules) -> Price:
    """Return what a start costs of the error that it mends: what is missing meanwhile, and if it fails.

    A miner that starts below its full point costs nothing more than one that starts whole, but that it has to
    start again where the target climbs before that start would have been over.
    """
    seconds, stands = rules.start.seconds, rules.stands
    now = _start_price(rules)
    return Price(now, now * _CLIMBS * seconds / (seconds + stands))


def _start_price(rules: Rules) -> float:
    """Return what a start costs, in units of the power that is started: it is missing until it hashes."""
    return _missing_for(rules.start) / rules.stands


def _expected(allocation: Allocation, units: Sequence[Unit]) -> float:
    pairs = zip(allocation.assignments, units, strict=True)
    gains = (unit.gain_at(share.point) for share, unit in pairs if share.action is not Action.IDLE)
    return sum(gains) + sum(miner.idle_power for miner in units)


def _allocate(
    target: Watts,
    units: Sequence[Unit],
    rules: Rules,
    ahead: LookAhead,
    *,
    points_kept: bool = False,
    price: Price = FREE,
) -> Allocation:
    return allocate(
        target,
        units,
        mode=rules.mode,
        strategy=rules.strategy,
        priority=rules.priority,
        minimum_percent=rules.minimum_percent,
        tolerance_percent=rules.tolerance_percent,
        points_kept=points_kept,
        price=price,
        look_ahead=ahead,
    )


def setpoints_of(
    units: Sequence[Unit], allocation: Allocation, rules: Rules, shift: Watts
) -> Mapping[MinerId, Setpoint]:
    """Return what an allocation has each miner do while those that are tuned draw `shift` more."""
    points = bridged(shift, units, allocation.points, rules.minimum_percent)
    if rules.mode is PowerMode.ON_OFF:
        return MappingProxyType({unit.unit_id: _setpoint(unit, points.get(unit.unit_id)) for unit in units})
    different = {id(point): point for point in points.values()}  # one setpoint for equal units
    run_at = _one_setpoint if len(different) <= _MOST_KEPT else _run_at
    at = {key: run_at(point) for key, point in different.items()}
    told = {unit.unit_id: IDLE for unit in units}
    told |= {unit_id: at[id(point)] for unit_id, point in points.items()}
    switched = (unit.unit_id for unit in units if unit.unit_id in points and not unit.capabilities.tunable)
    return MappingProxyType(told | dict.fromkeys(switched, _one_setpoint(None)))


def _run_at(point: OperatingPoint | None) -> Setpoint:
    return Setpoint(running=True, point=point)


_MOST_KEPT = 1024
_one_setpoint = lru_cache(maxsize=_MOST_KEPT)(_run_at)
"""The same setpoint from one plan to the next: for one object it is told at once that nothing has changed."""


def _setpoint(miner: Unit, point: OperatingPoint | None) -> Setpoint:
    """On/off mode names no point where that restarts: the tuning is the owner's, and put back if changed."""
    if point is None:
        return IDLE
    if not miner.capabilities.tunable and miner.own_tuning is None:
        return _one_setpoint(None)
    if not miner.capabilities.restarts_on_change:
        return _run_at(point)
    if miner.own_tuning is None:
        return _one_setpoint(None)
    return Setpoint(running=True, point=None, tuning=miner.own_tuning)
