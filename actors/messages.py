"""The messages that actors exchange: commands in the imperative, news in the past tense. All immutable."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event

from msgspec import Struct

from actors.claim import Claim
from actors.report import Step
from events.commands import Command, Origin
from events.state import Source
from netstab.devices.port import Pool, Reading
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.wear import Strain
from netstab.errors import DeviceError
from netstab.power.tuning import Tuning
from netstab.units import MinerId, Seconds, Setting, Timestamp, Version, Volts

__all__ = [
    "ActionEnded",
    "Beat",
    "CommandRequest",
    "CommandResult",
    "DoublesFound",
    "Finished",
    "FrontSilent",
    "KeepTuning",
    "ManualCommand",
    "MinerStarted",
    "PollDue",
    "Polled",
    "PoolsRead",
    "Probed",
    "RecallTuning",
    "ReleaseControl",
    "SetTarget",
    "Tick",
]


@dataclass(frozen=True, slots=True)
class PollDue:
    """To a miner: it is your turn to be polled, and was at `due`."""

    due: Timestamp | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Tick:
    """To the fleet, four times a second; it sets `taken` when it takes it up."""

    taken: Event = field(default_factory=Event, compare=False)


@dataclass(frozen=True, slots=True)
class FrontSilent:
    """To the fleet: the counterpart of a front is lost, as its protocol tells."""

    source: Source


@dataclass(frozen=True, slots=True)
class Beat:
    """To the supervisor and to discovery, every second."""


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """To the fleet, by `ask`: carry out a command unless `deadline` has passed.

    Its `claim` is taken right before it is durable. `reply` gets what a device says of a command to one
    miner: None once it has taken it, or the error.
    """

    command: Command
    origin: Origin
    deadline: Timestamp
    reply: Future[DeviceError | None] | None = None
    claim: Claim = field(default_factory=Claim, compare=False)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The command is durable in the log at `version`, and published; the miners are told right after."""

    command_id: str
    version: int
    message: str


@dataclass(frozen=True, slots=True)
class SetTarget:
    """To a miner: be at this setpoint, for the command of that version."""

    setpoint: Setpoint
    version: Version


@dataclass(frozen=True, slots=True)
class ReleaseControl:
    """To a miner: nothing is wanted of you for now; withdraw what has not been sent."""

    version: Version


@dataclass(frozen=True, slots=True)
class ManualCommand:
    """To a miner, from an operator: do this step now, and then be at this setpoint (None: as before)."""

    step: Step
    setting: Setting | None
    voltage: Volts | None
    setpoint: Setpoint | None
    version: Version
    reply: Future[DeviceError | None]


class Polled(Struct, frozen=True, gc=False):
    """To a miner: the end of a look at its API port, and how long it took."""

    token: int
    outcome: Reading | DeviceError
    latency: Seconds


@dataclass(frozen=True, slots=True)
class Probed:
    """To a miner: the end of a look at its web server."""

    token: int
    outcome: Reading | DeviceError


@dataclass(frozen=True, slots=True)
class PoolsRead:
    """To a miner: the pools it is set to; a failed read is dropped."""

    pools: tuple[Pool, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """To a miner: the end of a step. `outcome` None: taken; False: nothing was to be done; else the error."""

    token: int
    outcome: bool | DeviceError | None


@dataclass(frozen=True, slots=True)
class MinerStarted:
    """To the fleet: this miner's actor is up and knows nothing; tell it what is wanted."""

    miner_id: MinerId


@dataclass(frozen=True, slots=True)
class DoublesFound:
    """To the fleet: these addresses are second ones of machines that are registered at the others."""

    doubles: Mapping[MinerId, MinerId]


@dataclass(frozen=True, slots=True)
class KeepTuning:
    """To the fleet, by `ask`: keep what a miner was set to, before it is changed. True once it is durable."""

    miner_id: MinerId
    tuning: Tuning


@dataclass(frozen=True, slots=True)
class RecallTuning:
    """To the fleet, by `ask`: what is kept of a miner's own tuning, None if nothing is."""

    miner_id: MinerId


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """To the fleet: what became of a step, once that is known. `reason` is "" if it took effect.

    `seconds` passed since the miner had taken it; None if it was not taken. `refused`: an operator has been
    told that it was not, and it will not be carried out. `cut_short`: another step was sent before the effect
    of this one was seen. `strain` is how it began the mining process anew, as far as is known.
    """

    miner_id: MinerId
    step: Step
    version: Version
    reason: str
    at: Timestamp
    seconds: Seconds | None = None
    refused: bool = False
    cut_short: bool = False
    strain: Strain | None = None
