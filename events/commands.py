"""Everything that can be asked of the fleet, in the imperative. A command is data and decides nothing.

Names are those that the history shows; so are the parameters, under the names of `events.parameters`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from events.state import Configuration, RegisteredMiner, Source
from netstab.dispatch.failsafe import FailsafeAction
from netstab.power.allocation import PowerMode
from netstab.schedules.prices import PriceRule, Rate
from netstab.schedules.schedule import Schedule
from netstab.units import Megahertz, MinerId, Volts, WallTime, Watts

__all__ = [
    "Activate",
    "ApplyPower",
    "ChangeConfiguration",
    "Command",
    "ControlMiner",
    "Deactivate",
    "EnterFailsafe",
    "FindMiner",
    "LiftLimit",
    "MinerAction",
    "Move",
    "MoveMiners",
    "Origin",
    "RegisterMiners",
    "Release",
    "ReleaseCause",
    "RemoveMiner",
    "SetFrequency",
    "SetLimit",
    "SetOverride",
    "SetPowerMode",
    "SetPrices",
    "SetSchedule",
    "changes_order",
    "ordered_power",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks: the command's own id (a UUID), its source, the client's address, and who that is.

    The principal is who the client's token says, empty where none was asked for. `request_id` is what the
    client calls its request by, empty where it gave no id.
    """

    command_id: str
    source: Source
    client: str
    principal: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Activate:
    """A front asks for a power, until a moment by the host's clock or until it says otherwise."""

    name: ClassVar[str] = "activate"
    power: Watts
    until: WallTime | None = None


@dataclass(frozen=True, slots=True)
class Deactivate:
    """A front asks for standby."""

    name: ClassVar[str] = "deactivate"


class ReleaseCause(StrEnum):
    """Why a setpoint ends: the front let go of it, its time was over, or the front fell silent."""

    ASKED = "asked"
    ENDED = "ended"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Release:
    """A front asks for nothing any more: its setpoint ends, and the next front's is in force.

    The server says so for a front whose time is over, or that is silent.
    """

    name: ClassVar[str] = "release"
    cause: ReleaseCause = ReleaseCause.ASKED


@dataclass(frozen=True, slots=True)
class ApplyPower:
    """An operator asks for a power; under override it moves the override's target."""

    name: ClassVar[str] = "apply"
    power: Watts


@dataclass(frozen=True, slots=True)
class SetOverride:
    """An operator takes command from the EMS, or gives it back. `target` None stops all miners."""

    name: ClassVar[str] = "override"
    enabled: bool
    target: Watts | None


@dataclass(frozen=True, slots=True)
class EnterFailsafe:
    """The fleet falls back on what is set for a `front` that is silent; `power` goes with `POWER` alone."""

    name: ClassVar[str] = "failsafe"
    action: FailsafeAction
    power: Watts | None
    silent_since: WallTime
    front: Source = Source.EMS


@dataclass(frozen=True, slots=True)
class SetLimit:
    """A source allows so much to be drawn at most, until a moment by the host's clock or until it is lifted.

    What the source allowed before is replaced. No unit that takes more than `efficiency` J/TH runs for as
    long, None: any may.
    """

    name: ClassVar[str] = "set_limit"
    limit_source: str
    power: Watts
    until: WallTime | None = None
    efficiency: float | None = None


@dataclass(frozen=True, slots=True)
class LiftLimit:
    """A source limits no more."""

    name: ClassVar[str] = "lift_limit"
    limit_source: str


@dataclass(frozen=True, slots=True)
class SetSchedule:
    """An operator enters what is planned; it replaces all that was, if that is still of version `replaces`.

    `replaces` None replaces whatever there is.
    """

    name: ClassVar[str] = "set_schedule"
    schedule: Schedule
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class SetPrices:
    """What energy costs (`actors.planned.priced`), what goes by it, what a PH/s earns in a day.

    None leaves each of them as it is. A `hash_price` of 0 judges no unit by what it earns. With rates goes
    what was `worth` running when the first of them began, in J/TH, None: any unit was.
    """

    name: ClassVar[str] = "set_prices"
    rates: tuple[Rate, ...] | None = None
    rule: PriceRule | None = None
    hash_price: float | None = None
    worth: float | None = None


@dataclass(frozen=True, slots=True)
class SetPowerMode:
    name: ClassVar[str] = "power_mode"
    mode: PowerMode


@dataclass(frozen=True, slots=True)
class ChangeConfiguration:
    """Replace the runtime configuration; `changed` names the fields that the operator sent."""

    name: ClassVar[str] = "config"
    configuration: Configuration
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegisterMiners:
    """Add miners to the fleet, or bring what is known of them up to date.

    `via` is `scan`, of the block `network`; `add`, by an operator; `look`, by the server itself; or
    `awesome_miner`, from its list.
    """

    name: ClassVar[str] = "register"
    miners: tuple[RegisteredMiner, ...]
    via: str
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A machine, known by its MAC, that went from one address to another."""

    mac: str
    old: MinerId
    new: MinerId


@dataclass(frozen=True, slots=True)
class MoveMiners:
    """Registered miners answer at other addresses than before; all go at once, so that two may change places.

    What is registered at a new address gives way, unless it moves as well.
    """

    name: ClassVar[str] = "move"
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class RemoveMiner:
    name: ClassVar[str] = "remove"
    miner_id: MinerId


class MinerAction(StrEnum):
    """What an operator may do to one miner. `stop` holds it for the operator until `start`."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    REBOOT = "reboot"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class ControlMiner:
    """An operator acts on one miner."""

    name: ClassVar[str] = "control"
    miner_id: MinerId
    action: MinerAction


@dataclass(frozen=True, slots=True)
class SetFrequency:
    """An operator sets one miner's frequency and so holds it; `voltage` None takes the curve's."""

    name: ClassVar[str] = "set_frequency"
    miner_id: MinerId
    frequency: Megahertz
    voltage: Volts | None


@dataclass(frozen=True, slots=True)
class FindMiner:
    """An operator has a miner blink, or stop blinking, to find it in the hall."""

    name: ClassVar[str] = "blink"
    miner_id: MinerId
    enabled: bool


Command = (
    Activate
    | Deactivate
    | Release
    | ApplyPower
    | SetOverride
    | EnterFailsafe
    | SetLimit
    | LiftLimit
    | SetSchedule
    | SetPrices
    | SetPowerMode
    | ChangeConfiguration
    | RegisterMiners
    | MoveMiners
    | RemoveMiner
    | ControlMiner
    | SetFrequency
    | FindMiner
)


def changes_order(command: Command) -> bool:
    """Whether a command orders a power. An override that ends keeps the power as it is."""
    if isinstance(command, SetOverride):
        return command.enabled
    if isinstance(command, EnterFailsafe):
        return command.action is not FailsafeAction.HOLD
    return isinstance(command, Activate | Deactivate | Release | ApplyPower)


def ordered_power(command: Command) -> Watts | None:
    """Return the power that a command orders, None for standby."""
    match command:
        case Activate(power) | ApplyPower(power):
            return power
        case SetOverride(_, target):
            return target
        case EnterFailsafe(_, power):
            return power
        case _:
            return None
