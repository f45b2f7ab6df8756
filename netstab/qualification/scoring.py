"""How well regulation is followed, in three parts: in the style of PJM's Manual 12, and no more is claimed.

Signal and response are in per unit of what is offered, without the baseline, a value every `SAMPLE` s. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from operator import mul

__all__ = ["LONGEST_DELAY", "SAMPLE", "WINDOW", "Score", "score"]

SAMPLE = 10  # s
WINDOW = 30  # samples
LONGEST_DELAY = 30  # samples

_NEARLY_CONSTANT = 0.01  # per unit, standard deviation over a window
_CONSTANT = 1e-9
_TIMES = [place / (WINDOW - 1) - 0.5 for place in range(WINDOW)]
_TIMES_SQUARED = sum(time * time for time in _TIMES)


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the windows of a test, each part and the whole from 0 to 1."""

    accuracy: float
    delay: float
    precision: float

    @property
    def total(self) -> float:
        return (self.accuracy + self.delay + self.precision) / 3


@dataclass(frozen=True, slots=True)
class _Window:
    """Values without their mean, the standard deviation, and the slope in per unit over the length."""

    values: list[float]
    spread: float
    slope: float


def score(signal: Sequence[float], response: Sequence[float]) -> Score:
    """Score a test: it ends `LONGEST_DELAY` samples before its data, which are needed for who answers late.

    Raises `ValueError` for fewer samples than one window needs.
    """
    length = min(len(signal), len(response)) - LONGEST_DELAY
    if length < WINDOW:
        raise ValueError(
            f"a score needs {WINDOW + LONGEST_DELAY} samples, got {len(signal)}, {len(response)}"
        )
    given = _windows(response, length + LONGEST_DELAY)
    best = [
        max(
            (_accuracy(asked, given[start + delay]) + _promptness(delay), -delay)
            for delay in range(LONGEST_DELAY + 1)
        )
        for start, asked in enumerate(_windows(signal, length))
    ]
    delays = [_promptness(-late) for _, late in best]
    accuracies = [both - prompt for (both, _), prompt in zip(best, delays, strict=True)]
    return Score(_mean(accuracies), _mean(delays), _precision(signal[:length], response[:length]))


def _promptness(delay: int) -> float:
    return 1 - delay / LONGEST_DELAY


def _windows(values: Sequence[float], length: int) -> list[_Window]:
    return [_window(values[start : start + WINDOW]) for start in range(length - WINDOW + 1)]


def _window(values: Sequence[float]) -> _Window:
    mean = _mean(values)
    centred = [value - mean for value in values]
    spread = sqrt(_dot(centred, centred) / WINDOW)
    return _Window(centred, spread, _dot(centred, _TIMES) / _TIMES_SQUARED)


def _accuracy(asked: _Window, given: _Window) -> float:
    """Correlate windows; a signal that is nearly constant is compared by slope over the window instead."""
    if asked.spread < _NEARLY_CONSTANT:
        return 1 - abs(asked.slope - given.slope)
    if given.spread < _CONSTANT:
        return 0.0
    return _dot(asked.values, given.values) / WINDOW / (asked.spread * given.spread)


def _precision(asked: Sequence[float], given: Sequence[float]) -> float:
    size = _mean([abs(value) for value in asked])
    off = _mean([abs(answer - value) for value, answer in zip(asked, given, strict=True)])
    return max(0.0, 1 - off / size) if size else float(not any(given))


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return float(sum(map(mul, left, right)))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
