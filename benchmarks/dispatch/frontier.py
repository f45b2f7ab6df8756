"""What of a score can be had for how many wakes: by the product's rule, by the best there is, by foresight.

How far a fleet is off its target is a sum over levels: that of its n-th unit is wanted or not, and is off, on
its way or on. So the best that can be done about each is the answer of a dynamic programme, which weighs the
seconds that it is off by against its starts. `Law` knows how signals move, in eighty hours that are none of
those scored; `Foresight` knows the very hour. What comes of either is played with a fleet of equal units that
start as the field's do. Run: python -m benchmarks.dispatch.frontier
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.dispatch.markdown import table
from benchmarks.dispatch.run import Floats
from benchmarks.dispatch.scenarios import BASELINE, SWING
from benchmarks.dispatch.scoring import HOUR_NEEDS, SAMPLE, score
from benchmarks.dispatch.signals import caiso_day, caiso_days, other_days
from netstab.dispatch.signal_forecast import SignalForecast, look_ahead
from netstab.simulation.profiles import FIELD
from netstab.units import Seconds, Timestamp, Watts

__all__ = ["Foresight", "Law", "Levels", "best", "followed", "product"]

UNITS = 50
EVERY = 4  # s, of CAISO's signal
PRICES = (4, 8, 16)
"""Seconds of a unit's power that a start is held to cost."""

_FADING = 0.995  # of what comes later, a step: within some minutes
_ENOUGH = 150  # steps that are looked ahead: ten minutes
_FAILS = FIELD.boot_failure[0][1]
_SOONEST, _LATEST = (seconds + FIELD.ramp / 2 for seconds in FIELD.wake.hashing)
_GIVEN_UP = 240  # s
_POWER = 1000.0  # W of a unit, for the product, which knows watts

Indices = NDArray[np.int64]


class Levels(NamedTuple):
    """Up to how many units are started and kept, a value for each step."""

    start: Floats
    keep: Floats


class Expects(Protocol):
    """How a signal goes on: `signal` is that of each state, and `after` takes what is so after a step."""

    @property
    def signal(self) -> Floats: ...

    def after(self, values: Floats) -> Floats: ...


@dataclass(frozen=True)
class Foresight:
    """The states are the steps of the very signal."""

    signal: Floats

    def after(self, values: Floats) -> Floats:
        return np.concatenate([values[1:], values[-1:]])


class Law:
    """How a signal moves by where it is and how far it is off its mean of half a minute, and of five."""

    _PLACES = 28
    _MEANS = ((30.0, (-0.25, -0.08, -0.02, 0.02, 0.08, 0.25)), (300.0, (-0.35, -0.1, 0.1, 0.35)))

    def __init__(self, signals: Sequence[Floats]) -> None:
        self._kinds = int(np.prod([len(edges) + 1 for _, edges in self._MEANS]))
        moves = np.identity(self._PLACES * self._kinds) * 1e-6
        for signal in signals:
            states = self.states(signal)
            np.add.at(moves, (states[:-1], states[1:]), 1.0)
        self._moves = moves / moves.sum(1, keepdims=True)
        self.signal = np.repeat(np.linspace(-1, 1, self._PLACES), self._kinds)

    def states(self, signal: Floats) -> Indices:
        """Return the state at each step."""
        states = np.rint((signal + 1) / 2 * (self._PLACES - 1)).astype(np.int64)
        for span, edges in self._MEANS:
            states = states * (len(edges) + 1) + np.digitize(_off_mean(signal, span), edges)
        return states

    def after(self, values: Floats) -> Floats:
        return np.asarray(self._moves @ values)


def _off_mean(signal: Floats, span: float) -> Floats:
    mean, new, off = signal[0], 1 - np.exp(-EVERY / span), np.empty(len(signal))
    for place, value in enumerate(signal):
        mean += new * (value - mean)
        off[place] = value - mean
    return off


def best(known: Expects, price: float) -> Levels:
    """Return for each state how many units are best started and kept, if a start costs `price` s."""
    wanted = _units(known.signal)
    first, last = int(UNITS * (BASELINE - SWING)), int(UNITS * (BASELINE + SWING)) + 1
    answers = [_level((wanted > unit - 0.5).astype(float), known, price) for unit in range(first + 1, last)]
    start, keep = (first + np.sum([answer[place] for answer in answers], axis=0) for place in (0, 1))
    return Levels(start.astype(float), keep.astype(float))


def _units(signal: Floats) -> Floats:
    return np.asarray(UNITS * (BASELINE + SWING * signal))


def _level(wanted: Floats, known: Expects, price: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say for each state whether one unit is started, and kept: by steps of being wrong, and of starts.

    Column 0 is what off costs from then on, the last what on does, and those between the steps of a start.
    """
    steps = int(np.ceil(_LATEST / EVERY))
    still = np.clip((_LATEST - EVERY * np.arange(steps + 1)) / (_LATEST - _SOONEST), 0, 1)
    comes = 1 - still[1:] / still[:-1]
    costs = np.zeros((len(wanted), steps + 2))
    for _ in range(_ENOUGH):
        later = _FADING * known.after(costs)
        off, on = wanted + later[:, 0], 1 - wanted + later[:, -1]
        ended = (1 - _FAILS) * later[:, -1:] + _FAILS * later[:, :1]
        goes_on = np.column_stack([later[:, 2:-1], later[:, -2]])
        waits = wanted[:, None] + comes * ended + (1 - comes) * goes_on
        started = waits[:, 0] + price / EVERY
        stopped = np.minimum(off, started)
        costs = np.column_stack([stopped, waits, np.minimum(on, stopped)])
    return started < off, on <= stopped


def product(signal: Floats) -> Levels:
    """Return what the product starts and keeps units for."""
    known, wanted, ahead = SignalForecast(), _units(signal), []
    wake = Seconds(sum(FIELD.wake.hashing) / 2)
    for place, units in enumerate(wanted):
        now = Timestamp(float(EVERY * place))
        known = known.ordered(Watts(units * _POWER), now).looked(now)
        ahead.append(look_ahead(known, wake, now))
    start, keep = (np.array([getattr(each, name) for each in ahead]) for name in ("start", "keep"))
    return Levels(wanted + start / _POWER, wanted + keep / _POWER)


@dataclass
class _Unit:
    """`since` is when it was started or stopped; it `comes` at some moment, never if that start fails."""

    since: float = -1e9
    comes: float | None = None
    fails: bool = False

    def draws(self, now: float) -> float:
        if self.comes is None:
            return float(now < self.since + FIELD.sleep_fall)
        return min(1.0, max(0.0, (now - self.comes) / FIELD.ramp)) if not self.fails else 0.0

    def counts(self, now: float) -> float:
        """Return the share of it that may be expected."""
        return 0.0 if self.comes is None else 1.0 if self.hashes(now) else 1 - _FAILS

    def hashes(self, now: float) -> bool:
        return self.comes is not None and not self.fails and now >= self.comes


def followed(levels: Levels, seed: int) -> tuple[Floats, float]:
    """Return the units that run each second, and the starts of each in an hour."""
    chance, fleet, starts = Random(seed), [_Unit() for _ in range(UNITS)], 0
    lead, powers = 150, []
    for step in range(-lead, len(levels.start)):
        now, place = float(step * EVERY), max(0, step)
        for unit in fleet:
            if unit.fails and now > unit.since + _GIVEN_UP:
                unit.comes, unit.fails = None, False
        running = [unit for unit in fleet if unit.hashes(now)]
        for unit in running[round(levels.keep[place]) :]:
            unit.comes, unit.since = None, now
        expected = sum(unit.counts(now) for unit in fleet)
        for unit in fleet:
            if levels.start[place] - expected <= 0.5:
                break
            if unit.comes is None:
                unit.comes, unit.since = now + 1 + chance.uniform(*FIELD.wake.hashing), now
                unit.fails = chance.random() < _FAILS
                expected += 1 - _FAILS
                starts += step >= 0
        if step >= 0:
            powers += [sum(unit.draws(now + second) for unit in fleet) for second in range(EVERY)]
    return np.array(powers), starts / UNITS / (len(powers) / 3600)


def _scored(signal: Floats, levels: Levels) -> tuple[float, float]:
    """Return S and the wakes of a miner and hour."""
    power, wakes = followed(levels, 1)
    hour = slice(0, HOUR_NEEDS, SAMPLE)
    asked = np.repeat(signal, EVERY)[hour]
    return score(asked, (power[hour] / UNITS - BASELINE) / SWING).total, wakes


def main() -> None:
    scored = [*caiso_days(), *other_days(10, 7)]
    signals = {day: np.clip(np.array(caiso_day(day)), -1, 1) for day in {*scored, *other_days(90, 1)}}
    law = Law([signal for day, signal in signals.items() if day not in scored])

    def row(name: str, by: Callable[[Floats], Levels]) -> list[str]:
        found = np.array([_scored(signals[day], by(signals[day])) for day in scored])
        ten, others = found[:10].mean(0), found[10:].mean(0)
        return [name, *(f"{score:.3f} ({wakes:.1f})" for score, wakes in (ten, others, found.mean(0)))]

    def by_law(price: float) -> Callable[[Floats], Levels]:
        answer = best(law, price)

        def levels(signal: Floats) -> Levels:
            states = law.states(signal)
            return Levels(answer.start[states], answer.keep[states])

        return levels

    def foreseen(price: float) -> Callable[[Floats], Levels]:
        return lambda signal: best(Foresight(signal), price)

    rows = [row("the product's rule", product)]
    rows += [row(f"law of the signal, {price} s a start", by_law(price)) for price in PRICES]
    rows += [row(f"foresight, {price} s a start", foreseen(price)) for price in PRICES]
    print(table(["S (wakes a miner and hour)", "ten days", "ten others", "all"], rows))


if __name__ == "__main__":
    main()
