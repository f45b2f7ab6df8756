"""Every miner in a few figures, a column at a time: small enough for a page that shows ten thousand."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from actors.report import Phase, Step
from api.schemas.base import Address, Answer, Body
from events.state import HoldKind

__all__ = ["FleetTable", "TableQuery"]


class TableQuery(Body):
    known: (
        Annotated[
            str,
            Meta(
                pattern="^[0-9a-f]{8}-[0-9]{1,15}$",
                description="The version that is known: columns that are as in it are left out",
            ),
        ]
        | None
    ) = None


class FleetTable(Answer):
    """Columns of equal length, in the order of registration.

    Whoever names the `version` that it knows is told the columns that have changed since; of a version that
    this server does not know all are told.

    `since` is when the condition began, in s since 1970. `wanted` says whether dispatch wants the miner to
    hash. `temperature_c` is of the hottest chip. `setting` is what the miner is set to
    in the terms of its make, and `self_tuning` says why its power is not set from here, as the agent of its
    firmware that moves it, null where it may be. `reason` says what stands in the way of a miner or what last
    went wrong with it. `wakes` and `restarts` are those of the last 24 hours, and dispatch leaves it as it is
    for its minimum time until `stays_until`, in s since 1970. Figures are null where they are not known,
    which is not 0.
    """

    version: str
    miner_id: list[Address] | UnsetType = UNSET
    name: list[str] | UnsetType = UNSET
    condition: list[Phase] | UnsetType = UNSET
    since: list[int | None] | UnsetType = UNSET
    in_transition: list[Step | None] | UnsetType = UNSET
    hold: list[HoldKind | None] | UnsetType = UNSET
    wanted: list[bool | None] | UnsetType = UNSET
    power_watts: list[int | None] | UnsetType = UNSET
    hashrate_ghs: list[int | None] | UnsetType = UNSET
    temperature_c: list[int | None] | UnsetType = UNSET
    frequency_mhz: list[int | None] | UnsetType = UNSET
    setting: list[str | None] | UnsetType = UNSET
    self_tuning: list[str | None] | UnsetType = UNSET
    reason: list[str | None] | UnsetType = UNSET
    wakes: list[int] | UnsetType = UNSET
    restarts: list[int] | UnsetType = UNSET
    stays_until: list[int | None] | UnsetType = UNSET
