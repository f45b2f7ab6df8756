"""What the registers are worked out from: the fleet's reading and more of a snapshot. Pure."""

from dataclasses import dataclass

from actors.snapshot import FleetSnapshot
from events.state import FrontSetpoint, Limit, Source
from netstab.fronts.reading import FleetReading, reading_of
from netstab.units import Seconds, Watts

__all__ = ["LIMIT", "Fleet", "Room", "fleet_in", "operating"]

LIMIT = "modbus"
"""The name of the limit that `WMaxLimPct` sets."""


@dataclass(frozen=True, slots=True)
class Room:
    """What can be asked for: the least power that can be held above standby, and the largest step from it."""

    least: Watts
    step: Watts


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet at one moment. `own` is what was asked for by this way in, `limit` the limit that it has set.

    `ordered` says whether anything was ever ordered, `ramp` how many W power may change by in a second, and
    `correction` what the host's clock is ahead of the steady one.
    """

    reading: FleetReading
    ordered: bool
    own: FrontSetpoint | None
    limit: Limit | None
    ramp: Watts
    correction: Seconds
    room: Room | None = None

    @property
    def rated(self) -> Watts:
        return self.reading.rated


def fleet_in(snapshot: FleetSnapshot, energy_kwh: float | None, room: Room | None) -> Fleet:
    """Return what is shown of a snapshot; `room` takes longer to work out and may be older."""
    limits = {limit.source: limit for limit in snapshot.limits}
    configuration = snapshot.state.configuration
    return Fleet(
        reading=reading_of(snapshot, energy_kwh),
        ordered=snapshot.state.order is not None,
        own=snapshot.state.setpoints.get(Source.MODBUS),
        limit=limits.get(LIMIT),
        ramp=Watts(configuration.max_power_change_rate_kw_per_sec * 1000),
        correction=snapshot.view.correction,
        room=room,
    )


def operating(fleet: Fleet) -> int:
    """Return what `OpCtl` shows: 1 (start) while a setpoint is in force, 2 (standby) in standby."""
    return 2 if fleet.reading.target is None else 1
