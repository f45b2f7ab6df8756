"""What was measured, for charts."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.schemas.base import Address, Answer, Moment
from events.telemetry import CONDITIONS
from netstab.dispatch.attribution import Kind, PowerCause

__all__ = [
    "FleetChart",
    "FleetPointView",
    "MinerChart",
    "MinerPointView",
    "PowerChangeView",
    "PowerQuery",
    "PowerSecond",
    "TelemetryQuery",
]


class TelemetryQuery(Struct, forbid_unknown_fields=True):
    """The last 24 hours, unless asked for others."""

    since: Annotated[datetime, Meta(tz=True, description="Included")] | None = None
    until: Annotated[datetime, Meta(tz=True, description="Excluded")] | None = None
    points: Annotated[int, Meta(ge=1, le=2000, description="Most points to give")] = 300


class FleetPointView(Answer):
    """A stretch of time from `at` on: means, and the extremes of power.

    A target of null is standby; a power of null was not known, and no energy is to be made of it.
    """

    at: Moment
    target_power_kw: float | None
    power_kw: float | None
    lowest_power_kw: float | None
    highest_power_kw: float | None
    rated_power_kw: float
    hashrate_ths: float
    total_miners: int
    online_miners: int
    mining_miners: int


class FleetChart(Answer):
    """The fleet over time, the oldest first."""

    points: list[FleetPointView]


class MinerPointView(Answer):
    """One miner at one moment; figures are null where they are not known, which is not 0."""

    at: Moment
    condition: Annotated[str, Meta(extra_json_schema={"enum": list(CONDITIONS)})]
    power_watts: int | None
    hashrate_ghs: int | None
    frequency_mhz: int | None
    temperature_c: int | None


class MinerChart(Answer):
    """One miner over time, the oldest first: of each stretch of time its first snapshot."""

    miner_id: Address
    points: list[MinerPointView]


class PowerQuery(Struct, forbid_unknown_fields=True):
    """The last hour, unless asked for others."""

    since: Annotated[datetime, Meta(tz=True, description="Included")] | None = None
    until: Annotated[datetime, Meta(tz=True, description="Excluded")] | None = None
    only: Annotated[Literal["all", "changes"], Meta(description="All seconds, or those with a change")] = (
        "all"
    )
    format: Annotated[Literal["jsonl", "csv"], Meta(description="JSON Lines, or CSV by RFC 4180")] = "jsonl"


class PowerChangeView(Answer):
    """What units did alike within a second, and why: `order` is the version of a command in the log.

    `miners` names the first of `units`; of a step that only the meter shows there are none.
    """

    cause: PowerCause
    kind: Kind
    step_kw: float
    order: int | None
    units: int
    miners: list[Address]


class PowerSecond(Answer):
    """A second of the fleet. `power_kw` is the meter's while it counts, null where nobody knew it.

    `reported_power_kw` is what the units tell, and `changes` are what of it moved above the noise.
    """

    at: Moment
    target_power_kw: float | None
    power_kw: float | None
    reported_power_kw: float
    changes: list[PowerChangeView]
