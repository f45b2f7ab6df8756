"""The slow correction by the site meter: what it shows beside what is expected, made up for by tuning units.

It follows the difference between what the units should draw by now and the meter, never that to the target: a
setpoint that is repeated, or goes to and fro, winds nothing up. What it may ask for is bounded, so that a
broken meter moves no more than the tolerance. Pure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from netstab.dispatch.loop import Forecast
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = ["NO_CORRECTION", "Correction", "Room", "corrected", "fine_tolerance", "tuning_room"]

_SLOWLY = Seconds(20.0)  # time constant: a meter's noise, and what moves meanwhile, weigh little
_LONGEST = Seconds(5.0)  # that one reading counts for: a gap in the readings teaches nothing
_WORTH_IT = 0.0025  # of the target: less is noise, and rewrites no unit
_FINE_PERCENT = 0.5


class Room(NamedTuple):
    """What the units that run and tune without a restart can yet give each way; `settles`, the slowest."""

    down: Watts
    up: Watts
    settles: Seconds


@dataclass(frozen=True, slots=True)
class Correction:
    """`power` is added to what the units are asked for. `missing` is what the meter shows less than expected.

    `drawn` is what the units should draw by now, `at` when a reading was taken in last.
    """

    power: Watts = Watts(0.0)
    missing: Watts = Watts(0.0)
    drawn: Watts = Watts(0.0)
    at: Timestamp | None = None


NO_CORRECTION = Correction()


def tuning_room(setpoints: Mapping[MinerId, Setpoint], units: Sequence[UnitStatus]) -> Room:
    """Add up what may be tuned at once: of units that are to run, hash, and are bound by nothing."""
    down = up = settles = 0.0
    for unit in units:
        told = setpoints.get(unit.unit_id)
        if told is None or not told.running or not _tunes_now(unit):
            continue
        present = unit.gain_at(told.point or unit.running_at)
        down += max(0.0, present - unit.lowest_gain)
        up += max(0.0, unit.gain_at(unit.full_point) - present)
        settles = max(settles, unit.capabilities.settles_within)
    return Room(Watts(down), Watts(up), Seconds(settles))


def _tunes_now(unit: UnitStatus) -> bool:
    free = unit.tunes_freely and not unit.stays and unit.availability is Availability.AVAILABLE
    return free and unit.hashing


def fine_tolerance(tolerance_percent: float, error: Watts, room: Room) -> float:
    """Return the band within which nothing is corrected, in percent: a finer one if tuning takes up `error`.

    `error` is what is expected above the target, below it if negative.
    """
    reached = 0 < error <= room.down or 0 < -error <= room.up
    return min(tolerance_percent, _FINE_PERCENT) if reached else tolerance_percent


def corrected(
    before: Correction,
    seen: Forecast,
    metered: Watts | None,
    room: Room,
    target: Watts,
    tolerance_percent: float,
    now: Timestamp,
) -> Correction:
    """Take in one reading of the meter.

    Without one what was found stays; without units to tune it ends.
    """
    if target <= 0 or room.down + room.up <= 0:
        return NO_CORRECTION
    if metered is None or not math.isfinite(metered):
        return before
    should_draw = seen.expected - seen.pending_up + seen.pending_down
    if before.at is None:
        return Correction(drawn=Watts(should_draw), at=now)
    seconds = min(max(0.0, now - before.at), _LONGEST)
    drawn = before.drawn + _share(seconds, room.settles / 2) * (should_draw - before.drawn)
    most = target * tolerance_percent / 100
    found = _within(drawn - metered, most)
    missing = before.missing + _share(seconds, _SLOWLY) * (found - before.missing)
    power = missing if abs(missing - before.power) > _WORTH_IT * target else before.power
    return Correction(_within(power, most), _within(missing, most), Watts(drawn), now)


def _within(power: float, most: float) -> Watts:
    return Watts(min(most, max(-most, power)))


def _share(seconds: float, constant: float) -> float:
    """Return how much of a difference a first-order lag makes up in that time."""
    return 1.0 if constant <= 0 else 1.0 - math.exp(-seconds / constant)
