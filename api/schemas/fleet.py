"""The fleet's status and health."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from actors.snapshot import FleetPhase
from api.schemas.base import Answer, Failure, Moment
from netstab.power.allocation import PowerMode

__all__ = ["Check", "CheckName", "FleetStatus", "Health", "NotReady", "Readiness", "Role", "Services"]


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
    """Which parts are alive; `awesome_miner` whether it was read lately, `disabled` where none is set."""

    miner_discovery: bool
    fleet_manager: bool
    awesome_miner: bool | Literal["disabled"]


class Role(StrEnum):
    """Of several servers on one log one leads the fleet; a standby only reads."""

    LEADER = "leader"
    STANDBY = "standby"


class Health(Answer):
    """Whether the service can do its work: it leads, its parts live, and the fleet is not in fault.

    `clock_errors` says when the host's clock was set lately, or is behind the log; times may mislead then.
    """

    healthy: bool
    role: Role
    mode: str
    network_cidr: str
    services: Services
    miners_registered: int
    miners_online: int
    fleet_state: FleetPhase
    clock_errors: list[str]
    timestamp: Moment


class CheckName(StrEnum):
    """What a server must be to be ready: the leader, on time, able to record, its clock right."""

    LEADING = "leading"
    CONTROL_LOOP = "control_loop"
    LOG = "log"
    CLOCK = "clock"


class Check(Answer):
    """One of them; `reason` says why not, and is empty while it holds."""

    name: CheckName
    ok: bool
    reason: str


class Readiness(Answer):
    """A server that is ready."""

    ready: bool
    checks: list[Check]


class NotReady(Failure):
    """One that is not: the shape of every error, and the checks besides."""

    ready: bool
    checks: list[Check]
