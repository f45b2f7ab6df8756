"""Everything that can be asked of the fleet, in the imperative, and the rules by which it is refused.

A command is data; `refusal` is pure. Names and parameters are those that the history shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from events.state import Configuration, FleetState, RegisteredMiner, Source
from netstab.errors import CommandRejected
from netstab.power.allocation import PowerMode
from netstab.units import Megahertz, MinerId, Volts, Watts, kilowatts

__all__ = [
    "Activate",
    "ApplyPower",
    "ChangeConfiguration",
    "Command",
    "ControlMiner",
    "Deactivate",
    "Facts",
    "FindMiner",
    "MinerAction",
    "Origin",
    "RegisterMiners",
    "RemoveMiner",
    "SetFrequency",
    "SetOverride",
    "SetPowerMode",
    "changes_order",
    "ordered_power",
    "refusal",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks: the command's own id (a UUID), its source, and the client's address."""

    command_id: str
    source: Source
    client: str


@dataclass(frozen=True, slots=True)
class Activate:
    """The EMS asks for a power."""

    name: ClassVar[str] = "activate"
    power: Watts

    def parameters(self) -> dict[str, Any]:
        return {"power_kw": kilowatts(self.power)}


@dataclass(frozen=True, slots=True)
class Deactivate:
    """The EMS asks for standby."""

    name: ClassVar[str] = "deactivate"

    def parameters(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class ApplyPower:
    """An operator asks for a power; under override it moves the override's target."""

    name: ClassVar[str] = "apply"
    power: Watts

    def parameters(self) -> dict[str, Any]:
        return {"power_kw": kilowatts(self.power)}


@dataclass(frozen=True, slots=True)
class SetOverride:
    """An operator takes command from the EMS, or gives it back. `target` None stops all miners."""

    name: ClassVar[str] = "override"
    enabled: bool
    target: Watts | None

    def parameters(self) -> dict[str, Any]:
        return {
            "enabled": self.enabled,
            "target_power_kw": None if self.target is None else kilowatts(self.target),
        }


@dataclass(frozen=True, slots=True)
class SetPowerMode:
    name: ClassVar[str] = "power_mode"
    mode: PowerMode

    def parameters(self) -> dict[str, Any]:
        return {"mode": self.mode.value}


@dataclass(frozen=True, slots=True)
class ChangeConfiguration:
    """Replace the runtime configuration; `changed` names the fields that the operator sent."""

    name: ClassVar[str] = "config"
    configuration: Configuration
    changed: tuple[str, ...]

    def parameters(self) -> dict[str, Any]:
        return {name: getattr(self.configuration, name) for name in self.changed}


@dataclass(frozen=True, slots=True)
class RegisterMiners:
    """Add miners to the fleet, or bring what is known of them up to date. `via` is `scan` or `add`."""

    name: ClassVar[str] = "register"
    miners: tuple[RegisteredMiner, ...]
    via: str

    def parameters(self) -> dict[str, Any]:
        return {"via": self.via, "miners": [miner.miner_id for miner in self.miners]}


@dataclass(frozen=True, slots=True)
class RemoveMiner:
    name: ClassVar[str] = "remove"
    miner_id: MinerId

    def parameters(self) -> dict[str, Any]:
        return {"miner_id": self.miner_id}


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

    def parameters(self) -> dict[str, Any]:
        return {"miner_id": self.miner_id, "action": self.action.value}


@dataclass(frozen=True, slots=True)
class SetFrequency:
    """An operator sets one miner's frequency and so holds it; `voltage` None takes the curve's."""

    name: ClassVar[str] = "set_frequency"
    miner_id: MinerId
    frequency: Megahertz
    voltage: Volts | None

    def parameters(self) -> dict[str, Any]:
        return {"miner_id": self.miner_id, "frequency_mhz": self.frequency, "voltage": self.voltage}


@dataclass(frozen=True, slots=True)
class FindMiner:
    """An operator has a miner blink, or stop blinking, to find it in the hall."""

    name: ClassVar[str] = "blink"
    miner_id: MinerId
    enabled: bool

    def parameters(self) -> dict[str, Any]:
        return {"miner_id": self.miner_id, "enabled": self.enabled}


Command = (
    Activate
    | Deactivate
    | ApplyPower
    | SetOverride
    | SetPowerMode
    | ChangeConfiguration
    | RegisterMiners
    | RemoveMiner
    | ControlMiner
    | SetFrequency
    | FindMiner
)


def changes_order(command: Command) -> bool:
    """Whether a command orders a power. An override that ends keeps the power as it is."""
    if isinstance(command, SetOverride):
        return command.enabled
    return isinstance(command, Activate | Deactivate | ApplyPower)


def ordered_power(command: Command) -> Watts | None:
    """Give the power that a command orders, None for standby."""
    match command:
        case Activate(power) | ApplyPower(power):
            return power
        case SetOverride(_, target):
            return target
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the log cannot know of the moment a command arrives."""

    rated_power: Watts
    reachable: int
    initializing: bool


def _power_out_of_bounds(_state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    asked = command.target if isinstance(command, SetOverride) else getattr(command, "power", None)
    if asked is None:
        return None
    field = "activationPowerInKw" if isinstance(command, Activate) else "target_power_kw"
    if asked < 0:
        return CommandRejected("INVALID_POWER", f"{field} must be 0 or more, got {kilowatts(asked)}.")
    if asked > facts.rated_power and facts.rated_power > 0:
        return CommandRejected("INVALID_POWER", "Requested power exceeds rated limits.")
    return None


def _offline(state: FleetState, _command: Command, facts: Facts) -> CommandRejected | None:
    if not state.miners:
        return CommandRejected("FLEET_OFFLINE", "Fleet is offline: no miner is registered.")
    if facts.reachable == 0 and not facts.initializing:
        return CommandRejected(
            "FLEET_OFFLINE", f"Fleet is offline: none of {len(state.miners)} miners is reachable."
        )
    return None


def _override_active(state: FleetState, _command: Command, _facts: Facts) -> CommandRejected | None:
    if state.override is None:
        return None
    return CommandRejected(
        "MANUAL_OVERRIDE", "Manual override is active; EMS commands are refused until it ends."
    )


def _unknown_miner(state: FleetState, command: Command, _facts: Facts) -> CommandRejected | None:
    miner_id = getattr(command, "miner_id", None)
    if miner_id in state.miners:
        return None
    return CommandRejected("UNKNOWN_MINER", f"No miner {miner_id} is registered.")


_Check = Callable[[FleetState, Command, Facts], CommandRejected | None]

_CHECKS: dict[type, tuple[_Check, ...]] = {
    Activate: (_power_out_of_bounds, _offline, _override_active),
    Deactivate: (_override_active,),
    ApplyPower: (_power_out_of_bounds, _offline),
    SetOverride: (_power_out_of_bounds,),
    RemoveMiner: (_unknown_miner,),
    ControlMiner: (_unknown_miner,),
    SetFrequency: (_unknown_miner,),
    FindMiner: (_unknown_miner,),
}


def refusal(state: FleetState, command: Command, facts: Facts) -> CommandRejected | None:
    """Say why the fleet refuses a command now, or None if it takes it.

    Bad input is answered before the fleet's condition: the caller can mend it at any time.
    """
    for check in _CHECKS.get(type(command), ()):
        if (rejected := check(state, command, facts)) is not None:
            return rejected
    return None
