"""Who commands the fleet, and what it can give."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from api.schemas.authority import Command, FrontSetpointView
from api.schemas.base import MAX_KILOWATTS, Address, Answer, Body, Moment
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.reach import Cause
from netstab.dispatch.unit_status import Availability

__all__ = [
    "CapacityQuery",
    "CapacityView",
    "DispatchView",
    "EmsView",
    "FailsafeView",
    "FleetWearView",
    "FrontView",
    "KeptView",
    "LimitAnswer",
    "LimitBody",
    "LimitView",
    "LimitsView",
    "MeterView",
    "MissingView",
    "NeedsHandsView",
    "OutOfReachView",
    "PowerSource",
    "UnitsView",
]


class PowerSource(StrEnum):
    """Where the active power comes from."""

    METER = "meter"
    MINERS = "miners"


class EmsView(Answer):
    """The EMS as it is heard; a time-out of 0 s never counts it as silent."""

    last_command: Moment | None
    timeout_seconds: float
    silent: bool


class MeterView(Answer):
    """The site meter's newest reading; power and age are null before the first."""

    power_kw: float | None
    age_seconds: float | None
    error: str | None


class FailsafeView(Answer):
    """The failsafe in force."""

    since: Moment
    action: FailsafeAction


class KeptView(Answer):
    """Miners that keep a target out of reach for one cause, and the power they keep from it or add to it."""

    reason: Cause
    units: int
    power_kw: float


class OutOfReachView(Answer):
    """What can be had of a target that is out of reach, from least to most, and what keeps the rest."""

    sentence: str
    target_power_kw: float
    reachable_power_kw: float
    minimum_power_kw: float
    kept: list[KeptView]


class LimitView(Answer):
    """A limit in force: what its source allows at most, and until when; null: until it is lifted."""

    source: str
    power_kw: float
    until: Moment | None
    since: Moment
    command_id: str


class LimitsView(Answer):
    """The limits in force. Under a manual override they are kept and not applied."""

    limits: list[LimitView]


class LimitBody(Body):
    """What may be drawn at most, and until when by the server's clock; null: until it is lifted."""

    power_kw: Annotated[float, Meta(ge=0, le=MAX_KILOWATTS)]
    until: Annotated[datetime, Meta(tz=True)] | None = None


class LimitAnswer(Answer):
    """What was done about a limit."""

    success: bool
    message: str


class FleetWearView(Answer):
    """How often a miner was begun anew from here in the last 24 hours: the mean of those that take commands.

    It is counted from `since` on, null where no server has counted it yet.
    """

    wakes: float
    restarts: float
    failed_wakes: float
    since: Moment | None


class FrontView(Answer):
    """A way in beside HTTP: what it talks to, since when it is connected, null while it is not.

    `error` is what went wrong last, even if it is connected now; `restarts` counts how often it began anew.
    """

    front: str
    counterpart: str
    connected_since: Moment | None
    error: str | None
    error_at: Moment | None
    restarts: int


class DispatchView(Answer):
    """Who commands the fleet, to what power, and what is on its way.

    `target_power_kw` is the setpoint, `pursued_power_kw` what limits leave of it, and `binding_limit` the
    source of the limit that does so, null where none leaves less.
    `setpoints` is what each way in wants, `fronts` how those beside HTTP are connected.
    `out_of_reach` is null where the target can be had.
    `pending_up_kw` is woken and not hashing yet, `pending_down_kw` still drawn by miners told to sleep.
    """

    in_command: Command
    since: Moment | None
    command_id: str | None
    target_power_kw: float | None
    pursued_power_kw: float | None
    binding_limit: str | None
    limits: list[LimitView]
    tolerance_percent: float
    ramp_up_kw_per_second: float
    ramp_down_kw_per_second: float
    expected_power_kw: float
    pending_up_kw: float
    pending_down_kw: float
    out_of_reach: OutOfReachView | None
    power_source: PowerSource
    meter: MeterView | None
    ems: EmsView
    failsafe: FailsafeView | None
    wear: FleetWearView
    fronts: list[FrontView]
    setpoints: list[FrontSetpointView]


class UnitsView(Answer):
    """How many miners are in which condition; those that are `not_controllable` are only read."""

    total: int
    available: int
    on: int
    in_transition: int
    held: int
    failed: int
    not_controllable: int


class MissingView(Answer):
    """Miners that dispatch may not use, for one reason, and their rated power."""

    reason: Availability
    units: int
    power_kw: float


class NeedsHandsView(Answer):
    """A miner that somebody has to go and look at."""

    miner_id: Address
    name: str
    reason: str
    since: Moment


class FlexibilityView(Answer):
    """What can be had above and below what is drawn now, within so many seconds of an order."""

    within_seconds: int
    up_kw: float
    down_kw: float


class CapacityQuery(Body):
    hands: (
        Annotated[int, Meta(ge=0, le=100_000, description="Most to list that need hands; all without")] | None
    ) = None


class CapacityView(Answer):
    """What can be ordered and expected now, how soon, and what is missing from it.

    `lowest_power_kw` is the least that can be held above the minimum, and from it power moves in steps of
    `power_step_kw`; both are 0 while no unit can be used. `fleet_id` tells this fleet from any other, null
    while another server leads it; `fleets_below` are those that are units of it, or of its units. Of the
    available units `self_tuning_units` are told no power, as who sets his own: they count for what is drawn.
    `flexibility` says what comes within 4 s, 10 s, 60 s and 10 min, by what is known of these units' starts.
    """

    at: Moment
    fleet_id: str | None
    fleets_below: list[str]
    rated_power_kw: float
    reachable_power_kw: float
    minimum_power_kw: float
    lowest_power_kw: float
    power_step_kw: float
    seconds_to_maximum: int
    seconds_to_minimum: int
    ramp_up_kw_per_second: float
    ramp_down_kw_per_second: float
    units: UnitsView
    self_tuning_units: int
    flexibility: list[FlexibilityView]
    passed_over: list[MissingView]
    needs_hands: list[NeedsHandsView]
