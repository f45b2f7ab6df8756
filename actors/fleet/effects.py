"""What the fleet's machine asks of whoever carries it out, and the parts of its second. Values only."""

from dataclasses import dataclass

from actors.fleet.learning import Measurements
from actors.messages import ActionEnded, ManualCommand, ReleaseControl, SetTarget
from events.commands import Command, EnterFailsafe
from events.state import FleetState, RegisteredMiner
from netstab.dispatch.plan import Plan
from netstab.units import MinerId, Version

__all__ = [
    "CommandRecorded",
    "Effect",
    "Follow",
    "IdentifyMiner",
    "Learn",
    "OrderFailsafe",
    "RecordAction",
    "RecordMeasurements",
    "RecordRestored",
    "Refresh",
    "Review",
    "StartMiner",
    "StopMiner",
    "TellDue",
    "TellMiner",
    "WatchEms",
    "WithdrawHold",
]


@dataclass(frozen=True, slots=True)
class CommandRecorded:
    """To the machine: a command is durable at `version`; `before` is the state that it found."""

    command: Command
    version: Version
    before: FleetState
    operation: tuple[MinerId, ManualCommand] | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """To the machine: follow what a command, which is durable, has come to; `plan` is what it orders."""

    command: Command
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class WatchEms:
    """To the machine, once a second: see whether the EMS has fallen silent."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """To the machine, once a second: see whether all miners are known, and plan anew what is stale."""


@dataclass(frozen=True, slots=True)
class Learn:
    """To the machine, once a second: take in what reports and meter teach."""


@dataclass(frozen=True, slots=True)
class Review:
    """To the machine, once a second: hold what is to be expected against the target."""


@dataclass(frozen=True, slots=True)
class TellDue:
    """To the machine, at every tick: let out what ramp limit and staggered start allow by now."""


@dataclass(frozen=True, slots=True)
class TellMiner:
    """Send a message to a miner's actor."""

    miner_id: MinerId
    message: SetTarget | ReleaseControl | ManualCommand


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
class RecordAction:
    """Record what became of a step, soon."""

    news: ActionEnded


@dataclass(frozen=True, slots=True)
class RecordMeasurements:
    """Record what was learned; where it cannot be recorded it is learned again."""

    found: Measurements


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
class OrderFailsafe:
    """Command the failsafe, as any other command."""

    command: EnterFailsafe


Effect = (
    TellMiner
    | IdentifyMiner
    | StartMiner
    | StopMiner
    | RecordAction
    | RecordMeasurements
    | RecordRestored
    | WithdrawHold
    | OrderFailsafe
)
