"""How often what machines ask for may change, so that the log grows no faster than a bound. Pure.

Each source has a store of changes that fills steadily. What is said again takes nothing from it, and what
stops the fleet is never held back. Who finds the store empty is refused, and is told so: what was accepted is
on record whatever comes after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from events.commands import Activate, Command, LiftLimit, SetLimit, SetPrices, SetSchedule
from events.limits import in_force
from events.state import FleetState, Source
from netstab.units import Timestamp, WallTime

__all__ = ["AT_ONCE", "PER_SECOND", "Pace", "takes_turns"]

AT_ONCE = 36_000
"""Changes that a source may make at once, after it was quiet for five hours: a site's acceptance may well
take ten a second for an hour, and so many are 8 MB of log."""

PER_SECOND = 2.0
"""Changes of a source that the log takes on and on: regulation signals move every 2 s."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What is left of each source's store, and of when that is; a source that is not in it has all."""

    stores: Mapping[Source, tuple[float, Timestamp]] = field(default_factory=lambda: MappingProxyType({}))

    def left(self, source: Source, now: Timestamp) -> float:
        """Return how many changes a source may make now."""
        left, at = self.stores.get(source, (float(AT_ONCE), now))
        return min(float(AT_ONCE), left + PER_SECOND * (now - at))

    def after(self, source: Source, now: Timestamp) -> "Pace":
        """Return the pace after a source has made a change."""
        left = max(0.0, self.left(source, now) - 1.0)
        return Pace(MappingProxyType({**self.stores, source: (left, now)}))


def takes_turns(state: FleetState, command: Command, source: Source, at: WallTime) -> bool:
    """Whether a command that changes something waits for its turn: what machines say, unless it stops all.

    0 W where no power was asked for, or allowed, stops nothing that ran.
    """
    match command:
        case Activate(power):
            own = state.setpoints.get(source)
            return bool(power) or (own is not None and not own.target)
        case SetLimit(name, power):
            limit = in_force(state.limits, at).get(name)
            return bool(power) or (limit is not None and not limit.power)
        case _:
            return isinstance(command, LiftLimit | SetSchedule | SetPrices)
