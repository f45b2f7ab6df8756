"""A load as the Modbus front sees it, by hand; and what masters write, by the names of points."""

from dataclasses import replace
from typing import Any

from actors.snapshot import FleetPhase
from events.commands import Activate, Command, Deactivate, LiftLimit, Release, SetLimit
from events.state import FrontSetpoint, Limit, Source
from netstab.fronts.modbus.controls import Controls
from netstab.fronts.modbus.fleet import Fleet, Room
from netstab.fronts.modbus.writing import accepted
from netstab.fronts.reading import FleetReading
from netstab.units import Seconds, Timestamp, WallTime, Watts

RATED = Watts(10_000.0)
CORRECTION = Seconds(1_700_000_000.0)


def reading(**changes: Any) -> FleetReading:
    shown = FleetReading(
        state=FleetPhase.STANDBY,
        available=True,
        running=False,
        override=False,
        failsafe=False,
        rated=RATED,
        active=Watts(120.0),
        target=None,
        pursued=None,
        energy_kwh=12.345,
        registered=7,
        online=6,
        hashing=0,
        errors=(),
        at=WallTime(1_700_000_000.0),
    )
    return replace(shown, **changes)


def load(power: float | None = None, limit: float | None = None, **changes: Any) -> Fleet:
    """Return a load; with a power this way in has asked for it."""
    own = None if power is None else setpoint(Watts(power))
    target = None if power is None else Watts(power)
    shown = reading(**({"target": target, "pursued": target} | changes))
    return Fleet(
        reading=shown,
        ordered=True,
        own=own,
        limit=None if limit is None else limit_of(Watts(limit)),
        ramp=Watts(500.0),
        correction=CORRECTION,
        room=Room(Watts(800.0), Watts(90.0)),
    )


def limit_of(power: Watts, until: WallTime | None = None) -> Limit:
    return Limit("modbus", power, until, "id", WallTime(0.0), 1)


def setpoint(power: Watts | None, until: WallTime | None = None) -> FrontSetpoint:
    return FrontSetpoint(Source.MODBUS, power, until, "id", WallTime(0.0), 1, 1)


def written(
    controls: Controls,
    now: float,
    fleet: Fleet | None = None,
    client: str = "modbus 127.0.0.1",
    /,
    **points: float,
) -> Controls:
    """Return the controls after one write of points, at a time in s."""
    return accepted(controls, points, fleet or load(), Timestamp(now), client)


def obeyed(fleet: Fleet, command: Command) -> Fleet:
    """Return the load after a command of this way in."""
    match command:
        case Activate(power, until):
            own: FrontSetpoint | None = setpoint(power, until)
        case Deactivate():
            own = setpoint(None)
        case Release():
            own = None
        case SetLimit(_, power, until):
            return replace(fleet, limit=limit_of(power, until))
        case LiftLimit():
            return replace(fleet, limit=None)
    target = own.target if own else None
    return replace(fleet, own=own, reading=replace(fleet.reading, target=target, pursued=target))
