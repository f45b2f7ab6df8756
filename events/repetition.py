"""What the EMS says again: which of its commands are repetitions, and their count until it is recorded. Pure.

An EMS repeats its setpoint to say that it still holds. That is heard each time, and recorded together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from events.commands import Activate, Command, Deactivate, Origin
from events.state import FleetState, Order, Source
from netstab.errors import CommandRejected
from netstab.units import Seconds, Timestamp

__all__ = ["LONGEST", "Repetition", "Tally", "period", "repeated_order"]

LONGEST = Seconds(60.0)
"""So long repetitions are counted at most before they are recorded."""

_MOST_KINDS = 32
"""What is repeated at once, by client and answer: beyond them, refusals are recorded one by one."""

Key = tuple[Command, str, str]


def period(ems_timeout: Seconds) -> Seconds:
    """Return how long repetitions are counted: at most half the time after which the EMS counts as silent."""
    return Seconds(min(LONGEST, ems_timeout / 2)) if ems_timeout else LONGEST


def repeated_order(state: FleetState, command: Command, origin: Origin) -> Order | None:
    """Return the order in force if a command of the EMS repeats it and so changes nothing; else None.

    What follows an operator's order, or ends a failsafe, is no repetition whatever its power.
    """
    order = state.order
    if order is None or not order.source == origin.source == Source.EMS:
        return None
    if state.override is not None or state.failsafe is not None:
        return None
    match command:
        case Activate(power):
            return order if order.target == power else None
        case Deactivate():
            return order if order.target is None else None
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Repetition:
    """What was said again `count` times since it was recorded last, from `first` to `last`.

    `repeats` is the id of the command that is on record. `rejected` is its refusal, None if it is accepted.
    """

    command: Command
    origin: Origin
    repeats: str
    begun: Timestamp
    first: Timestamp
    last: Timestamp
    count: int = 0
    rejected: CommandRejected | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts what is repeated, by command, client and answer."""

    running: Mapping[Key, Repetition] = field(default_factory=lambda: MappingProxyType({}))

    def accepted(self, order: Order, command: Command, origin: Origin, now: Timestamp) -> "Tally":
        """Count a repetition of the order in force."""
        key = (command, origin.client, "")
        if key not in self.running and len(self.running) >= _MOST_KINDS:
            key = next((each for each in self.running if not each[2]), key)  # counted for another client
        begun = Repetition(command, origin, order.command_id, now, now, now)
        return self._with(key, _again(self.running.get(key, begun), origin, now))

    @property
    def last(self) -> Timestamp | None:
        """When the newest of what is counted and not recorded yet came, None if there is nothing."""
        return max((each.last for each in self.running.values() if each.count), default=None)

    def refused(
        self, command: Command, origin: Origin, rejected: CommandRejected, now: Timestamp
    ) -> tuple["Tally", bool]:
        """Count a refusal; say whether it was one more of the same, which need not be recorded itself."""
        if origin.source is not Source.EMS or not isinstance(command, Activate | Deactivate):
            return self, False
        key = (command, origin.client, rejected.code)
        known = self.running.get(key)
        if known is not None:
            return self._with(key, _again(known, origin, now)), True
        if len(self.running) >= _MOST_KINDS:
            return self, False
        first = Repetition(command, origin, origin.command_id, now, now, now, rejected=rejected)
        return self._with(key, first), False

    def due(self, after: Seconds, now: Timestamp) -> Mapping[Key, Repetition]:
        """Return what was begun to be counted so long ago."""
        return {key: each for key, each in self.running.items() if now - each.begun >= after}

    def recorded(self, key: Key, now: Timestamp) -> "Tally":
        """Return the tally after one was recorded: a refusal that was repeated goes on being counted."""
        known = self.running[key]
        if known.rejected is not None and known.count:
            return self._with(key, replace(known, begun=now, count=0))
        return Tally(MappingProxyType({other: each for other, each in self.running.items() if other != key}))

    def _with(self, key: Key, repetition: Repetition) -> "Tally":
        return Tally(MappingProxyType({**self.running, key: repetition}))


def _again(known: Repetition, origin: Origin, now: Timestamp) -> Repetition:
    first = known.first if known.count else now
    return replace(known, origin=origin, first=first, last=now, count=known.count + 1)
