"""What the log says of the fleet at one version: everything that outlives a restart.

Measured figures are no part of it. All values are immutable and may be shared between threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from events.orders import FRONTS, Failsafe, FrontSetpoint, Limit, Order, Override, Source
from netstab.devices.models import UNKNOWN, model_named
from netstab.devices.port import Firmware
from netstab.dispatch.statistics import UnitStatistics
from netstab.dispatch.wear import UNWORN, Wear
from netstab.power.allocation import PowerMode, Strategy
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities, OperatingPoint
from netstab.schedules.prices import NO_PRICES, Prices
from netstab.schedules.schedule import EMPTY, Schedule
from netstab.units import MinerId, Setting, WallTime, Watts

__all__ = [
    "FRONTS",
    "Configuration",
    "Failsafe",
    "FleetState",
    "FrontSetpoint",
    "Hold",
    "HoldKind",
    "Limit",
    "Order",
    "Override",
    "RegisteredMiner",
    "Source",
    "as_ordered",
    "moved",
    "without",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The runtime configuration of `/dashboard/api/config`, under its documented names."""

    rated_power_kw_override: float | None = None
    power_distribution_strategy: Strategy = Strategy.EQUAL
    miner_priority: tuple[MinerId, ...] = ()
    max_power_change_rate_kw_per_sec: float = 50.0
    min_miner_power_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class RegisteredMiner:
    """A miner that belongs to the fleet. `home_frequency` is the setting it came with, None if unknown.

    `capabilities` are those that it has told itself, None where its model says all.

    `answered` is False while nothing has ever answered at an address that was added by hand. A `provisional`
    one has not told all of itself yet, as while it boots. A `locked` one has refused our password
    when asked what it is. It draws `power_share` of what its points and its own figure say, by its settings.
    """

    miner_id: MinerId
    api_port: int
    http_port: int
    model: str
    firmware: Firmware
    firmware_version: str
    mac: str
    hostname: str
    rated_power: Watts
    home_frequency: Setting | None
    controllable: bool
    registered_at: WallTime
    answered: bool = True
    provisional: bool = False
    capabilities: Capabilities | None = None
    locked: bool = False
    power_share: float = 1.0

    @property
    def direct(self) -> bool:
        """Whether it is talked to itself: before others Awesome Miner stands."""
        return self.firmware is not Firmware.AWESOME_MINER

    @property
    def points(self) -> Capabilities:
        """What it can be told, by itself or by its model."""
        return self.capabilities or model_named(self.model).capabilities

    def point_of(self, setting: Setting | None) -> OperatingPoint | None:
        """Return what it runs at with that setting; None where either is unknown."""
        return None if setting is None else self.points.point_of(setting)

    @property
    def counts(self) -> bool:
        """Whether it counts in the fleet's rating: it has answered, and is not perhaps one that is known."""
        return self.answered and (bool(self.mac) or not self.provisional)

    @property
    def not_controllable(self) -> str | None:
        """Say why the miner can only be read, None where it can be controlled.

        Earlier versions took models of which nothing is known for controllable, and their logs say so.
        """
        if self.capabilities is not None and self.capabilities.controllable:
            return None
        if not self.direct:
            return "Awesome Miner is only read: AWESOME_MINER_CONTROL is off"
        if self.locked:
            return "it refuses our user name and password: see MINER_USERNAME and MINER_PASSWORD"
        if self.model == UNKNOWN:
            return "its model is not known"
        if not model_named(self.model).known:
            return f"the model {self.model} cannot be controlled"
        return None if self.controllable else f"{self.firmware} firmware cannot be controlled"


class HoldKind(StrEnum):
    """Why dispatch leaves a miner alone. A started one is handed back by the next order of another power."""

    STOPPED = "stopped"
    FREQUENCY = "frequency"
    STARTED = "started"


@dataclass(frozen=True, slots=True)
class Hold:
    """An operator has taken one miner from dispatch, by the command of `version`, and at which setting.

    `before` is the hold that it took the place of, and that holds again if the miner refuses.
    """

    miner_id: MinerId
    kind: HoldKind
    setting: Setting | None
    command_id: str
    since: WallTime
    version: int = 0
    before: "Hold | None" = None


@dataclass(frozen=True, slots=True)
class FleetState:
    """The fleet as the log has it at `version` (0: nothing was recorded yet).

    `meter_scale` is what the site meter shows in units of what the miners are known to draw. `tunings` has
    what miners were set to before they were changed from here, until it is put back. What came before what is
    told by versions: times are what the host's clock showed. Some of `limits`, by their sources, may have
    ended (`events.limits`). `wear` is that of all miners together, counted since `wear_since`, None where no
    server counted it. Of `setpoints`, what each front wants, some may have ended too; the order in force is
    that of one of them. `last_commands` has when each front but the EMS gave its last command.
    """

    version: int
    power_mode: PowerMode
    order: Order | None = None
    override: Override | None = None
    configuration: Configuration = field(default_factory=Configuration)
    miners: Mapping[MinerId, RegisteredMiner] = field(default_factory=lambda: MappingProxyType({}))
    holds: Mapping[MinerId, Hold] = field(default_factory=lambda: MappingProxyType({}))
    last_ems_command: WallTime | None = None
    experience: Mapping[MinerId, UnitStatistics] = field(default_factory=lambda: MappingProxyType({}))
    meter_scale: float = 1.0
    tunings: Mapping[MinerId, Tuning] = field(default_factory=lambda: MappingProxyType({}))
    failsafe: Failsafe | None = None
    last_ems_version: int = 0
    limits: Mapping[str, Limit] = field(default_factory=lambda: MappingProxyType({}))
    wear: Wear = UNWORN
    wear_since: WallTime | None = None
    schedule: Schedule = EMPTY
    prices: Prices = NO_PRICES
    setpoints: Mapping[Source, FrontSetpoint] = field(default_factory=lambda: MappingProxyType({}))
    last_commands: Mapping[Source, WallTime] = field(default_factory=lambda: MappingProxyType({}))


def moved(entries: Mapping[MinerId, T], names: Mapping[MinerId, MinerId]) -> dict[MinerId, T]:
    """Return entries under their miners' new names; what stays at a name that is taken gives way."""
    taken = {names[old] for old in names if old in entries}
    return {
        names.get(miner_id, miner_id): entry
        for miner_id, entry in entries.items()
        if miner_id in names or miner_id not in taken
    }


def without(entries: Mapping[MinerId, T], miner_id: str) -> Mapping[MinerId, T]:
    return MappingProxyType({key: entry for key, entry in entries.items() if key != miner_id})


def as_ordered(state: FleetState, target: Watts | None) -> FleetState:
    """Return the state that an order of `target` W is carried out in: another power ends some holds."""
    repeated = state.order is not None and state.order.target == target
    return state if repeated else replace(state, holds=without_started(state.holds))


def without_started(holds: Mapping[MinerId, Hold]) -> Mapping[MinerId, Hold]:
    """Return the holds that outlive an order of another power."""
    started = HoldKind.STARTED
    if all(hold.kind is not started for hold in holds.values()):
        return holds
    return MappingProxyType({key: hold for key, hold in holds.items() if hold.kind is not started})
