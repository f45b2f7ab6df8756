"""Which lines are in a power: amplitudes by frequency, of samples at equal distances. Pure, no library.

Welch's method: overlapping segments, each without its straight line and under a flat-top window, their
squares averaged. A flat top shows the amplitude of a line within 0.1 % wherever it falls between two bins.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Band", "Line", "largest_line"]

_FLAT_TOP = (0.21557895, -0.41663158, 0.277263158, -0.083578947, 0.006947368)
"""Cosine terms of the five-term flat-top window (ISO 18431-2): its lobe is five bins wide to each side."""

_LOBE = 5
_SEGMENT = 256.0  # s; a lobe of 0.02 Hz, so that what is slower than 0.03 Hz is out of a band from 0.05 on


@dataclass(frozen=True, slots=True)
class Band:
    """The frequencies that are looked at, in Hz."""

    lowest: float = 0.05
    highest: float = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """The largest amplitude found, half of the swing from peak to peak, and where in Hz.

    `seen_up_to` is the highest frequency that the samples can show at all, below half of their rate; 0 of too
    few to show any.
    """

    amplitude: float
    frequency: float
    seen_up_to: float


def largest_line(samples: Sequence[float], rate: float, band: Band) -> Line:
    """Return the largest line of samples taken `rate` times a second.

    What lies above half of the rate shows at a lower frequency: it is counted, not missed.
    """
    count = 2 ** round(math.log2(_SEGMENT * rate))
    highest = min(band.highest, rate / 2 - _LOBE * rate / count)
    bins = range(math.floor(band.lowest * count / rate), math.ceil(highest * count / rate) + 1)
    squares = _mean_squares(samples, count)
    if not bins or not squares:
        return Line(0.0, 0.0, 0.0)
    found = max(bins, key=squares.__getitem__)
    return Line(math.sqrt(squares[found]), found * rate / count, highest)


def _mean_squares(samples: Sequence[float], count: int) -> list[float]:
    """Return the mean square of the amplitude at each bin over all segments; empty for no whole one."""
    segments = [
        _windowed(samples[begin : begin + count]) for begin in range(0, len(samples) - count + 1, count // 2)
    ]
    total = [0.0] * (count // 2)
    for first, second in zip(segments[::2], [*segments[1::2], [0.0] * count], strict=False):
        # Two real series in one transform: their spectra are its even and its odd part.
        both = _transform([complex(one, other) for one, other in zip(first, second, strict=True)])
        for place in range(1, count // 2):
            here, mirrored = both[place], both[count - place].conjugate()
            total[place] += (abs(here + mirrored) ** 2 + abs(here - mirrored) ** 2) / 4
    scale = (2 / sum(_window(count))) ** 2
    return [scale * each / len(segments) for each in total] if segments else []


def _windowed(segment: Sequence[float]) -> list[float]:
    """Take the straight line of least squares from a segment, and weigh it."""
    count = len(segment)
    middle, mean = (count - 1) / 2, sum(segment) / count
    slope = sum((place - middle) * value for place, value in enumerate(segment))
    slope /= count * (count * count - 1) / 12
    return [
        weight * (value - mean - slope * (place - middle))
        for place, (weight, value) in enumerate(zip(_window(count), segment, strict=True))
    ]


@lru_cache(maxsize=4)
def _window(count: int) -> tuple[float, ...]:
    step = 2 * math.pi / count
    return tuple(
        sum(term * math.cos(order * step * place) for order, term in enumerate(_FLAT_TOP))
        for place in range(count)
    )


@lru_cache(maxsize=16)
def _twiddles(count: int) -> tuple[complex, ...]:
    return tuple(cmath.exp(-2j * math.pi * place / count) for place in range(count // 2))


def _transform(values: list[complex]) -> list[complex]:
    """Return the discrete Fourier transform of a power of two of values."""
    count = len(values)
    if count == 1:
        return values
    even, odd = _transform(values[::2]), _transform(values[1::2])
    turned = [factor * value for factor, value in zip(_twiddles(count), odd, strict=True)]
    pairs = list(zip(even, turned, strict=True))
    return [one + other for one, other in pairs] + [one - other for one, other in pairs]
