"""How well a load followed: figures of arrays, one value a second unless said otherwise. Pure.

The three-part score is the product's own, which `netstab qualify` judges by.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netstab.qualification import scoring
from netstab.qualification.scoring import LONGEST_DELAY, SAMPLE, Score

__all__ = [
    "HOUR_NEEDS",
    "SAMPLE",
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

HOUR = 360  # samples
HOUR_NEEDS = (HOUR + LONGEST_DELAY) * SAMPLE
"""The seconds of data that the score of an hour needs."""


def score(signal: Floats, response: Floats) -> Score:
    """Score an hour, sampled every 10 s: 390 samples of each, of which windows begin in the first 331."""
    needed = HOUR + LONGEST_DELAY
    if len(signal) < needed or len(response) < needed:
        raise ValueError(f"an hour needs {needed} samples, got {len(signal)}, {len(response)}")
    return scoring.score(signal[:needed].tolist(), response[:needed].tolist())


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
