"""What the MeterActor publishes of the site meter: one immutable value that any thread may read."""

from dataclasses import dataclass

from netstab.meters.port import MeterReading
from netstab.units import Seconds, Timestamp, Watts

__all__ = ["MeterBoard", "MeterFault", "MeterState"]


@dataclass(frozen=True, slots=True)
class MeterFault:
    """Why the meter could not be read, and when it was asked.

    A `reversed` meter answers, with its sign turned round: what it showed before holds no longer.
    """

    text: str
    at: Timestamp
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class MeterState:
    """The last good reading and the last fault, each None before the first; the meter is read since `since`.

    A reading as old as `stale_after` counts for nothing.
    """

    since: Timestamp
    stale_after: Seconds
    reading: MeterReading | None = None
    last_fault: MeterFault | None = None

    def age(self, now: Timestamp) -> Seconds:
        """Return how long there was no good reading."""
        return Seconds(now - (self.reading.at if self.reading else self.since))

    def power(self, now: Timestamp) -> Watts | None:
        """Return the metered power, None while there is none that counts."""
        if self.reading is None or self.age(now) >= self.stale_after or self.reversed:
            return None
        return self.reading.power

    @property
    def reversed(self) -> bool:
        """Whether the meter shows its figures with the sign turned round."""
        return self.fault is not None and self.fault.reversed

    @property
    def fault(self) -> MeterFault | None:
        """Why the meter fails, None once it was read again."""
        fault, reading = self.last_fault, self.reading
        return None if fault is None or (reading is not None and reading.at > fault.at) else fault


class MeterBoard:
    """Holds the newest state. Replacing one reference is atomic: readers need no lock."""

    def __init__(self, state: MeterState) -> None:
        self.state = state
