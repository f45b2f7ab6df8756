"""Units as dispatch sees them: one that sleeps and may be woken, and those that something keeps out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from points import at

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.dispatch.forecast import forecast_share
from netstab.dispatch.reach import reach_share
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.sums import Sums
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.unit import Capabilities, PowerMode, PowerRange
from netstab.units import GigahashPerSecond, MinerId, Seconds, Watts

HOME = at(650)
AVAILABLE = UnitStatus(
    unit_id=MinerId("127.0.0.1"),
    capabilities=ANTMINER_S9.capabilities,
    rated_power=Watts(1460),
    running_at=None,
    own_point=HOME,
    running_hours=0,
    measured_power=Watts(51),
    hashing=False,
    availability=Availability.AVAILABLE,
    reason="",
)


def fleet(*units: UnitStatus) -> list[UnitStatus]:
    return [replace(one, unit_id=MinerId(f"127.0.0.{n}")) for n, one in enumerate(units, 1)]


def kept_out(availability: Availability, measured_power: float = 0.0, reason: str = "because") -> UnitStatus:
    return replace(
        AVAILABLE,
        availability=availability,
        reason=reason,
        hashing=measured_power > 0,
        measured_power=Watts(measured_power),
    )


POWERS = PowerRange(Watts(2000.0), Watts(3400.0), Watts(34.0), GigahashPerSecond(1e5))
TUNED = Capabilities(switchable=True, range=POWERS, restarts_on_change=False, settles_within=Seconds(5.0))


def tuned(power: float | None) -> UnitStatus:
    """Return a unit that is tuned without a restart, running at a power or idle."""
    point = None if power is None else POWERS.point(Watts(power))
    return replace(
        AVAILABLE,
        capabilities=TUNED,
        rated_power=POWERS.point(POWERS.highest).power,
        running_at=point,
        own_point=None,
        measured_power=point.power if point else Watts(15.0),
        hashing=point is not None,
    )


def ahead_of(setpoints: Mapping[MinerId, Setpoint], units: Sequence[UnitStatus]) -> Sums:
    """Sum up from nothing what units will draw, and what may be tuned of it."""
    return Sums.of((unit.unit_id, forecast_share(unit, setpoints.get(unit.unit_id))) for unit in units)


def reach_of(units: Sequence[UnitStatus], mode: PowerMode = PowerMode.ON_OFF) -> Sums:
    """Sum up from nothing what can be had of units."""
    return Sums.of((unit.unit_id, reach_share(unit, mode)) for unit in units)
