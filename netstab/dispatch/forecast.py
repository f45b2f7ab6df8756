"""The closed loop: what the fleet is expected to draw, held against the target.

What is on its way counts as done, so that it never acts twice on one deficit. It corrects downwards soon and
upwards patiently, and leaves alone what is within the tolerance band.
"""

from dataclasses import dataclass
from typing import NamedTuple

from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.sums import Share, Sums, parts
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.subset import FEW
from netstab.power.unit import OperatingPoint
from netstab.units import Seconds, Timestamp, Watts

__all__ = [
    "CLIMB_PERCENT",
    "NO_FORECAST",
    "Deviation",
    "Forecast",
    "Room",
    "counts_as_drawn",
    "deviation",
    "fine_tolerance",
    "forecast",
    "forecast_share",
    "is_due",
    "tuning_room",
]

DOWN_AFTER = Seconds(15.0)
UP_AFTER = Seconds(30.0)
"""How long a deviation must last. Sites found 15-30 s down and 30-60 s up; equal times oscillated."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`expected` is the power once all that was told has happened.

    Of it `pending_up` is woken and does not hash yet, of which `climbed` is drawn already, or not with all
    boards; `pending_down` is still drawn by miners told to sleep.
    """

    expected: Watts
    pending_up: Watts
    pending_down: Watts
    climbed: Watts = Watts(0.0)


_EXPECTED, _PENDING_UP, _PENDING_DOWN = "expected", "pending up", "pending down"
_CLIMBED = "climbed"
_ROOM_DOWN, _ROOM_UP = "room down", "room up"

_OF_FEW_PERCENT = 1.0  # of the target
_FINE_PERCENT = 0.5  # of the target: the band of what can be tuned at once

CLIMB_PERCENT = 0.5
"""Of the target: so much more drawn by those that start is given way to by those that are tuned."""

_HELD = 0.7  # of the tolerance: what is expected is not known more closely than the rest of it

NO_FORECAST = Forecast(Watts(0.0), Watts(0.0), Watts(0.0))


@dataclass(frozen=True, slots=True)
class Deviation:
    """The expected power has been outside of the tolerance band since then."""

    since: Timestamp
    above: bool


def forecast_share(unit: UnitStatus, told: Setpoint | None) -> Share:
    """Return what a unit adds to `forecast` and `tuning_room`, told that; None releases it.

    One outside of dispatch draws what it does.
    """
    if unit.availability is not Availability.AVAILABLE or told is None:
        return ((_EXPECTED, parts(unit.measured_power)),)
    if not told.running:
        down = max(0.0, unit.measured_power - unit.idle_power) if unit.hashing else 0.0
        return (_EXPECTED, parts(unit.idle_power)), (_PENDING_DOWN, parts(down))
    gain = unit.gain_at(_present_point(unit) if unit.self_tuning else told.point or _present_point(unit))
    expected = (_EXPECTED, parts(unit.idle_power + gain))
    if unit.hashing:
        return expected, (_PENDING_UP, parts(unit.rising)), *_room_share(unit, told)
    return expected, (_PENDING_UP, parts(gain)), (_CLIMBED, parts(unit.climbed))


def counts_as_drawn(unit: UnitStatus, told: Setpoint | None) -> bool:
    """Whether what a unit draws now is part of its share."""
    free = unit.availability is Availability.AVAILABLE and told is not None
    return not free or (unit.hashing and told is not None and not told.running)


def forecast(sums: Sums, lent: Watts, to_spare: Watts = Watts(0.0)) -> Forecast:
    """Return what the miners will draw at their setpoints.

    `lent` is what tuned units draw for those that start, and give back once these have come, `to_spare` what
    is started more, and stopped as it comes.
    """
    expected = Watts(sums.power(_EXPECTED) - lent - to_spare)
    return Forecast(expected, sums.power(_PENDING_UP), sums.power(_PENDING_DOWN), sums.power(_CLIMBED))


def _present_point(miner: UnitStatus) -> OperatingPoint | None:
    """Return what a miner runs at that is told no point."""
    return miner.running_at or miner.own_point or miner.full_point


def deviation(
    before: Deviation | None, expected: Watts, target: Watts, tolerance_percent: float, now: Timestamp
) -> Deviation | None:
    """Say since when the expected power has been on the same side of a band that keeps it in tolerance.

    None within it.
    """
    error = expected - target
    if abs(error) <= _HELD * target * tolerance_percent / 100:
        return None
    above = error > 0
    return before if before is not None and before.above is above else Deviation(now, above)


def is_due(found: Deviation | None, now: Timestamp) -> bool:
    """Whether a deviation has lasted long enough to be corrected."""
    return found is not None and now - found.since >= (DOWN_AFTER if found.above else UP_AFTER)


class Room(NamedTuple):
    """What the units that run and tune without a restart can yet give each way."""

    down: Watts
    up: Watts


def tuning_room(sums: Sums) -> Room:
    """Return what may be tuned at once: of units that are to run, hash, and are bound by nothing."""
    return Room(sums.power(_ROOM_DOWN), sums.power(_ROOM_UP))


def _room_share(unit: UnitStatus, told: Setpoint) -> Share:
    if not unit.tunes_freely or unit.stays:
        return ()
    present = unit.gain_at(told.point or unit.running_at)
    down, up = max(0.0, present - unit.lowest_gain), max(0.0, unit.gain_at(unit.full_point) - present)
    return (_ROOM_DOWN, parts(down)), (_ROOM_UP, parts(up))


def fine_tolerance(tolerance_percent: float, error: Watts, room: Room, units: int) -> float:
    """Return the band within which nothing is corrected, in percent: a finer one if tuning takes up `error`.

    `error` is what is expected above the target, below it if negative. Of a few `units` another choice may
    come nearer.
    """
    if units in FEW:
        return min(tolerance_percent, _OF_FEW_PERCENT)
    reached = 0 < error <= room.down or 0 < -error <= room.up
    return min(tolerance_percent, _FINE_PERCENT) if reached else tolerance_percent
