"""What is said again: which commands are repetitions, and their count until it is recorded. Pure.

A front repeats its setpoint, and a source its limit, to say that it still holds. That is heard each time, and
recorded together: one rule for both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from events.authority import begun_since, commanding
from events.commands import (
    Activate,
    Command,
    Deactivate,
    LiftLimit,
    Origin,
    Release,
    SetLimit,
    SetPrices,
    SetSchedule,
)
from events.limits import in_force
from events.state import FRONTS, FleetState, FrontSetpoint, Limit, Source
from netstab.errors import CommandRejected
from netstab.units import Seconds, Timestamp, WallTime

__all__ = ["LONGEST", "Key", "Repetition", "Tally", "period", "repeated"]

LONGEST = Seconds(60.0)
"""So long repetitions are counted at most before they are recorded."""

_SHORTEST = Seconds(4.0)
"""A limit that ends sooner is recorded each time: what is counted is looked after once a second."""

_MOST_KINDS = 8
"""Orders of a source at once, and refusals of it by the same code: those beyond are counted with one of them.

Limits are no more than there are in force.
"""

Key = tuple[Command, str, str]


def period(ems_timeout: Seconds) -> Seconds:
    """Return how long repetitions are counted: at most half the time after which a front counts as silent."""
    return Seconds(min(LONGEST, ems_timeout / 2)) if ems_timeout else LONGEST


def repeated(
    state: FleetState,
    command: Command,
    origin: Origin,
    at: WallTime,
    priority: Sequence[Source] = FRONTS,
) -> FrontSetpoint | Limit | None:
    """Return the setpoint or the limit that a command only says again; None if it changes something."""
    if isinstance(command, SetLimit):
        return _repeated_limit(state, command, at)
    return _repeated_setpoint(state, command, origin, priority)


def _repeated_limit(state: FleetState, command: SetLimit, at: WallTime) -> Limit | None:
    """Find the limit of the same source and power that ends at the same time, or is refreshed.

    An end that moves on by little is counted too, as long as what is recorded holds meanwhile; one that comes
    nearer, or jumps, is recorded at once.
    """
    limit = in_force(state.limits, at).get(command.limit_source)
    if limit is None or (limit.power, limit.efficiency) != (command.power, command.efficiency):
        return None
    if command.until == limit.until:
        return limit
    if command.until is None or limit.until is None:
        return None
    moved = command.until - limit.until
    return limit if 0 < moved <= LONGEST and limit.until - at >= _SHORTEST else None


def _repeated_setpoint(
    state: FleetState, command: Command, origin: Origin, priority: Sequence[Source]
) -> FrontSetpoint | None:
    """Find the setpoint of a front, in force or waiting, if a command of that front repeats it.

    What follows an operator's order, or ends a failsafe, is no repetition whatever its power; nor is a
    standby that stops a front which has begun since, nor the first word under other priorities, as
    after a restart. An end may move on; one that comes nearer, or jumps, is recorded at once.
    """
    known = state.setpoints.get(origin.source)
    if known is None or state.override is not None:
        return None
    if state.failsafe is not None and state.failsafe.front is origin.source:
        return None
    if not _rules(state, priority):
        return None
    match command:
        case Activate(power, until):
            same = known.target == power and _goes_on(known.until, until)
        case Deactivate():
            same = known.target is None and not begun_since(state.setpoints, priority, known)
        case _:
            same = False
    return known if same else None


def _rules(state: FleetState, priority: Sequence[Source]) -> bool:
    """Whether the front is in command that is to be by these priorities."""
    found = commanding(state.setpoints, priority)
    return found is not None and state.order is not None and found.source is state.order.source


def _goes_on(known: WallTime | None, until: WallTime | None) -> bool:
    """Whether an end is the one that is known, or moves on as where a front says it all the time."""
    if known is None or until is None:
        return known is until
    return 0 <= until - known <= 2 * LONGEST


@dataclass(frozen=True, slots=True)
class Repetition:
    """What was said again `count` times since it was recorded last, from `first` to `last`.

    `command` is as it was said last. `repeats` is the id of the command that is on record. `rejected` is its
    refusal, None if it is accepted. It is to be recorded `within` that time, or sooner.
    """

    command: Command
    origin: Origin
    repeats: str
    begun: Timestamp
    first: Timestamp
    last: Timestamp
    count: int = 0
    rejected: CommandRejected | None = None
    within: Seconds = LONGEST


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts what is repeated, by command, client and answer."""

    running: Mapping[Key, Repetition] = field(default_factory=lambda: MappingProxyType({}))

    def accepted(
        self, said: FrontSetpoint | Limit, command: Command, origin: Origin, at: WallTime, now: Timestamp
    ) -> "Tally":
        """Count a repetition of a setpoint or a limit; `at` is `now` by the host's clock.

        A limit that ends is recorded in half the time that it has left, so that it never ends in between. A
        setpoint ends by a command that is recorded, so that its end may be known here alone (`end_of`).
        """
        key, within = _key(command, origin), LONGEST
        if isinstance(said, Limit) and said.until is not None:
            within = Seconds(min(LONGEST, (said.until - at) / 2))
        if isinstance(said, FrontSetpoint):
            key = self._with_room(key, origin)
        begun = Repetition(command, origin, said.command_id, now, now, now, within=within)
        return self._with(key, _again(self.running.get(key, begun), command, origin, now))

    def last(self, front: Source) -> Timestamp | None:
        """When the newest word of a front came that is counted and not recorded yet, None without one."""
        heard = (each for each in self.running.values() if each.origin.source is front)
        return max((each.last for each in heard if each.count), default=None)

    def end_of(self, setpoint: FrontSetpoint) -> WallTime | None:
        """Return when a setpoint ends, as it was said last, recorded or not."""
        said = [each for each in self.running.values() if each.repeats == setpoint.command_id and each.count]
        newest = max(said, key=lambda each: each.last, default=None)
        until = setpoint.until if newest is None else getattr(newest.command, "until", None)
        return setpoint.until if until is None else until

    def refused(
        self, command: Command, origin: Origin, rejected: CommandRejected, now: Timestamp
    ) -> tuple["Tally", bool]:
        """Count a refusal; say whether it was one more of the same, which need not be recorded itself.

        So is one of another value or client where many were refused alike: it is counted with those.
        """
        if not _is_counted(command, origin):
            return self, False
        key = self._with_room(_key(command, origin, rejected.code), origin)
        known = self.running.get(key)
        if known is not None:
            again = _again(known, command, origin, now)
            return self._with(key, replace(again, rejected=rejected)), True
        first = Repetition(command, origin, origin.command_id, now, now, now, rejected=rejected)
        return self._with(key, first), False

    def due(self, after: Seconds, now: Timestamp) -> Mapping[Key, Repetition]:
        """Return what was begun to be counted so long ago."""
        return {
            key: each for key, each in self.running.items() if now - each.begun >= min(after, each.within)
        }

    def ended_by(self, command: Command, origin: Origin) -> Mapping[Key, Repetition]:
        """Return what is to be recorded before a command that changes something.

        That is what was said of its limit, or else by its front, and before a person's by all of them; of a
        front whatever it says, for that is recorded as it came. Limits of others go on being counted,
        however often an order changes.
        """
        source = getattr(command, "limit_source", None)
        if origin.source in FRONTS:
            fronts: tuple[Source, ...] = (origin.source,)
        else:
            fronts = FRONTS if source is None else ()
        return {
            key: each
            for key, each in self.running.items()
            if each.origin.source in fronts
            or (source is not None and source == getattr(each.command, "limit_source", None))
        }

    def recorded(self, key: Key, now: Timestamp) -> "Tally":
        """Return the tally after one was recorded: a refusal that was repeated goes on being counted."""
        known = self.running[key]
        if known.rejected is not None and known.count:
            return self._with(key, replace(known, begun=now, count=0))
        return Tally(MappingProxyType({other: each for other, each in self.running.items() if other != key}))

    def _with(self, key: Key, repetition: Repetition) -> "Tally":
        return Tally(MappingProxyType({**self.running, key: repetition}))

    def _with_room(self, key: Key, origin: Origin) -> Key:
        """Return the key itself, or one of the same source and answer where there are many of these."""
        if key in self.running:
            return key
        alike = [each for each, known in self.running.items() if _is_alike(each, known, key, origin)]
        return alike[-1] if len(alike) >= _MOST_KINDS else key


def _key(command: Command, origin: Origin, code: str = "") -> Key:
    """Return what is counted together: a limit by itself whoever says it, whatever the end of either."""
    if isinstance(command, SetLimit):
        command = replace(command, until=None)
        return (command, _sender(origin) if code else "", code)
    if isinstance(command, Activate):
        command = replace(command, until=None)
    return (command, _sender(origin), code)


def _sender(origin: Origin) -> str:
    return f"{origin.source} {origin.client} {origin.principal}".rstrip()


def _is_alike(key: Key, known: Repetition, other: Key, origin: Origin) -> bool:
    """Whether both are of a source, and are orders that are accepted, or refused by the same code."""
    is_limit = isinstance(key[0], SetLimit) and not key[2]
    return not is_limit and key[2] == other[2] and known.origin.source is origin.source


def _is_counted(command: Command, origin: Origin) -> bool:
    """Whether refusals of a command are counted: of what machines say again and again."""
    if isinstance(command, SetLimit | LiftLimit | SetSchedule | SetPrices):
        return True
    return origin.source in FRONTS and isinstance(command, Activate | Deactivate | Release)


def _again(known: Repetition, command: Command, origin: Origin, now: Timestamp) -> Repetition:
    first = known.first if known.count else now
    return replace(known, command=command, origin=origin, first=first, last=now, count=known.count + 1)
