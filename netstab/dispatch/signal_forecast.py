"""What a target is about to be, learned from what it has been. Pure.

Some signals revert to their mean, some climb for minutes, some only jitter, and a setpoint stands. Two
figures tell them apart: how far a target is off what it was lately, and off what it was in the last minutes.
A least-squares fit says for each lead time how much of either is still there, or has grown, by then.
What it was off by so far says how surely.
"""

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import NamedTuple

from netstab.power.look_ahead import NO_LOOK_AHEAD, LookAhead
from netstab.units import Seconds, Timestamp, Watts

__all__ = ["LEADS", "Expected", "SignalForecast", "look_ahead"]

LEADS = tuple(map(Seconds, (4, 8, 16, 24, 32, 48, 64, 96, 128, 192)))
"""The times ahead that are learned; those between are taken for the nearest."""

_EVERY = Seconds(4.0)  # a look at the target: signals of the grid come every 2 to 4 s
_LATELY, _LONG = 15.0, 300.0  # s, of the two means; a score's window is 300 s
_HALF_LIFE = Seconds(1200.0)  # of what was learned
_PRIOR = (
    400.0  # looks, with which a signal is taken to stand: as many as fade in all, so a move is half believed
)
_DOUBT = 10.0  # looks, with which what is expected is taken to come
_STANDS_AFTER = Seconds(12.0)
"""A target that has not moved for so long is no signal: what it does next is not known."""

_FADING = 0.5 ** (_EVERY / _HALF_LIFE)
_NEW_LATELY, _NEW_LONG = (1 - math.exp(-_EVERY / span) for span in (_LATELY, _LONG))
_BACK = tuple(round(lead / _EVERY) for lead in LEADS)
_NORMAL = math.sqrt(math.pi / 2)  # standard deviation over mean deviation, of a normal distribution
_LEAST = 1.0  # W², so that nothing is divided by zero


_FARTHEST = 3.0  # times what a target was off its mean as a rule: nothing was learned of what lies beyond

_STEEPEST = LEADS[-1] / _LATELY
"""A steady climb grows by so many times what it is off its newer mean, within the longest lead."""


def _bounded(growth: float) -> float:
    return min(_STEEPEST, max(-_STEEPEST, growth))


class Expected(NamedTuple):
    """What a target is expected to be, and the standard deviation of what it was off by, in W."""

    power: Watts
    spread: Watts

    def power_at(self, deviations: float) -> float:
        """Return the power that lies so many standard deviations above what is expected, in W."""
        return self.power + deviations * self.spread


class _Look(NamedTuple):
    """The target at one moment, and how far it was off its two means, in W."""

    target: float
    off_lately: float
    off_long: float


class _Fit(NamedTuple):
    """Sums over looks that fade.

    Their number, products of both figures with each other and with the moves that came, and what was off.
    """

    looks: float = 0.0
    lately: float = 0.0
    both: float = 0.0
    long: float = 0.0
    lately_moved: float = 0.0
    long_moved: float = 0.0
    off: float = 0.0

    def move(self, look: _Look) -> float:
        """Return the move that is expected after a look."""
        if not self.looks:
            return 0.0
        prior = 1 + _PRIOR / self.looks
        lately, long = self.lately * prior + _LEAST, self.long * prior + _LEAST
        scale = lately * long - self.both**2
        by_lately = (self.lately_moved * long - self.long_moved * self.both) / scale
        by_long = (self.long_moved * lately - self.lately_moved * self.both) / scale
        off_lately, off_long = self._seen(look.off_lately, self.lately), self._seen(look.off_long, self.long)
        return _bounded(by_lately) * off_lately + _bounded(by_long) * off_long

    def _seen(self, off: float, squares: float) -> float:
        """Return as much of what a target is off as was seen before: a step turns not as jitter does."""
        most = _FARTHEST * math.sqrt(squares / self.looks)
        return min(most, max(-most, off))

    def after(self, look: _Look, target: float) -> "_Fit":
        """Take in where a target came to after a look."""
        moved, off_lately, off_long = target - look.target, look.off_lately, look.off_long
        return _Fit(
            self.looks * _FADING + 1,
            self.lately * _FADING + off_lately**2,
            self.both * _FADING + off_lately * off_long,
            self.long * _FADING + off_long**2,
            self.lately_moved * _FADING + off_lately * moved,
            self.long_moved * _FADING + off_long * moved,
            self.off * _FADING + abs(moved - self.move(look)),
        )


@dataclass(frozen=True, slots=True)
class SignalForecast:
    """All that is known of how targets move. Begun empty: a target of which nothing is known stands.

    `looks` are the newest, as far back as the longest lead, and `fits` what was learned for each lead.
    """

    target: Watts | None = None
    moved_at: Timestamp = Timestamp(-math.inf)
    looked_at: Timestamp = Timestamp(-math.inf)
    lately: float = 0.0
    long: float = 0.0
    looks: tuple[_Look, ...] = ()
    fits: tuple[_Fit, ...] = (_Fit(),) * len(LEADS)

    def ordered(self, target: Watts | None, now: Timestamp) -> "SignalForecast":
        """Take in a target that is in force from now on, None for standby: after that it begins anew."""
        if target == self.target:
            return self
        if not (target and self.target):
            return SignalForecast(target, now, lately=target or 0.0, long=target or 0.0, fits=self.fits)
        stood = self if self.moves(now) else self._stood(self.target, now)
        return replace(stood, target=target, moved_at=now)

    def _stood(self, target: Watts, now: Timestamp) -> "SignalForecast":
        """Bring the means to a target that stood and was not looked at: what came before it is long past."""
        lately, long = (
            target + (mean - target) * math.exp(-(now - self.looked_at) / span)
            for mean, span in ((self.lately, _LATELY), (self.long, _LONG))
        )
        return replace(self, lately=lately, long=long)

    def looked(self, now: Timestamp) -> "SignalForecast":
        """Look at the target every few seconds while it moves; after a gap nothing is learned of it."""
        if not (self.target and self.moves(now)) or now < self.looked_at + 0.9 * _EVERY:
            return self
        looks = self.looks if now < self.looked_at + 2 * _EVERY else ()
        lately = self.lately + _NEW_LATELY * (self.target - self.lately)
        long = self.long + _NEW_LONG * (self.target - self.long)
        look = _Look(self.target, self.target - lately, self.target - long)
        fits = tuple(
            fit.after(looks[-back], self.target) if len(looks) >= back else fit
            for fit, back in zip(self.fits, _BACK, strict=True)
        )
        kept = (*looks, look)[-_BACK[-1] :]
        return replace(self, looked_at=now, lately=lately, long=long, looks=kept, fits=fits)

    def moves(self, now: Timestamp) -> bool:
        """Whether the target is a signal, and no setpoint that stands."""
        return now < self.moved_at + _STANDS_AFTER

    def expected(self, lead: Seconds) -> Expected:
        """Return what the target in force is expected to be after about `lead`."""
        target = self.target or 0.0
        place = min(range(len(LEADS)), key=lambda each: abs(LEADS[each] - lead))
        fit, look = self.fits[place], _Look(target, target - self.lately, target - self.long)
        spread = _NORMAL * fit.off / (fit.looks + _DOUBT)
        return Expected(Watts(target + fit.move(look)), Watts(spread))

    def fallen(self, within: Seconds, now: Timestamp) -> Watts:
        """Return how much more a target was that may be so again: the less the longer ago, by e `within`."""
        target, newest = self.target or 0.0, now - self.looked_at
        falls = (
            (look.target - target) * math.exp(-(newest + back * _EVERY) / within)
            for back, look in enumerate(reversed(self.looks))
        )
        return Watts(max([0.0, *falls]))


_NEEDED = 0.4
"""A unit is started for a power that is needed with this probability.

What is missing lasts as long as a start takes, what is too much a few seconds: below one half, but each start
wears a unit.
"""
_LEVEL = NormalDist().inv_cdf(1 - _NEEDED)
_ONCE_STARTED = 1.25  # times a start: the time in which what is started now is to be of use
_AGAIN = 0.125
"""Times a start: in so long what was needed has become less likely to be needed again, by e.

Power that falls at once is a signal's jump, and those come back at once, or not for minutes: a unit that was
stopped meanwhile is missing for a start, one that was kept is too much for a few seconds.
"""


def look_ahead(signal: SignalForecast, wake: Seconds, now: Timestamp) -> LookAhead:
    """Return what to start and keep units for beyond a target; `wake` is how long they take to start."""
    if not signal.target or not signal.moves(now):
        return NO_LOOK_AHEAD
    start = signal.expected(Seconds(_ONCE_STARTED * wake)).power_at(_LEVEL) - signal.target
    keep = signal.fallen(Seconds(_AGAIN * wake), now)
    return LookAhead(Watts(float(max(0, round(start)))), Watts(float(round(keep))))
