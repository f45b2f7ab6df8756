"""What dispatch knows of one miner at one moment."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import NamedTuple, Self

from netstab.dispatch.condition import Condition
from netstab.power.unit import Unit
from netstab.units import Watts

__all__ = ["FREE", "Availability", "Bound", "UnitStatus"]


class Availability(StrEnum):
    """Whether dispatch may use a miner, or what stands in the way."""

    AVAILABLE = "available"
    UNREACHABLE = "unreachable"
    HELD = "held"
    FAILED_TO_WAKE = "failed_to_wake"
    DOES_NOT_STOP = "does_not_stop"  # it was told to sleep and hashes on
    NOT_CONTROLLABLE = "not_controllable"
    TAKES_NO_ORDERS = "takes_no_orders"  # it answers, and is to be left alone
    CLOSED = "closed"  # it answers, and takes nothing from here until somebody opens it or lets go of it
    LOCKED = "locked"  # the web server answers 401
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Two or three words for a list."""
        return _IN_WORDS[self][0]

    @property
    def predicate(self) -> str:
        """What a sentence says of the miner."""
        return _IN_WORDS[self][1]


_IN_WORDS = {
    Availability.AVAILABLE: ("available", "is available"),
    Availability.UNREACHABLE: ("unreachable", "is unreachable"),
    Availability.HELD: ("held", "is held"),
    Availability.FAILED_TO_WAKE: ("failed to wake", "does not wake"),
    Availability.DOES_NOT_STOP: ("not stopping", "does not stop"),
    Availability.NOT_CONTROLLABLE: ("not controllable", "is not controllable"),
    Availability.TAKES_NO_ORDERS: ("taking no orders", "does not take orders"),
    Availability.CLOSED: ("closed to commands", "does not take commands"),
    Availability.LOCKED: ("locked", "is locked"),
    Availability.UNKNOWN: ("not seen yet", "was not seen yet"),
}


class Bound(NamedTuple):
    """What a miner was put through lately: it stays running or idle, or keeps its point."""

    stays: bool = False
    keeps_point: bool = False


FREE = Bound()


@dataclass(frozen=True, slots=True)
class UnitStatus(Unit):
    """`measured_power` is the whole machine's, idle draw included.

    `reason` says in words why a miner that is not available is not. `condition` is what of an available one
    is to be recorded with a decision.
    """

    measured_power: Watts
    hashing: bool
    availability: Availability
    reason: str
    condition: Condition | None = field(default=None, kw_only=True)

    def drawing(self, power: Watts) -> Self:
        """Return the same miner at another `measured_power`: `replace` takes eight times as long."""
        other = self._copied()
        object.__setattr__(other, "measured_power", power)
        return other

    def found(self, condition: Condition, certainty: float) -> Self:
        """Return the same miner in another condition, of which no more than its certainty depends."""
        other = self._copied()
        object.__setattr__(other, "condition", condition)
        object.__setattr__(other, "certainty", certainty)
        object.__setattr__(other, "_at_full", None)
        return other

    def _copied(self) -> Self:
        other = object.__new__(type(self))
        for slot in _SLOTS:
            slot.__set__(other, slot.__get__(self))
        return other


_SLOTS = tuple(getattr(UnitStatus, each.name) for each in fields(UnitStatus))
