"""The closed loop: what the fleet is expected to draw, held against the target.

What is on its way counts as done, so that it never acts twice on one deficit. It corrects downwards soon and
upwards patiently, and leaves alone what is within the tolerance band.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.unit import OperatingPoint
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = [
    "DOWN_AFTER",
    "NO_FORECAST",
    "UP_AFTER",
    "Deviation",
    "Forecast",
    "Room",
    "deviation",
    "fine_tolerance",
    "forecast",
    "is_due",
    "tuning_room",
]

DOWN_AFTER = Seconds(15.0)
UP_AFTER = Seconds(30.0)
"""How long a deviation must last. Sites found 15-30 s down and 30-60 s up; equal times oscillated."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`expected` is the power once all that was told has happened.

    Of it `pending_up` is woken and not hashing yet; `pending_down` is still drawn by miners told to sleep.
    """

    expected: Watts
    pending_up: Watts
    pending_down: Watts


_FINE_PERCENT = 0.5  # of the target: the band of what can be tuned at once

_HELD = 0.7  # of the tolerance: what is expected is not known more closely than the rest of it

NO_FORECAST = Forecast(Watts(0.0), Watts(0.0), Watts(0.0))


@dataclass(frozen=True, slots=True)
class Deviation:
    """The expected power has been outside of the tolerance band since then."""

    since: Timestamp
    above: bool


def forecast(setpoints: Mapping[MinerId, Setpoint], units: Sequence[UnitStatus]) -> Forecast:
    """Add up what the miners will draw at their setpoints; those outside of dispatch draw what they do."""
    expected = up = down = 0.0
    for miner in units:
        setpoint = setpoints.get(miner.unit_id)
        if miner.availability is not Availability.AVAILABLE or setpoint is None:
            expected += miner.measured_power
            continue
        expected += miner.idle_power
        if setpoint.running:
            gain = miner.gain_at(setpoint.point or _present_point(miner))
            expected += gain
            up += 0.0 if miner.hashing else gain
        elif miner.hashing:
            down += max(0.0, miner.measured_power - miner.idle_power)
    return Forecast(Watts(expected), Watts(up), Watts(down))


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


def tuning_room(setpoints: Mapping[MinerId, Setpoint], units: Sequence[UnitStatus]) -> Room:
    """Add up what may be tuned at once: of units that are to run, hash, and are bound by nothing."""
    down = up = 0.0
    for unit in units:
        told = setpoints.get(unit.unit_id)
        if told is None or not told.running or not _tunes_now(unit):
            continue
        present = unit.gain_at(told.point or unit.running_at)
        down += max(0.0, present - unit.lowest_gain)
        up += max(0.0, unit.gain_at(unit.full_point) - present)
    return Room(Watts(down), Watts(up))


def _tunes_now(unit: UnitStatus) -> bool:
    free = unit.tunes_freely and not unit.stays and unit.availability is Availability.AVAILABLE
    return free and unit.hashing


def fine_tolerance(tolerance_percent: float, error: Watts, room: Room) -> float:
    """Return the band within which nothing is corrected, in percent: a finer one if tuning takes up `error`.

    `error` is what is expected above the target, below it if negative.
    """
    reached = 0 < error <= room.down or 0 < -error <= room.up
    return min(tolerance_percent, _FINE_PERCENT) if reached else tolerance_percent
