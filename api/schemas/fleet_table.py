"""Every miner in a few figures, a column at a time: small enough for a page that shows ten thousand."""

from actors.report import Phase, Step
from api.schemas.base import Address, Answer
from events.state import HoldKind

__all__ = ["FleetTable"]


class FleetTable(Answer):
    """Columns of equal length, in the order of registration.

    `since` is when the condition began, in s since 1970. `wanted` says whether dispatch wants the miner to
    hash. `temperature_c` is of the hottest chip. `reason` says what stands in the way of a miner or what last
    went wrong with it. Figures are null where they are not known, which is not 0.
    """

    miner_id: list[Address]
    name: list[str]
    condition: list[Phase]
    since: list[int | None]
    in_transition: list[Step | None]
    hold: list[HoldKind | None]
    wanted: list[bool | None]
    power_watts: list[int | None]
    hashrate_ghs: list[int | None]
    temperature_c: list[int | None]
    frequency_mhz: list[int | None]
    reason: list[str | None]
