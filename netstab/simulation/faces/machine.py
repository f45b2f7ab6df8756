"""The one model of a device behind all faces: what it does and draws, and what it was asked. Pure.

Time is handed in, in seconds of physics. What a family calls things is its face's business.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import NamedTuple

from netstab.simulation.physics import Stage
from netstab.simulation.tunable import Law, TunableMiner

__all__ = ["Agent", "Build", "Machine", "Port", "Touch", "Trouble"]

_KEPT = 256  # the newest reads, and as many writes
_MOVES_AT_ONCE = 1000


class Port(StrEnum):
    """The ports that all devices of a site have in common: 4028, 80 and 4433 of real ones."""

    API = "api"
    WEB = "web"
    FRAMED = "framed"


class Trouble(StrEnum):
    """What is wrong with one port."""

    SILENT = "silent"  # accepts, and never answers
    GARBAGE = "garbage"  # answers what is no answer
    CLOSES_EARLY = "closes early"  # within its answer; a framed one after the length
    REFUSES = "refuses"  # nobody listens


class Touch(NamedTuple):
    """One request as the device took it: its moment in physics time, its port and text.

    `forbidden` says why nobody who dispatches may ever ask for it, "" where he may.
    """

    at: float
    port: Port
    text: str
    write: bool
    forbidden: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """One machine as it was built: W and GH/s at full power, W at its lowest, and how it moves.

    `told` is what it tells of what it draws, as a share.
    """

    model: str
    mac: str
    full: float
    hashrate: float
    lowest: float
    law: Law
    told: float = 1.0


@dataclass(frozen=True, slots=True)
class Agent:
    """What moves a machine's power by itself: after each `every` seconds to what `move` says, in W."""

    name: str
    every: float
    move: Callable[["Machine"], float]


class Machine(TunableMiner):
    """One device: `TunableMiner` with what it tells, what moves it, what is wrong, and what it was asked."""

    def __init__(self, build: Build, rng: Random, *, asleep: bool = False) -> None:
        super().__init__(build.law, build.full, rng, asleep=asleep)
        self.build, self.random = build, rng
        self.agent: Agent | None = None
        self._moved = 0.0
        self.troubles: dict[Port, Trouble] = {}
        self.clients: Counter[Port | int] = Counter()  # connections that are open now, by port
        self.reads: deque[Touch] = deque(maxlen=_KEPT)
        self.writes: deque[Touch] = deque(maxlen=_KEPT)
        self.forbidden: list[Touch] = []

    @property
    def hashing(self) -> bool:
        return self.stage is Stage.HASHING

    @property
    def asleep(self) -> bool:
        return self.stage is Stage.DOWN

    @property
    def powered(self) -> bool:
        return self.stage is not Stage.OFF

    @property
    def told_power(self) -> float:
        """What it says that it draws, in W."""
        return self.power * self.build.told

    @property
    def hashrate(self) -> float:
        """GH/s, as its power is above its idle draw."""
        if not self.hashing:
            return 0.0
        idle, full = self.law.idle, self.build.full * self.law.share
        return max(0.0, self.build.hashrate * (self.power - idle) / (full - idle))

    @property
    def elapsed(self) -> float:
        """Seconds since it began to start."""
        return 0.0 if self.asleep or not self.powered else self.now - self.started

    def advance(self, now: float) -> None:
        """Go to `now`, with all that its agent does on the way."""
        for _ in range(_MOVES_AT_ONCE):
            agent = self.agent
            if agent is None or self._moved + agent.every > now:
                break
            self._moved += agent.every
            super().advance(self._moved)
            if self.ramped and (sought := agent.move(self)) != self.target:
                self.tune(sought)
        super().advance(now)

    def set_agent(self, agent: Agent | None) -> None:
        """Let something move it from now on, or nothing."""
        self.agent, self._moved = agent, self.now

    def note(self, port: Port, text: str, *, write: bool = False, forbidden: str = "") -> None:
        """Keep what it was asked; what is forbidden is kept for good."""
        touch = Touch(self.now, port, text, write or bool(forbidden), forbidden)
        (self.writes if touch.write else self.reads).append(touch)
        if forbidden and len(self.forbidden) < _KEPT:
            self.forbidden.append(touch)
