"""The recorded commands, the past, and its proof."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.schemas.authority import Command, SetpointView
from api.schemas.base import Address, Answer, Moment
from api.schemas.configuration import ConfigurationView
from api.schemas.dispatch import LimitView
from events.history import Outcome
from events.state import HoldKind, Source
from netstab.devices.port import Firmware
from netstab.dispatch.delivery import Ending, Result
from netstab.dispatch.failsafe import FailsafeAction
from netstab.power.allocation import PowerMode

__all__ = [
    "CommandEntry",
    "CommandView",
    "DeliveryView",
    "DisobedientMiner",
    "ExportQuery",
    "ExportedCommand",
    "HeadView",
    "HeldMiner",
    "History",
    "HistoryFilter",
    "HistoryQuery",
    "OrderView",
    "OverrideView",
    "PastState",
    "RecordedFailsafe",
    "RegisteredMinerView",
    "StateQuery",
]

CommandName = Literal[
    "activate",
    "deactivate",
    "release",
    "apply",
    "override",
    "failsafe",
    "set_schedule",
    "set_prices",
    "set_limit",
    "lift_limit",
    "power_mode",
    "config",
    "register",
    "move",
    "remove",
    "control",
    "set_frequency",
    "blink",
]
PastMoment = Annotated[datetime, Meta(tz=True)]
_NEWEST = 2**63 - 1  # what the databases number events with


class HistoryFilter(Struct, forbid_unknown_fields=True):
    """Which commands are asked for; everything left out asks for all."""

    source: Source | None = None
    command: CommandName | None = None
    miner_id: (
        Annotated[
            Address, Meta(description="Commands that name this miner, or an address that it had before")
        ]
        | None
    ) = None
    since: Annotated[PastMoment, Meta(description="Included")] | None = None
    until: Annotated[PastMoment, Meta(description="Excluded")] | None = None
    success: bool | None = None


class HistoryQuery(HistoryFilter):
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most records to give")] = 100
    before: (
        Annotated[
            int,
            Meta(ge=1, le=_NEWEST, description="Cursor: the `version` of the last record of the page before"),
        ]
        | None
    ) = None
    detail: Annotated[bool, Meta(description="Add version, ids, client, code, outcome and principal")] = False


class ExportQuery(HistoryFilter):
    format: Annotated[Literal["jsonl", "csv"], Meta(description="JSON Lines, or CSV by RFC 4180")] = "jsonl"


class StateQuery(Struct, forbid_unknown_fields=True):
    at: Annotated[int, Meta(ge=1, le=_NEWEST)] | PastMoment


Principal = Annotated[str, Meta(description="Who the client's token says that it is; empty without one")]
RequestId = Annotated[
    str, Meta(description="What the client called its request by, in X-Request-Id; empty without one")
]


class CommandEntry(Answer):
    """One recorded command, accepted or refused; the last seven keys come with `detail`."""

    timestamp: Moment
    source: Source
    command: str
    parameters: dict[str, Any]
    success: bool
    message: str
    version: int | UnsetType = UNSET
    command_id: str | UnsetType = UNSET
    client: str | UnsetType = UNSET
    code: str | UnsetType | None = UNSET
    outcome: Outcome | UnsetType = UNSET
    principal: Principal | UnsetType = UNSET
    request_id: RequestId | UnsetType = UNSET


class History(Answer):
    """Recorded commands, the newest first."""

    commands: list[CommandEntry]


class ExportedCommand(Answer):
    """One line of an export, the oldest first; in CSV `parameters` is JSON."""

    version: int
    timestamp: Moment
    command_id: str
    source: Source
    client: str
    command: str
    parameters: dict[str, Any]
    success: bool
    code: str | None
    message: str
    outcome: Outcome
    principal: Principal
    request_id: RequestId


class DisobedientMiner(Answer):
    """A miner that did not follow a command, and why."""

    miner_id: Address
    reason: str


class DeliveryView(Answer):
    """What came of a dispatch command while it was watched: `result` in a word, the rest in figures.

    `reaction_delay_seconds` is the time to a tenth of the step, `time_to_band_seconds` that to the tolerance
    band; null if it did not come. The shortfall adds up what was missing at each moment. Of
    `disobedient_total` miners the first are named. `settled_after_seconds` is null if not all was done that
    could be. `limited_by` is the source of the limit that left the target of what was ordered; each time
    limits leave another power, a record begins anew.
    """

    result: Result
    ending: Ending
    begun_at: Moment
    ended_at: Moment
    target_power_kw: float | None
    power_before_kw: float
    power_at_end_kw: float
    reaction_delay_seconds: float | None
    time_to_band_seconds: float | None
    share_in_band: float
    asked_kwh: float
    delivered_kwh: float
    shortfall_kwh: float
    settled_after_seconds: float | None
    limited_by: str | None
    disobedient: list[DisobedientMiner]
    disobedient_total: int


class CommandView(ExportedCommand):
    """One command and what came of it; `delivery` is null while that is not recorded."""

    delivery: DeliveryView | None


class HeadView(Answer):
    """The newest event. Kept elsewhere, it proves later that nothing until then was changed or cut off."""

    version: int
    hash: Annotated[
        str, Meta(description="SHA-256 over the event and, through it, all before", min_length=64)
    ]


class OrderView(Answer):
    """The dispatch command in force; `target_power_kw` null orders standby."""

    target_power_kw: float | None
    command_id: str
    source: Source
    version: int
    since: Moment


class OverrideView(Answer):
    """The operator's command over the EMS; `target_power_kw` null stops all."""

    target_power_kw: float | None
    command_id: str
    since: Moment


class RecordedFailsafe(Answer):
    """What is done about an EMS that fell silent at `silent_since`; `power_kw` goes with `power` alone."""

    since: Moment
    silent_since: Moment
    action: FailsafeAction
    power_kw: float | None
    command_id: str


class HeldMiner(Answer):
    """A miner that an operator has taken from dispatch."""

    miner_id: Address
    kind: HoldKind
    frequency_mhz: int | None
    setting: str | None
    command_id: str
    since: Moment


class RegisteredMinerView(Answer):
    """A miner as it was registered."""

    miner_id: Address
    api_port: int
    http_port: int
    model: str
    firmware: Firmware
    firmware_version: str
    mac: str
    hostname: str
    rated_power_kw: float
    home_frequency_mhz: int | None
    home_setting: str | None
    controllable: bool
    registered_at: Moment


class PastState(Answer):
    """The fleet as the log has it after the event of `version`; measured figures are no part of it."""

    version: int
    target_power_kw: float | None
    order: OrderView | None
    override: OverrideView | None
    failsafe: RecordedFailsafe | None
    limits: list[LimitView]
    in_command: Command
    setpoints: list[SetpointView]
    power_control_mode: PowerMode
    configuration: ConfigurationView
    last_ems_command: Moment | None
    holds: list[HeldMiner]
    miners: list[RegisteredMinerView]
