"""The regulation signal that the bench comes with, and one of a file: per unit from -1 to 1. Pure."""

from math import exp, sqrt
from random import Random

from netstab.errors import SettingsError

__all__ = ["read_signal", "reverting"]

_SPREAD = 0.5  # per unit, of a signal that is not clipped


def reverting(chance: Random, seconds: int, every: int, reversion: float) -> list[float]:
    """Return a value for each step of a signal that goes at random and forgets its way in `reversion` s.

    It begins at 0 and is clipped at its ends, as an operator's is.
    """
    keeps = exp(-every / reversion)
    value, values = 0.0, []
    for _ in range(seconds // every):
        values.append(round(min(1.0, max(-1.0, value)), 4))
        value = keeps * value + _SPREAD * sqrt(1 - keeps**2) * chance.gauss(0.0, 1.0)
    return values


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
