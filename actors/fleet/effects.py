"""What the fleet's machine asks of whoever carries it out. Values only.

What is to be recorded of miners (`ActionEnded`, `Measurements`) stands for itself.
"""

from dataclasses import dataclass

from actors.fleet.learning import Measurements
from actors.messages import ActionEnded, ManualCommand, ReleaseControl, SetTarget
from events.commands import EnterFailsafe, Release
from events.state import RegisteredMiner, Source
from netstab.units import MinerId, Version

__all__ = [
    "Effect",
    "GoOn",
    "IdentifyMiner",
    "OwnCommand",
    "RecordRestored",
    "StartMiner",
    "StopMiner",
    "TellMiner",
    "WithdrawHold",
]


@dataclass(frozen=True, slots=True)
class TellMiner:
    """Send a message to a miner's actor."""

    miner_id: MinerId
    message: SetTarget | ReleaseControl | ManualCommand


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on telling miners, once those have been heard who wait already."""


@dataclass(frozen=True, slots=True)
class IdentifyMiner:
    """Have it found out what a miner is."""

    miner_id: MinerId


@dataclass(frozen=True, slots=True)
class StartMiner:
    """Have a miner's actor started; one that lives on is left alone. It has hashed for so many `hours`."""

    miner: RegisteredMiner
    hours: float


@dataclass(frozen=True, slots=True)
class StopMiner:
    """Have a miner's actor stopped, and forget what it has reported."""

    miner_id: MinerId


@dataclass(frozen=True, slots=True)
class RecordRestored:
    """Record that a miner is set as its owner had it."""

    miner_id: MinerId


@dataclass(frozen=True, slots=True)
class WithdrawHold:
    """Record that a miner refused what the command of that version held it for."""

    miner_id: MinerId
    version: Version


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """Carry out what time or silence calls for, recorded as a command of that source."""

    command: EnterFailsafe | Release
    source: Source


Effect = (
    TellMiner
    | GoOn
    | IdentifyMiner
    | StartMiner
    | StopMiner
    | ActionEnded
    | Measurements
    | RecordRestored
    | WithdrawHold
    | OwnCommand
)
