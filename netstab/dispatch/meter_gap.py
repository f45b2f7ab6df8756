"""Steps of the site meter that no unit reports: nobody knows what made them, and the record says so. Pure.

Units are looked at once in a poll interval, so a step counts once it has lasted while all of them rest.
"""

from dataclasses import dataclass, replace

from netstab.units import Seconds, Timestamp, Watts

__all__ = ["MeterGap", "looked"]

_LASTS = Seconds(20.0)
"""By then units were polled, and a meter that is 15 s late has shown what they did."""

_LEAST_SHARE = 0.05  # of the fleet's rating: a meter's own error and what units ripple by are less
_LEAST = Watts(100.0)
_OF_WHAT_MOVED = 0.15  # units tell up to so much less or more than they draw

_FOLLOWS = 0.1  # a second, of what the gap drifts by while all rest


@dataclass(frozen=True, slots=True)
class MeterGap:
    """By how much the meter was above the units' own figures, at which of these, when all rested last.

    Before they have `rested` once it is no more than a guess. The meter is off that since `off_since`; units
    moved last at `moved_at`.
    """

    power: Watts
    reported: Watts
    moved_at: Timestamp
    off_since: Timestamp | None = None
    rested: bool = False


def looked(
    gap: MeterGap | None, meter: Watts, reported: Watts, rated: Watts, now: Timestamp, *, moves: bool
) -> tuple[MeterGap, Watts | None]:
    """Return the gap after a second, and the step in W that only the meter has shown, None without one.

    `moves` says whether units were seen to change in this second.
    """
    here = Watts(meter - reported)
    if gap is None:
        return MeterGap(here, reported, moved_at=now), None
    gap = replace(gap, moved_at=now) if moves else gap
    rests = now - gap.moved_at >= _LASTS
    off = Watts(here - gap.power)
    near = abs(off) < max(_LEAST, _LEAST_SHARE * rated) + _OF_WHAT_MOVED * abs(reported - gap.reported)
    if not gap.rested:
        return (replace(gap, rested=rests) if near else MeterGap(here, reported, moved_at=now)), None
    if near:
        return replace(_followed(gap, off, reported) if rests else gap, off_since=None), None
    since = now if gap.off_since is None else gap.off_since
    if not rests or now - since < _LASTS:
        return replace(gap, off_since=since), None
    return replace(gap, power=here, reported=reported, off_since=None), off


def _followed(gap: MeterGap, off: Watts, reported: Watts) -> MeterGap:
    nearer = Watts(gap.reported + _FOLLOWS * (reported - gap.reported))
    return replace(gap, power=Watts(gap.power + _FOLLOWS * off), reported=nearer)
