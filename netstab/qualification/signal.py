"""The regulation signal that the bench comes with, and one of a file: per unit from -1 to 1. Pure."""

from math import pi, sin
from random import Random

from netstab.errors import SettingsError

__all__ = ["read_signal", "swinging"]


def swinging(chance: Random, seconds: int, every: int, fastest: float) -> list[float]:
    """Return a value for each step of a signal made of waves, the slowest as long as all of it.

    Each has its length a whole number of times in `seconds` down to `fastest` s, a height in proportion to
    its length, and its phase at random. So its mean is 0 over the whole, its largest value is 1 on one side,
    it begins next to 0, and it can be played again without a step.
    """
    steps = seconds // every
    waves = [(turns, chance.uniform(0.0, 2 * pi)) for turns in range(1, max(1, round(seconds / fastest)) + 1)]
    raw = [
        sum(sin(2 * pi * turns * step / steps + phase) / turns for turns, phase in waves)
        for step in range(steps)
    ]
    begins = min(range(steps), key=lambda step: abs(raw[step]))
    largest = max(map(abs, raw))
    return [round(value / largest, 4) for value in raw[begins:] + raw[:begins]]


def read_signal(text: str) -> list[float]:
    """Read a value a line, the last of its columns; a first line of titles is left out.

    Raises `SettingsError` for a line that is no number from -1 to 1, or for none.
    """
    cells = [line.split(",")[-1].strip() for line in text.splitlines() if line.strip()]
    values = []
    for number, cell in enumerate(cells, 1):
        try:
            value = float(cell)
        except ValueError:
            if number > 1:
                raise SettingsError(f"The signal's line {number} is no number: {cell[:40]!r}.") from None
            continue
        if not -1 <= value <= 1:
            raise SettingsError(f"The signal's line {number} is not from -1 to 1: {cell[:40]!r}.")
        values.append(value)
    if not values:
        raise SettingsError("The signal has no value.")
    return values
