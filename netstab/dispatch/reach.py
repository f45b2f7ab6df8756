"""Whether a target can be had, and what keeps the rest of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.unit import PowerMode
from netstab.units import Watts, kilowatts

__all__ = ["Cause", "Kept", "OutOfReach", "least", "most", "out_of_reach", "sure"]


class Cause(StrEnum):
    """Why a miner does not give, or goes on drawing, what a target needs."""

    UNREACHABLE = "unreachable"
    HELD = "held"
    FAILED_TO_WAKE = "failed_to_wake"  # in its back-off, or tried again and not counted on
    DOES_NOT_STOP = "does_not_stop"
    NOT_CONTROLLABLE = "not_controllable"
    LOCKED = "locked"
    UNKNOWN = "unknown"
    MINIMUM_TIME = "minimum_time"  # it was switched lately, and stays so for its minimum time


_MATTERS = 0.1  # of a miner's rating: who gives nearly all it can keeps nothing


@dataclass(frozen=True, slots=True)
class Kept:
    """What miners keep from a target for one cause: what they could give more, or what they draw too much."""

    cause: Cause
    units: int
    power: Watts


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """A target that cannot be had now: of the powers from `least` to `most` none comes near it.

    `between` are the nearest ones that can, where the target lies below the least of any unit more.
    """

    target: Watts
    least: Watts
    most: Watts
    kept: tuple[Kept, ...]
    between: tuple[Watts, Watts] | None = None

    @property
    def sentence(self) -> str:
        """Say it for an operator."""
        target = f"Target {kilowatts(self.target)} kW is out of reach:"
        causes = ", ".join(f"{kept.units} {_words(kept.cause)}" for kept in self.kept)
        if self.between is not None:
            below, above = map(kilowatts, self.between)
            return f"{target} {below} kW or {above} kW can be had, nothing between."
        if self.target < self.least:
            return f"{target} at least {kilowatts(self.least)} kW is drawn{f' ({causes})' if causes else ''}."
        return f"{target} {kilowatts(self.most)} kW can be had; {causes or 'no miner has more to give'}."


def most(units: Iterable[UnitStatus], mode: PowerMode) -> Watts:
    """Return the most that may be expected of the miners now; those outside of dispatch draw what they do."""
    return Watts(sum(_expected(miner, miner.best_gain(mode)) for miner in units))


def least(units: Iterable[UnitStatus]) -> Watts:
    """Return the least that they may be brought to with an order above zero: minimum times hold."""
    return Watts(sum(_expected(miner, miner.least_gain) for miner in units))


def _expected(miner: UnitStatus, gain: Watts) -> float:
    """Return what a miner is expected to draw that gains so much over its idle draw, if it can be told to."""
    return miner.idle_power + gain if miner.availability is Availability.AVAILABLE else miner.measured_power


def sure(units: Iterable[UnitStatus], mode: PowerMode) -> Watts:
    """Return what miners draw if all come that are counted on: only what is above is missing."""
    return Watts(sum(_if_it_comes(miner, mode) for miner in units))


def _if_it_comes(miner: UnitStatus, mode: PowerMode) -> float:
    if miner.availability is not Availability.AVAILABLE:
        return miner.measured_power
    if miner.stays:
        return miner.idle_power if miner.running_at is None else miner.power_at(miner.running_at)
    return miner.whole_power(mode) if miner.counted_on else miner.idle_power


def out_of_reach(
    target: Watts, units: Sequence[UnitStatus], mode: PowerMode, tolerance_percent: float
) -> OutOfReach | None:
    """Say what can be had of a target that is out of reach by more than the tolerance, None if none is."""
    if target <= 0:
        return None
    band, lowest = target * tolerance_percent / 100, least(units)
    if target - sure(units, mode) > band:
        kept = _kept((miner, miner.whole_power(mode) - _if_it_comes(miner, mode)) for miner in units)
        return OutOfReach(target, lowest, most(units, mode), kept)
    if lowest - target > band:
        kept = _kept((miner, _expected(miner, miner.least_gain) - miner.idle_power) for miner in units)
        return OutOfReach(target, lowest, most(units, mode), kept)
    above = lowest + _least_more(units, mode)
    if lowest + band < target < above - band:
        return OutOfReach(target, lowest, most(units, mode), (), (lowest, Watts(above)))
    return None


def _least_more(units: Sequence[UnitStatus], mode: PowerMode) -> float:
    """Return what one unit more adds at the least; 0 W where none is tuned without a restart.

    Where none is, targets that miss what whole miners draw are usual.
    """
    free = [miner for miner in units if miner.availability is Availability.AVAILABLE and not miner.stays]
    if not any(miner.tunes_freely for miner in free):
        return 0.0
    gains = (miner.lowest_gain if miner.tunes_freely else miner.whole_gain(mode) for miner in free)
    return min((gain for gain in gains if gain > 0), default=0.0)


def _kept(powers: Iterable[tuple[UnitStatus, float]]) -> tuple[Kept, ...]:
    """Sum up by cause, in the order of the causes."""
    units, power = dict.fromkeys(Cause, 0), dict.fromkeys(Cause, 0.0)
    for miner, more in powers:
        cause = _cause(miner)
        if cause is not None and more > _MATTERS * miner.rated_power:
            units[cause] += 1
            power[cause] += more
    return tuple(Kept(cause, units[cause], Watts(power[cause])) for cause in Cause if units[cause])


def _cause(miner: UnitStatus) -> Cause | None:
    if miner.availability is not Availability.AVAILABLE:
        return Cause(miner.availability)
    if miner.stays:
        return Cause.MINIMUM_TIME
    return None if miner.counted_on else Cause.FAILED_TO_WAKE


def _words(cause: Cause) -> str:
    if cause is Cause.MINIMUM_TIME:
        return "waiting for their minimum time"
    return Availability(cause).label
