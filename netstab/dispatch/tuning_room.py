"""What units that are tuned without a restart can take up at once, and how fine the loop is for it. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.units import MinerId, Watts

__all__ = ["Room", "fine_tolerance", "tuning_room"]

_FINE_PERCENT = 0.5


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
