"""The one form of everything that is planned: a half-open interval of time, and what holds in it."""

import math
from dataclasses import dataclass
from enum import StrEnum

from netstab.units import WallTime, Watts

__all__ = ["ALWAYS", "Interval", "Kind"]


class Kind(StrEnum):
    """A setpoint is pursued; a limit says what may be drawn at most, and raises nothing."""

    SETPOINT = "setpoint"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` on and before `end`, in seconds since the Unix epoch, a `power` in W is planned.

    Of setpoints the highest `priority` holds, then the one that was entered last; of limits the lowest.
    """

    start: WallTime
    end: WallTime
    kind: Kind
    power: Watts
    priority: int = 0
    source: str = "schedule"
    reason: str = ""

    def holds(self, at: WallTime) -> bool:
        return self.start <= at < self.end


ALWAYS = (WallTime(-math.inf), WallTime(math.inf))
"""The start and the end of what holds whenever nothing else does."""
