"""What every point shows: from the fleet and the controls to values by point. Pure.

SunSpec has no model for a load. Of a DER of IEEE 1547 consumption is negative power (701 and 704), of a meter
it is positive (203). What nobody measures here (voltages, currents, frequency) is shown as not implemented.
"""

import math

from actors.snapshot import FleetPhase
from netstab import __version__
from netstab.fronts.modbus.controls import Controls, asked
from netstab.fronts.modbus.fleet import Fleet, operating
from netstab.fronts.modbus.points import Value
from netstab.fronts.modbus.registers import Values
from netstab.units import Timestamp, Watts

__all__ = ["MANUFACTURER", "power_scale", "values_of"]

MANUFACTURER = "Net Stabilization"

_LARGEST_AT_1_W = 32_000
"""An int16 ends at 32,767: what is drawn may be a little above what the fleet is rated for."""

_STATES = {
    FleetPhase.INITIALIZING: (0, 0),
    FleetPhase.STANDBY: (1, 7),
    FleetPhase.ACTIVATING: (2, 2),
    FleetPhase.ACTIVE: (3, 3),
    FleetPhase.DEACTIVATING: (4, 5),
    FleetPhase.FAULT: (5, 6),
}
"""Of the plain map, and InvSt of 701: 0 off, 2 starting, 3 running, 5 shutting down, 6 fault, 7 standby."""

_THROTTLED = 4
_MANUAL_SHUTDOWN, _MANUFACTURER_ALARM = 1 << 6, 1 << 16
_BY_LIMIT, _BY_SETPOINT = 1 << 0, 1 << 1
_BUT_ALL = 0.99


def power_scale(rated: Watts, before: int = 0) -> int:
    """Return the power of ten that powers are shown in: it suits the rating, and never falls."""
    scale = before
    while rated > _LARGEST_AT_1_W * 10**scale:
        scale += 1
    return scale


def values_of(fleet: Fleet, controls: Controls, scale: int, now: Timestamp) -> Values:
    """Return what all points show at a moment; `scale` is that of powers."""
    models = {
        0: _plain(fleet, controls, now),
        1: _common(),
        701: _measured(fleet, scale),
        702: _capacity(fleet, scale),
        704: _control(fleet, controls, now),
        715: _remote(fleet, controls, now),
        203: _meter(fleet, scale),
    }
    return {(number, name): value for number, shown in models.items() for name, value in shown.items()}


def _plain(fleet: Fleet, controls: Controls, now: Timestamp) -> dict[str, Value]:
    reading, energy = fleet.reading, fleet.reading.energy_kwh
    power = asked(controls, fleet.rated)
    return {
        "version": 1,
        "state": _STATES[reading.state][0],
        "available": int(reading.available),
        "in_command": 1 if reading.override else 2 if reading.failsafe else 0,
        "rated": fleet.rated,
        "active": reading.active,
        "target_in_force": (reading.target or 0.0) if fleet.ordered else None,
        "least": fleet.room.least if fleet.room else None,
        "step": fleet.room.step if fleet.room else None,
        "active_whole": reading.active,
        "energy": None if energy is None else round(energy * 1000) & 0x7FFF_FFFF,
        "heartbeat": int(now) & 0xFFFF,
        "last_refusal": controls.refusal,
        "registered": reading.registered,
        "reachable": reading.online,
        "hashing": reading.hashing,
        "target": power,
        "target_whole": power,
        "run": int(controls["WSetEna"]),
        "watchdog": controls["watchdog"],
        "controller_heartbeat": controls["controller_heartbeat"],
    }


def _common() -> dict[str, Value]:
    return {"Mn": MANUFACTURER, "Md": "Mining fleet", "Vr": __version__, "SN": "netstab", "DA": 1}


def _measured(fleet: Fleet, scale: int) -> dict[str, Value]:
    reading = fleet.reading
    energy = None if reading.energy_kwh is None else round(reading.energy_kwh * 1000)
    stopped = reading.override and reading.target is None
    return {
        "ACType": 2,  # three-phase
        "St": int(reading.running),
        "InvSt": _inverter_state(fleet),
        "ConnSt": int(reading.available),
        "Alrm": _MANUAL_SHUTDOWN * stopped | _MANUFACTURER_ALARM * bool(reading.errors),
        "W": -reading.active,
        "TotWhInj": 0,
        "TotWhAbs": energy,
        "ThrotSrc": _throttled_by(fleet),
        "W_SF": scale,
        "TotWh_SF": 0,
        "MnAlrmInfo": "; ".join(reading.errors),
    }


def _inverter_state(fleet: Fleet) -> int:
    reading = fleet.reading
    below = reading.pursued is not None and reading.pursued < _BUT_ALL * fleet.rated
    return _THROTTLED if reading.state is FleetPhase.ACTIVE and below else _STATES[reading.state][1]


def _throttled_by(fleet: Fleet) -> int:
    reading = fleet.reading
    return _BY_LIMIT * (reading.pursued != reading.target) | _BY_SETPOINT * (reading.target is not None)


def _capacity(fleet: Fleet, scale: int) -> dict[str, Value]:
    rated: dict[str, Value] = dict.fromkeys(("WMaxRtg", "WChaRteMaxRtg", "WMax", "WChaRteMax"), fleet.rated)
    return rated | {
        "WDisChaRteMaxRtg": 0,
        "WDisChaRteMax": 0,
        "CtrlModes": 0b11,  # a limit, and a fixed power
        "W_SF": scale,
    }


def _control(fleet: Fleet, controls: Controls, now: Timestamp) -> dict[str, Value]:
    stored: dict[str, Value] = {name: value for name, value in controls.stored.items() if name[0] == "W"}
    return stored | {
        "WMaxLimPctRvrtRem": _left(controls.limit_reverts_at, now),
        "WSetRvrtRem": _left(controls.setpoint_reverts_at, now),
        "WRmp": round(100 * fleet.ramp / fleet.rated) if fleet.rated else None,
        "WRmpRef": 1,  # of WMax
        "WMaxLimPct_SF": -1,
        "WSet_SF": 0,
        "WSetPct_SF": -1,
    }


def _left(at: Timestamp | None, now: Timestamp) -> int:
    return 0 if at is None else max(0, math.ceil(at - now))


def _remote(fleet: Fleet, controls: Controls, now: Timestamp) -> dict[str, Value]:
    return {
        "LocRemCtl": int(fleet.reading.override),
        "DERHb": int(now) & 0xFFFF_FFFF,
        "ControllerHb": controls["ControllerHb"],
        "AlarmReset": 0,
        "OpCtl": operating(fleet),
    }


def _meter(fleet: Fleet, scale: int) -> dict[str, Value]:
    energy = fleet.reading.energy_kwh
    whole = None if energy is None else round(energy * 1000) // 10**scale & 0xFFFF_FFFF
    return {
        "A_SF": 0,
        "V_SF": 0,
        "W": fleet.reading.active,
        "W_SF": scale,
        "TotWhExp": 0,
        "TotWhImp": None if whole is None else whole * 10**scale,
        "TotWh_SF": scale,
        "Evt": 0,
    }
