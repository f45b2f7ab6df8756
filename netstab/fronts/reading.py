"""What a front tells of the fleet, read from one snapshot: the same for all. Pure; it words nothing."""

from dataclasses import dataclass

from actors.ems import RunningStatus, running_status
from actors.snapshot import FleetPhase, FleetSnapshot
from netstab.units import WallTime, Watts

__all__ = ["FleetReading", "reading_of"]


@dataclass(frozen=True, slots=True)
class FleetReading:
    """The fleet at one moment. Powers are positive where power is drawn.

    `target` is the setpoint in force, None in standby; `pursued` what limits leave of it. `available` and
    `running` are what REST says. `failsafe` says that it is in force, for whoever commanded fell silent.
    `energy_kwh` is the durable counter, which never falls, None while it is not known.
    """

    state: FleetPhase
    available: bool
    running: bool
    override: bool
    failsafe: bool
    rated: Watts
    active: Watts
    target: Watts | None
    pursued: Watts | None
    energy_kwh: float | None
    registered: int
    online: int
    hashing: int
    errors: tuple[str, ...]
    at: WallTime


def reading_of(snapshot: FleetSnapshot, energy_kwh: float | None = None) -> FleetReading:
    """Return what is told of the fleet as it last published itself."""
    return FleetReading(
        state=snapshot.phase,
        available=snapshot.available_for_dispatch,
        running=running_status(snapshot) is RunningStatus.RUNNING,
        override=snapshot.state.override is not None,
        failsafe=snapshot.state.failsafe is not None,
        rated=snapshot.rated_power,
        active=snapshot.active_power,
        target=snapshot.target,
        pursued=snapshot.pursued,
        energy_kwh=energy_kwh,
        registered=len(snapshot.state.miners),
        online=snapshot.reachable,
        hashing=snapshot.hashing,
        errors=snapshot.errors,
        at=snapshot.wall(snapshot.at),
    )
