"""When something that comes and goes is there. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

__all__ = ["ALWAYS", "NEVER", "Window"]


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin` on for `length`, and again after each `period`, which is longer; all in seconds.

    A `length` of `inf` never ends, a `period` of `inf` never comes again.
    """

    begin: float
    length: float = inf
    period: float = inf

    def holds(self, now: float) -> bool:
        return any(start <= now < end for start, end in self._around(now))

    def next_change(self, now: float) -> float:
        """Return the first moment after `now` at which it begins or ends, `inf` if there is none."""
        return min((edge for span in self._around(now) for edge in span if edge > now), default=inf)

    def _around(self, now: float) -> Iterator[tuple[float, float]]:
        """List the span in which `now` may be and the next; rounding may put `now` into either."""
        number = max(0, int((now - self.begin) // self.period))
        for start in (self._start(number), self._start(number + 1)):
            yield start, start + self.length

    def _start(self, number: int) -> float:
        return self.begin + number * self.period if number else self.begin


ALWAYS = Window(0.0)
NEVER = Window(0.0, 0.0)
