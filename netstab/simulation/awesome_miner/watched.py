"""The miners behind a simulated Awesome Miner, and what it knows of each, as of some seconds ago. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Any, Protocol

from netstab.simulation.faces.machine import Build, Machine
from netstab.simulation.tunable import Law

__all__ = ["Rig", "Stops", "View", "Watched", "rig"]

_S9 = Law(idle=51.0, start=(60.0, 130.0), rises=3.0, falls=3.0)


class Rig(Protocol):
    """What is watched: a machine that hashes, in GH/s, and may be put to sleep."""

    @property
    def hashrate(self) -> float: ...

    def advance(self, now: float) -> None: ...

    def sleep(self) -> None: ...

    def wake(self) -> None: ...


class Stops(StrEnum):
    """What comes of a stop that is accepted."""

    SLEEPS = "sleeps"  # within 5 to 30 s
    NOTHING = "nothing"


def rig(seed: int = 0, *, asleep: bool = False) -> Machine:
    """Return a machine that draws and boots as an S9 does."""
    build = Build("Antminer S9", "", 1460.0, 13_600.0, 700.0, _S9)
    return Machine(build, Random(seed), asleep=asleep)  # noqa: S311  # nosec B311


@dataclass(frozen=True, slots=True)
class View:
    """What it knows of one miner since it last asked it, at `at` s of physics."""

    hashrate: float
    at: float
    valid: bool = True


@dataclass
class Watched:
    """One miner of its list. `members` take the place of what would be told of it otherwise.

    `offline`: it cannot be reached, and what is told of it stays as it was. `told` are all actions that it
    was given, `due` are effects that are still to come.
    """

    number: int
    name: str
    hostname: str
    rig: Rig
    stops: Stops = Stops.SLEEPS
    switchable: bool = True
    offline: bool = False
    members: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    told: list[str] = field(default_factory=list)
    due: list[tuple[float, str]] = field(default_factory=list)
    view: View = View(0.0, 0.0)

    def settle(self, now: float) -> None:
        """Go to `now`, with all that was to happen until then."""
        for at, action in sorted(self.due):
            if at <= now:
                self.rig.advance(at)
                (self.rig.sleep if action == "stop" else self.rig.wake)()
        self.due = [(at, action) for at, action in self.due if at > now]
        self.rig.advance(now)

    def look(self, now: float) -> None:
        """Ask the miner how it is: one that is offline keeps what was known, marked as no longer valid."""
        if self.offline:
            self.view = View(self.view.hashrate, self.view.at, valid=False)
        else:
            self.view = View(self.rig.hashrate, now)

    def take(self, action: str, now: float, luck: Random) -> None:
        """Accept an action, whatever comes of it."""
        self.told.append(action)
        if action == "stop" and self.stops is Stops.SLEEPS:
            self.due.append((now + luck.uniform(5.0, 30.0), action))
        elif action == "start":
            self.due.append((now, action))

    @property
    def can(self) -> dict[str, bool]:
        """Say what is offered for it, by what is known of it."""
        runs = self.view.hashrate > 0
        return {"stop": self.switchable and runs, "start": self.switchable and not runs}

    def updated(self, epoch: float) -> str:
        """Return `updatedUtc` with its seven digits, where physics began at `epoch`."""
        at = datetime.fromtimestamp(epoch, UTC) + timedelta(seconds=self.view.at)
        return f"{at:%Y-%m-%dT%H:%M:%S.%f}7Z"
