"""The fleet's status, health and history."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from actors.snapshot import FleetPhase
from api.schemas.base import Answer, Moment
from events.state import Source
from netstab.power.allocation import PowerMode

__all__ = ["CommandEntry", "FleetStatus", "Health", "History", "HistoryQuery", "Services"]


class FleetStatus(Answer):
    """The fleet as the dashboard shows it."""

    state: FleetPhase
    is_available_for_dispatch: bool
    running_status: Annotated[int, Meta(ge=1, le=2)]
    rated_power_kw: float
    active_power_kw: float
    target_power_kw: float | None
    total_miners: int
    online_miners: int
    mining_miners: int
    manual_override_active: bool
    override_target_power_kw: float | None
    last_update: Moment
    last_ems_command: Moment | None
    errors: list[str]
    power_control_mode: PowerMode


class Services(Answer):
    """Which parts are alive; `awesome_miner` has no part in direct mode."""

    miner_discovery: bool
    fleet_manager: bool
    awesome_miner: str


class Health(Answer):
    """Whether the service can do its work: its parts live and the fleet is not in fault."""

    healthy: bool
    mode: str
    network_cidr: str
    services: Services
    miners_registered: int
    miners_online: int
    fleet_state: FleetPhase
    timestamp: Moment


class HistoryQuery(Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most records to give")] = 100


class CommandEntry(Answer):
    """One recorded command, accepted or refused."""

    timestamp: Moment
    source: Source
    command: str
    parameters: dict[str, Any]
    success: bool
    message: str


class History(Answer):
    """Recorded commands, the newest first."""

    commands: list[CommandEntry]
