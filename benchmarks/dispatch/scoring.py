"""How well a load followed: figures of arrays, one value a second unless said otherwise. Pure.

Signal and response of the three-part score are in per unit of the offered capability, without the baseline.
It is in the style of PJM's Manual 12 and claims no more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = [
    "HOUR_NEEDS",
    "Errors",
    "Score",
    "Step",
    "accepted_after",
    "energy_error",
    "errors",
    "score",
    "share_within",
    "step_response",
]

Floats = NDArray[np.float64]

SAMPLE = 10  # s
WINDOW = 30  # samples
LONGEST_DELAY = 30  # samples
HOUR = 360  # samples
HOUR_NEEDS = (HOUR + LONGEST_DELAY) * SAMPLE
"""The seconds of data that the score of an hour needs."""

_NEARLY_CONSTANT = 0.01  # per unit, standard deviation over a window


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the windows of an hour, each part and the whole from 0 to 1."""

    accuracy: float
    delay: float
    precision: float

    @property
    def total(self) -> float:
        return (self.accuracy + self.delay + self.precision) / 3


def score(signal: Floats, response: Floats) -> Score:
    """Score an hour, sampled every 10 s: 390 samples of each, of which windows begin in the first 331."""
    if len(signal) < HOUR + LONGEST_DELAY or len(response) < HOUR + LONGEST_DELAY:
        raise ValueError(f"an hour needs {HOUR + LONGEST_DELAY} samples, got {len(signal)}, {len(response)}")
    starts = HOUR - WINDOW + 1
    asked = sliding_window_view(signal, WINDOW)[:starts]
    given = sliding_window_view(response, WINDOW)
    delays = 1 - np.arange(LONGEST_DELAY + 1) / LONGEST_DELAY
    accuracies = np.stack([_accuracy(asked, given[d : d + starts]) for d in range(LONGEST_DELAY + 1)])
    best = np.argmax(accuracies + delays[:, None], axis=0)
    accuracy = accuracies[best, np.arange(starts)]
    return Score(float(accuracy.mean()), float(delays[best].mean()), _precision(signal, response))


def _accuracy(asked: Floats, given: Floats) -> Floats:
    """Correlate windows; a signal that is nearly constant is compared by slope over the window instead."""
    signal, response = _centred(asked), _centred(given)
    spread_signal, spread_response = np.sqrt((signal**2).mean(1)), np.sqrt((response**2).mean(1))
    still = spread_signal < _NEARLY_CONSTANT
    flat = (spread_response < 1e-9) & ~still
    scale = np.where(still | flat, 1.0, spread_signal * spread_response)
    correlation = np.where(flat, 0.0, (signal * response).mean(1) / scale)
    return np.where(still, 1 - np.abs(_slope(signal) - _slope(response)), correlation)


def _centred(windows: Floats) -> Floats:
    centred: Floats = windows - windows.mean(1, keepdims=True)
    return centred


def _slope(centred: Floats) -> Floats:
    """Return the slopes of the regression lines, in per unit over the length of a window."""
    time = np.linspace(-0.5, 0.5, WINDOW)
    slope: Floats = (centred @ time) / (time @ time)
    return slope


def _precision(signal: Floats, response: Floats) -> float:
    asked, given = signal[:HOUR], response[:HOUR]
    size = np.abs(asked).mean()
    if size == 0:
        return float(np.abs(given).mean() == 0)
    return max(0.0, 1 - float(np.abs(given - asked).mean() / size))


@dataclass(frozen=True, slots=True)
class Errors:
    """Root mean square and mean absolute error, and the mean error, in the unit of `power`."""

    rmse: float
    mae: float
    bias: float


def errors(power: Floats, target: Floats) -> Errors:
    off = power - target
    return Errors(float(np.sqrt((off**2).mean())), float(np.abs(off).mean()), float(off.mean()))


def share_within(power: Floats, target: Floats, band: Floats | float) -> float:
    """Return the share of samples whose error is at most `band`, in the unit of power."""
    return float((np.abs(power - target) <= band).mean())


def energy_error(power: Floats, target: Floats, seconds: int) -> float:
    """Return the mean absolute error of energy over whole stretches, as a share of what was asked for."""
    count = len(power) // seconds
    if not count:
        return float("nan")
    got = power[: count * seconds].reshape(count, seconds).sum(1)
    asked = target[: count * seconds].reshape(count, seconds).sum(1)
    return float(np.abs(got - asked).sum() / asked.sum())


@dataclass(frozen=True, slots=True)
class Step:
    """A step response, in seconds and shares of the step; None for what did not come.

    `dead_time` is the time to a tenth of the step, `rise` that from a tenth to nine tenths, `settled` that
    after which power stays within the band. `overshoot` and `steady_error` are shares of the step.
    """

    dead_time: int | None
    rise: int | None
    settled: int | None
    overshoot: float
    steady_error: float


def step_response(power: Floats, before: float, target: float, band: float) -> Step:
    """Judge the response to a step ordered at the first sample; `band` is the half width, in W."""
    height = target - before
    way = (power - before) / height
    tenth, nine_tenths = _first(way >= 0.1), _first(way >= 0.9)
    outside = np.flatnonzero(np.abs(power - target) > band)
    settled = int(outside[-1]) + 1 if len(outside) else 0
    tail = power[-min(60, len(power)) :]
    return Step(
        dead_time=tenth,
        rise=None if tenth is None or nine_tenths is None else nine_tenths - tenth,
        settled=settled if settled < len(power) else None,
        overshoot=max(0.0, float(way.max()) - 1),
        steady_error=abs(float(tail.mean()) - target) / abs(height),
    )


def accepted_after(power: Floats, target: float, tolerance: float, apart: int) -> int | None:
    """Return the second at which two samples in a row, `apart` s from each other, lie in the band."""
    inside = np.abs(power[::apart] - target) <= tolerance * target
    both = _first(inside[1:] & inside[:-1])
    return None if both is None else (both + 1) * apart


def _first(condition: NDArray[np.bool_]) -> int | None:
    places = np.flatnonzero(condition)
    return int(places[0]) if len(places) else None
