"""Units as dispatch sees them: one that sleeps and may be woken, and those that something keeps out."""

from dataclasses import replace

from points import at

from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.units import MinerId, Watts

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
