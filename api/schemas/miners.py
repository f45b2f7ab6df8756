"""One miner: as the list shows it, as its actor publishes it, and what an operator may do to it."""

from typing import Literal

from actors.report import Phase, Step
from api.schemas.base import Address, Answer, Body, Moment
from events.commands import MinerAction
from events.state import HoldKind
from netstab.devices.port import Activity

__all__ = [
    "ActorView",
    "AttemptView",
    "CommandedView",
    "Control",
    "ControlAnswer",
    "DesiredView",
    "FindModeAnswer",
    "HoldView",
    "LastError",
    "MinerStatus",
    "MinimumTimeView",
    "ObservedView",
    "WearView",
]


class MinerStatus(Answer):
    """One miner in the dashboard's list; `target_power_kw` is null while dispatch wants nothing of it."""

    miner_id: Address
    name: str
    is_online: bool
    is_mining: bool
    power_kw: float
    rated_power_kw: float
    target_power_kw: float | None
    last_update: Moment | None
    error: str | None


class Control(Body):
    """`stop` puts the miner under the operator's hold, `start` gives it back to dispatch."""

    action: MinerAction


class ControlAnswer(Answer):
    """The miner took the action."""

    success: bool
    miner_id: Address
    action: MinerAction
    message: str


class FindModeAnswer(Answer):
    """Whether the miner's LEDs blink now."""

    success: bool
    miner_ip: Address
    message: str
    is_enabled: bool


class DesiredView(Answer):
    """What the fleet wants of the miner, and by the order of which version of the log."""

    running: bool
    frequency_mhz: int | None
    setting: str | None
    order: int
    since: Moment


class CommandedView(Answer):
    """The last step that was sent to the device."""

    step: Step
    frequency_mhz: int | None
    setting: str | None
    order: int
    at: Moment


class ObservedView(Answer):
    """What the device last showed; `seen_at` is its last answer.

    `self_tuning` says why its power is not set from here, as the agent that moves it; else null.
    """

    phase: Phase
    since: Moment
    seen_at: Moment | None
    activity: Activity | None
    power_kw: float
    hashrate_ghs: float | None
    frequency_mhz: int | None
    setting: str | None
    self_tuning: str | None


class HoldView(Answer):
    """The operator's hold on the miner, and the command that set it."""

    kind: HoldKind
    frequency_mhz: int | None
    setting: str | None
    command_id: str
    since: Moment


class AttemptView(Answer):
    """A step that failed, how often in a row, and when it may be tried again."""

    step: Step
    failures: int
    next_at: Moment


class LastError(Answer):
    """The last thing that went wrong with the miner."""

    kind: str
    message: str
    at: Moment


class WearView(Answer):
    """How often the miner was begun anew from here in the last 24 hours, as far as it is counted.

    `restarts` are changes of its setting that restart it, restarts and reboots. `failed_wakes` of the `wakes`
    led to no hashing. It is counted from `since` on, null where no server has counted it yet.
    """

    wakes: int
    restarts: int
    failed_wakes: int
    since: Moment | None


class MinimumTimeView(Answer):
    """The minimum time that dispatch leaves the miner on, or off, for, and its end.

    Standby and limits do not wait for it.
    """

    stays: Literal["on", "off"]
    until: Moment


class ActorView(Answer):
    """One miner's actor, from what it last published: the answer does not wait for it.

    `age_seconds` says how old that is; it is null, like what depends on it, before the first report. A
    `setting` is what a miner is set to in the terms of its make: `650 MHz`, `2,940 W`, `profile 190MHz`.
    `not_controllable` says why commands to the miner are refused, null where they are taken; `offers` are
    the kinds of commands to it alone that its firmware has a way for, none where it is not controllable.
    """

    miner_id: Address
    published_at: Moment | None
    age_seconds: float | None
    desired: DesiredView | None
    commanded: CommandedView | None
    observed: ObservedView | None
    in_transition: Step | None
    settled: bool
    hold: HoldView | None
    back_off: list[AttemptView]
    last_error: LastError | None
    poll_latency_seconds: float | None
    consecutive_failures: int
    running_hours: float
    wear: WearView
    minimum_time: MinimumTimeView | None
    inbox_length: int | None
    restarts: int
    not_controllable: str | None
    offers: list[Literal["switch", "frequency", "restart", "find"]]
