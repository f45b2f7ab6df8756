"""What the fleet offers a CEM to choose from, and the messages that say so. Pure.

Ids of modes, timers and transitions are UUIDs made of their names: the same in every session and server.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from uuid import UUID, uuid5

from msgspec import UNSET

from netstab.fronts.s2.sent import (
    AllowedLimitRange,
    NumberRange,
    OperationMode,
    PowerConstraints,
    PowerRange,
    SystemDescription,
    Timer,
    Transition,
)
from netstab.units import Seconds, WallTime, Watts, rfc3339

__all__ = ["MIN_OFF", "MIN_ON", "STANDBY", "Mode", "Offer", "constraints", "description", "id_of"]

_NAMES = UUID("5b7e4c86-0c0f-4a53-9d0e-3d8f4f6a5a52")

_SAME = 0.01
"""Of the highest power: less than that is no other offer, for what is drawn by miners that fail moves."""


def id_of(name: str) -> str:
    return str(uuid5(_NAMES, name))


STANDBY, MIN_ON, MIN_OFF = id_of("standby"), id_of("min-on"), id_of("min-off")


@dataclass(frozen=True, slots=True)
class Mode:
    """An operation mode: factor 0 is `low`, 1 is `high`."""

    id: str
    label: str
    low: Watts
    high: Watts

    def power(self, factor: float) -> Watts:
        return Watts(float(round(self.low + factor * (self.high - self.low))))

    def factor(self, power: Watts) -> float:
        """Return the factor whose power is nearest."""
        span = self.high - self.low
        return round(min(1.0, max(0.0, (power - self.low) / span)), 6) if span > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be asked for: nothing but `idle`, or from `lowest` to `highest`, or one of a few `steps`.

    `highest` is `rated`, less what cannot be had now. `steps` are the powers of one running miner, of two and
    so on, where miners are few and only on or off. `wake` is how long it takes from standby to hashing.
    """

    idle: Watts
    lowest: Watts
    highest: Watts
    rated: Watts
    steps: tuple[Watts, ...] = ()
    wake: Seconds = Seconds(0.0)
    min_on: Seconds = Seconds(0.0)
    min_off: Seconds = Seconds(0.0)

    @property
    def modes(self) -> tuple[Mode, ...]:
        """All modes, standby first."""
        return (Mode(STANDBY, "standby", self.idle, self.idle), *self._running())

    def mode(self, mode_id: str) -> Mode | None:
        return next((mode for mode in self.modes if mode.id == mode_id), None)

    def nearest(self, power: Watts) -> Mode:
        """Return the mode that has the power, or one nearest to it."""
        return min(self.modes, key=lambda mode: max(mode.low - power, power - mode.high, 0.0))

    def differs(self, other: "Offer") -> bool:
        """Whether a CEM that was told the other is to be told this one."""
        if [mode.id for mode in self.modes] != [mode.id for mode in other.modes]:
            return True
        if (self.rated, self.wake, self.min_on, self.min_off) != (
            other.rated,
            other.wake,
            other.min_on,
            other.min_off,
        ):
            return True
        moved = (
            max(abs(mine.low - its.low), abs(mine.high - its.high))
            for mine, its in zip(self.modes, other.modes, strict=True)
        )
        return max(moved) > _SAME * other.highest

    def _running(self) -> Iterator[Mode]:
        for count, power in enumerate(self.steps, start=1):
            yield Mode(id_of(f"mining-{count}"), f"{count} mining", power, power)
        if not self.steps and self.highest > self.idle:
            yield Mode(id_of("mining"), "mining", min(self.lowest, self.highest), self.highest)


def description(message_id: str, offer: Offer, now: WallTime) -> SystemDescription:
    """Word the offer for operation mode based control; costs are left out, for nobody has said any."""
    modes = tuple(
        OperationMode(mode.id, mode.label, (PowerRange(mode.low, mode.high),)) for mode in offer.modes
    )
    transitions, timers = tuple(_transitions(offer)), tuple(_timers(offer))
    return SystemDescription(message_id, rfc3339(now), modes, transitions, timers)


def constraints(message_id: str, constraints_id: str, offer: Offer, now: WallTime) -> PowerConstraints:
    """Word the offer for power envelope based control: hashing that is not done is not made up later."""
    upper = AllowedLimitRange("UPPER_LIMIT", NumberRange(offer.idle, max(offer.idle, offer.rated)))
    lower = AllowedLimitRange("LOWER_LIMIT", NumberRange(0.0, 0.0))
    return PowerConstraints(message_id, constraints_id, rfc3339(now), (upper, lower))


def _timers(offer: Offer) -> Iterator[Timer]:
    if offer.min_on:
        yield Timer(MIN_ON, "minimum time on", milliseconds(offer.min_on))
    if offer.min_off:
        yield Timer(MIN_OFF, "minimum time off", milliseconds(offer.min_off))


def _transitions(offer: Offer) -> Iterator[Transition]:
    """From each mode to each other: what miners owe to their minimum times concerns standby alone."""
    for one, other in permutations(offer.modes, 2):
        starts, blocks = _owed(one, other, offer)
        wakes = milliseconds(offer.wake) if offer.wake and other.high > one.high else UNSET
        yield Transition(id_of(f"{one.id} {other.id}"), one.id, other.id, starts, blocks, wakes)


def _owed(one: Mode, other: Mode, offer: Offer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which timers a transition starts, and which block it."""
    on, off = (MIN_ON,) if offer.min_on else (), (MIN_OFF,) if offer.min_off else ()
    if one.id == STANDBY:
        return on, off
    return (off, on) if other.id == STANDBY else ((), ())


def milliseconds(duration: Seconds) -> int:
    return round(duration * 1000)
