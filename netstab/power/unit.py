"""One dispatchable unit in watts: the points that it can be run at, what a change costs, what it draws.

How a device is set is its driver's business: above it a setting is told apart, stored and shown, no more.
Powers that sums are made of are whole watts, so that no sum depends on the order it was made in.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import overload

from netstab.power.tuning import Tuning
from netstab.units import GigahashPerSecond, MinerId, Seconds, Setting, Watts

__all__ = [
    "COMMON_IDLE_POWER",
    "COUNTED_ON",
    "USUAL_START",
    "Capabilities",
    "OperatingPoint",
    "PowerMode",
    "PowerRange",
    "PowerSource",
    "Unit",
    "drawn_at",
]

COUNTED_ON = 0.5
"""The certainty below which a unit is used last, and no promise is made with it."""


COMMON_IDLE_POWER = Watts(30.0)
"""What is taken of a unit that can sleep and does not say what it draws then: that of Antminers after the S9.

Others were seen between 13 W (Whatsminer) and 59 W (Auradine), one at 146 W (Avalon).
"""


USUAL_START = Seconds(95.0)
"""Mean of the 60 to 130 s after which S9 were seen to hash."""


class PowerMode(StrEnum):
    """What is done with units that a change of point restarts; others are tuned in both modes."""

    FREQUENCY = "frequency"  # one of them, at most two, may be tuned to what is left
    ON_OFF = "on_off"  # they run whole or not at all, as their owners have set them


class PowerSource(StrEnum):
    """How the watts of a unit are known."""

    MEASURED = "measured"
    APPROXIMATED = "approximated"
    MODELLED = "modelled"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a whole unit of the nominal rating draws and gives at one setting."""

    power: Watts
    hashrate: GigahashPerSecond
    setting: Setting


@dataclass(frozen=True, slots=True)
class PowerRange:
    """Any power from `lowest` to `highest` in steps of `step` (above 0 W); `hashrate` at the highest."""

    lowest: Watts
    highest: Watts
    step: Watts
    hashrate: GigahashPerSecond

    def __len__(self) -> int:
        """Count its points."""
        return math.floor((self.highest - self.lowest) / self.step) + 1

    def point(self, power: Watts) -> OperatingPoint:
        """Return the point nearest to a power, within the bounds; its setting is its power in W."""
        place = round((min(max(power, self.lowest), self.highest) - self.lowest) / self.step)
        return self.at(min(place, len(self) - 1))

    def at(self, place: int) -> OperatingPoint:
        """Return a point by its place, 0 for the lowest."""
        drawn = self.lowest + place * self.step
        return OperatingPoint(
            Watts(drawn), GigahashPerSecond(self.hashrate * drawn / self.highest), round(drawn)
        )


class _RangePoints(Sequence[OperatingPoint]):
    """The points of a range in ascending order, made when they are asked for."""

    def __init__(self, powers: PowerRange, places: range) -> None:
        self._powers, self._places = powers, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> OperatingPoint: ...

    @overload
    def __getitem__(self, place: slice) -> "_RangePoints": ...

    def __getitem__(self, place: int | slice) -> "OperatingPoint | _RangePoints":
        if isinstance(place, slice):
            return _RangePoints(self._powers, self._places[place])
        return self._powers.at(self._places[place])


@dataclass(frozen=True)
class Capabilities:
    """What a unit can be told: to sleep and wake if `switchable`, and one of `steps` or of a `range`.

    `steps` ascend in power. `restarts_on_change`: moving between points loses the mining process for as long
    as a start takes; else it settles within `settles_within`. A `volatile` setting is lost with the mining
    process and can be made only while it runs. With `starts_when_set` to set it is to have it run so: it
    needs no wake, and may be set anew while it starts. `asleep` is what it draws asleep, None where it does
    not say.
    """

    switchable: bool = False
    steps: tuple[OperatingPoint, ...] = ()
    range: PowerRange | None = None
    restarts_on_change: bool = True
    settles_within: Seconds = Seconds(0.0)
    power_source: PowerSource = PowerSource.MODELLED
    volatile: bool = False
    asleep: Watts | None = None
    starts_when_set: bool = False

    @cached_property
    def tunes_freely(self) -> bool:
        """Whether a unit is moved between its points without a restart."""
        return self.tunable and not self.restarts_on_change

    @property
    def idle_power(self) -> Watts:
        """What is drawn while it does not run; 0 W of a unit that is never put to sleep."""
        if self.asleep is not None:
            return self.asleep
        return COMMON_IDLE_POWER if self.switchable else Watts(0.0)

    @property
    def tunable(self) -> bool:
        return self.range is not None or len(self.steps) > 1

    @property
    def controllable(self) -> bool:
        return self.switchable or self.tunable

    @cached_property
    def full_point(self) -> OperatingPoint | None:
        """The point of the highest power, None where no point is known."""
        if self.range is not None:
            return self.range.at(len(self.range) - 1)
        return self.steps[-1] if self.steps else None

    @cached_property
    def points(self) -> Sequence[OperatingPoint]:
        """All points, in ascending order of power."""
        if self.range is not None:
            return _RangePoints(self.range, range(len(self.range)))
        return self.steps

    @cached_property
    def finest_step(self) -> Watts:
        """The smallest difference in power between neighbouring points, 0 W where there is one or none."""
        if self.range is not None:
            return self.range.step
        gaps = (above.power - below.power for below, above in zip(self.steps, self.steps[1:], strict=False))
        return Watts(min(gaps, default=0.0))

    @cached_property
    def lowest_point(self) -> OperatingPoint | None:
        """The point of the least power, None where no point is known."""
        if self.range is not None:
            return self.range.point(self.range.lowest)
        return self.steps[0] if self.steps else None

    def within(self, reach: Watts | None) -> "Capabilities":
        """Return what is left of its points while no more than `reach` (above 0 W) can be drawn."""
        if reach is None or (full := self.full_point) is None or reach >= full.power:
            return self
        if self.range is None:
            left = tuple(step for step in self.steps if step.power <= reach)
            return replace(self, steps=left or (replace(self.steps[0], power=reach),))
        hashrate = GigahashPerSecond(self.range.hashrate * reach / self.range.highest)
        narrowed = replace(self.range, lowest=min(self.range.lowest, reach), highest=reach, hashrate=hashrate)
        return replace(self, range=narrowed)

    def point_of(self, setting: Setting) -> OperatingPoint | None:
        """Return the point of a setting, None where it says nothing of power.

        What cannot be tuned is at its only point, whatever it says that it is set to. Between steps whose
        settings are numbers power is linear, and so it goes on beyond their ends: an estimate is better than
        none for what was set by hand.
        """
        if self.range is not None:
            return self.range.point(Watts(float(setting))) if isinstance(setting, int) else None
        if not self.tunable:
            return self.full_point
        for step in self.steps:
            if step.setting == setting:
                return step
        return _between(self.steps, setting)


def _between(steps: Sequence[OperatingPoint], setting: Setting) -> OperatingPoint | None:
    numbers = [step.setting for step in steps if isinstance(step.setting, int)]
    if not isinstance(setting, int) or len(numbers) < max(2, len(steps)):
        return None
    right = min(max(bisect_right(numbers, setting), 1), len(steps) - 1)
    low, high = steps[right - 1], steps[right]
    share = (setting - numbers[right - 1]) / (numbers[right] - numbers[right - 1])
    power = low.power + (high.power - low.power) * share
    hashrate = low.hashrate + (high.hashrate - low.hashrate) * share
    return OperatingPoint(Watts(max(0.0, power)), GigahashPerSecond(max(0.0, hashrate)), setting)


def drawn_at(capabilities: Capabilities, point: OperatingPoint | None, rated: Watts) -> Watts:
    """Return what a unit of that rating draws at a point, the rating where none is known.

    The one formula for it: a point is a share of the full one, and in a range nothing lies beyond that.
    """
    full = capabilities.full_point
    if not (point and full and full.power):
        return rated
    power = point.power if capabilities.range is None else min(point.power, full.power)
    return Watts(rated * power / full.power)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that may be used. `rated_power` scales its points (partial boards, operator's figure).

    `running_at` is its present or commanded point, None while idle. `own_point` is the one that its owner has
    set, which on/off mode leaves it at, or puts back; None means unknown.

    `power_factor` is what the unit was found to draw in units of that. `idle_power` is drawn while it does
    not run. `certainty`, 0 to 1, is the probability that it runs if it is to; a `starting` one was woken and
    does not hash yet; `waking` is also one that is to run and has not begun. With `point_fixed` it runs as it
    does or at full power, and with `stays` it stays running or idle; an `overdue` one is late to answer,
    idle or to a wake, and others are woken before it. A `self_tuning` one sets its own power: it is switched,
    and told no point. One that starts has `climbed` to so much above its idle draw.
    One that hashes, and whose boards come up yet, is to draw so much more by itself: it is `rising`.
    `own_tuning` is what it was set to before it was changed from here, None if it was not. A start takes it
    `start_seconds`.
    """

    unit_id: MinerId
    capabilities: Capabilities
    rated_power: Watts
    running_at: OperatingPoint | None
    own_point: OperatingPoint | None
    running_hours: float
    power_factor: float = field(default=1.0, kw_only=True)
    idle_power: Watts = field(default=Watts(0.0), kw_only=True)
    certainty: float = field(default=1.0, kw_only=True)
    starting: bool = field(default=False, kw_only=True)
    waking: bool = field(default=False, kw_only=True)
    point_fixed: bool = field(default=False, kw_only=True)
    stays: bool = field(default=False, kw_only=True)
    overdue: bool = field(default=False, kw_only=True)
    self_tuning: bool = field(default=False, kw_only=True)
    climbed: Watts = field(default=Watts(0.0), kw_only=True)
    rising: Watts = field(default=Watts(0.0), kw_only=True)
    own_tuning: Tuning | None = field(default=None, kw_only=True)
    start_seconds: Seconds = field(default=USUAL_START, kw_only=True)
    _at_full: tuple[Watts, Watts] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def full_point(self) -> OperatingPoint | None:
        return self.capabilities.full_point

    @property
    def tunes_freely(self) -> bool:
        """Whether it may be moved between its points without a restart."""
        return self.capabilities.tunes_freely and not self.point_fixed

    def whole_point(self, mode: PowerMode, *, points_kept: bool = False) -> OperatingPoint | None:
        """Return the point at which `mode` runs the unit whole; an unknown own one counts as full.

        With `points_kept` one that a change restarts is whole as it runs.
        """
        fixed = self.point_fixed or (points_kept and self.capabilities.restarts_on_change)
        if fixed and self.running_at is not None:
            return self.running_at
        kept = mode is PowerMode.ON_OFF and self.capabilities.restarts_on_change
        return self.own_point if kept and self.own_point is not None else self.full_point

    def power_at(self, point: OperatingPoint | None) -> Watts:
        """Return what the unit draws at a point, in whole watts."""
        if point is self.capabilities.full_point:
            return (self._at_full or self._kept_at_full())[0]
        return self._drawn_at(point)

    def _kept_at_full(self) -> tuple[Watts, Watts]:
        """Keep what it draws and gains at its full point: of most units that is asked, many times over."""
        power = self._drawn_at(self.capabilities.full_point)
        found = power, self._gained(power)
        object.__setattr__(self, "_at_full", found)
        return found

    def _drawn_at(self, point: OperatingPoint | None) -> Watts:
        rated = Watts(self.rated_power * self.power_factor)
        return Watts(float(round(drawn_at(self.capabilities, point, rated))))

    def gain_at(self, point: OperatingPoint | None) -> Watts:
        """Return what the fleet may expect to draw more if the unit runs than if it does not."""
        if point is self.capabilities.full_point:
            return (self._at_full or self._kept_at_full())[1]
        return self._gained(self._drawn_at(point))

    def _gained(self, power: Watts) -> Watts:
        return Watts(float(round(max(0.0, power - self.idle_power) * self.certainty)))

    def whole_power(self, mode: PowerMode) -> Watts:
        """Return the most that `mode` can make of the unit."""
        return self.power_at(self.whole_point(mode))

    def whole_gain(self, mode: PowerMode) -> Watts:
        return self.gain_at(self.whole_point(mode))

    @property
    def lowest_gain(self) -> Watts:
        """Return what it gains at its lowest point."""
        return self.gain_at(self.capabilities.lowest_point)

    def best_gain(self, mode: PowerMode) -> Watts:
        """Return the most that may be expected of it now; one that stays, stays as it is."""
        return self.least_gain if self.stays else self.whole_gain(mode)

    @property
    def least_gain(self) -> Watts:
        """Return the least that it can be brought to."""
        return self.gain_at(self.running_at) if self.stays and self.running_at is not None else Watts(0.0)

    @property
    def counted_on(self) -> bool:
        """Whether it is more likely than not to run if it is to."""
        return self.certainty >= COUNTED_ON
