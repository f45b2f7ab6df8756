"""Whether a target can be had, and what keeps the rest of it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from netstab.dispatch.sums import Share, Sums, parts
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.unit import PowerMode
from netstab.units import Watts, kilowatts

__all__ = [
    "Cause",
    "Kept",
    "OutOfReach",
    "confirming",
    "least",
    "most",
    "out_of_reach",
    "reach_share",
    "sure",
]


class Cause(StrEnum):
    """Why a miner does not give, or goes on drawing, what a target needs."""

    UNREACHABLE = "unreachable"
    HELD = "held"
    FAILED_TO_WAKE = "failed_to_wake"  # in its back-off, or tried again and not counted on
    DOES_NOT_STOP = "does_not_stop"
    NOT_CONTROLLABLE = "not_controllable"
    TAKES_NO_ORDERS = "takes_no_orders"
    CLOSED = "closed"
    LOCKED = "locked"
    UNKNOWN = "unknown"
    MINIMUM_TIME = "minimum_time"  # it was switched lately, and stays so for its minimum time


_LEAST, _MOST, _SURE, _TUNES = "least", "most", "sure", "tunes"
_LACK, _EXCESS, _UNITS, _POWER = "lack", "excess", "units", "power"
_STARTING, _UNCONFIRMED = "starting", "unconfirmed"

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


def reach_share(unit: UnitStatus, mode: PowerMode) -> Share:
    """Return what a unit adds to what can be had: at the least and the most, surely, and what it keeps."""
    low, high = _expected(unit, unit.least_gain), _expected(unit, unit.best_gain(mode))
    comes = _if_it_comes(unit, mode)
    return (
        *((_LEAST, parts(low)), (_MOST, parts(high)), (_SURE, parts(comes))),
        *_kept_share(unit, _LACK, unit.whole_power(mode) - comes),
        *_kept_share(unit, _EXCESS, low - unit.idle_power),
        *_more_share(unit, mode),
        *_waking_share(unit),
    )


def _kept_share(unit: UnitStatus, kind: str, power: float) -> Share:
    cause = _cause(unit)
    if cause is None or power <= _MATTERS * unit.rated_power:
        return ()
    return ((kind, cause, _UNITS), 1), ((kind, cause, _POWER), parts(power))


def _more_share(unit: UnitStatus, mode: PowerMode) -> Share:
    """Return what one unit more adds at the least if it is this one."""
    if unit.availability is not Availability.AVAILABLE or unit.stays:
        return ()
    tunes = unit.tunes_freely
    gain = unit.lowest_gain if tunes else unit.whole_gain(mode)
    return (_TUNES, int(tunes)), (gain, int(gain > 0))


def _waking_share(unit: UnitStatus) -> Share:
    """Return whether a unit is on its way, or has not confirmed a wake in time."""
    if unit.availability is not Availability.AVAILABLE or not unit.waking:
        return ()
    return ((_UNCONFIRMED, int(unit.overdue)), (_STARTING, int(unit.starting)))


def confirming(sums: Sums) -> tuple[int, int]:
    """Count the units that have not confirmed a wake in time, and those that have and start."""
    return sums.count(_UNCONFIRMED), sums.count(_STARTING)


def out_of_reach(target: Watts, sums: Sums, tolerance_percent: float) -> OutOfReach | None:
    """Say what can be had of a target that is out of reach by more than the tolerance, None if none is.

    `sums` are of the `reach_share` of each unit.
    """
    if target <= 0:
        return None
    band, lowest, highest = target * tolerance_percent / 100, sums.power(_LEAST), sums.power(_MOST)
    if target - sums.power(_SURE) > band:
        return OutOfReach(target, lowest, highest, _kept(sums, _LACK))
    if lowest - target > band:
        return OutOfReach(target, lowest, highest, _kept(sums, _EXCESS))
    above = lowest + _least_more(sums)
    if lowest + band < target < above - band:
        return OutOfReach(target, lowest, highest, (), (lowest, Watts(above)))
    return None


def _least_more(sums: Sums) -> float:
    """Return what one unit more adds at the least; 0 W where none is tuned without a restart.

    Where none is, targets that miss what whole miners draw are usual.
    """
    if not sums.count(_TUNES):
        return 0.0
    return min((name for name in sums.totals if isinstance(name, float)), default=0.0)


def _kept(sums: Sums, kind: str) -> tuple[Kept, ...]:
    """List what is kept by cause, in the order of the causes."""
    return tuple(
        Kept(cause, units, sums.power((kind, cause, _POWER)))
        for cause in Cause
        if (units := sums.count((kind, cause, _UNITS)))
    )


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
