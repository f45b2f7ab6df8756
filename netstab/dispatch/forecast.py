"""The closed loop: what the fleet is expected to draw, held against the target.

What is on its way counts as done, so that it never acts twice on one deficit. It corrects downwards soon and
upwards patiently, and leaves alone what is within the tolerance band.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.power.unit import OperatingPoint
from netstab.units import MinerId, Seconds, Timestamp, Watts

__all__ = [
    "DOWN_AFTER",
    "NO_FORECAST",
    "UP_AFTER",
    "Deviation",
    "Forecast",
    "deviation",
    "forecast",
    "is_due",
]

DOWN_AFTER = Seconds(15.0)
UP_AFTER = Seconds(30.0)
"""How long a deviation must last. Sites found 15-30 s down and 30-60 s up; equal times oscillated."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`expected` is the power once all that was told has happened.

    Of it `pending_up` is woken and not hashing yet; `pending_down` is still drawn by miners told to sleep.
    """

    expected: Watts
    pending_up: Watts
    pending_down: Watts


_HELD = 0.7  # of the tolerance: what is expected is not known more closely than the rest of it

NO_FORECAST = Forecast(Watts(0.0), Watts(0.0), Watts(0.0))


@dataclass(frozen=True, slots=True)
class Deviation:
    """The expected power has been outside of the tolerance band since then."""

    since: Timestamp
    above: bool


def forecast(setpoints: Mapping[MinerId, Setpoint], units: Sequence[UnitStatus]) -> Forecast:
    """Add up what the miners will draw at their setpoints; those outside of dispatch draw what they do."""
    expected = up = down = 0.0
    for miner in units:
        setpoint = setpoints.get(miner.unit_id)
        if miner.availability is not Availability.AVAILABLE or setpoint is None:
            expected += miner.measured_power
            continue
        expected += miner.idle_power
        if setpoint.running:
            gain = miner.gain_at(setpoint.point or _present_point(miner))
            expected += gain
            up += 0.0 if miner.hashing else gain
        elif miner.hashing:
            down += max(0.0, miner.measured_power - miner.idle_power)
    return Forecast(Watts(expected), Watts(up), Watts(down))


def _present_point(miner: UnitStatus) -> OperatingPoint | None:
    """Return what a miner runs at that is told no point."""
    return miner.running_at or miner.own_point or miner.full_point


def deviation(
    before: Deviation | None, expected: Watts, target: Watts, tolerance_percent: float, now: Timestamp
) -> Deviation | None:
    """Say since when the expected power has been on the same side of a band that keeps it in tolerance.

    None within it.
    """
    error = expected - target
    if abs(error) <= _HELD * target * tolerance_percent / 100:
        return None
    above = error > 0
    return before if before is not None and before.above is above else Deviation(now, above)


def is_due(found: Deviation | None, now: Timestamp) -> bool:
    """Whether a deviation has lasted long enough to be corrected."""
    return found is not None and now - found.since >= (DOWN_AFTER if found.above else UP_AFTER)
