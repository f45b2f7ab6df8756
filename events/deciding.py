"""From what the log holds of the fleet to what decisions are made by, when they are made and in a replay."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from events.state import FleetState, RegisteredMiner
from netstab.devices.families import family_of
from netstab.devices.family import Timings
from netstab.devices.port import Firmware
from netstab.dispatch.calibration import to_scale
from netstab.dispatch.condition import PARTS_TO_RISE, Condition
from netstab.dispatch.plan import Rules
from netstab.dispatch.standing import LONGEST
from netstab.dispatch.statistics import NEVER_STARTED, StartStatistics, UnitStatistics, certainty
from netstab.power.tuning import Tuning
from netstab.power.unit import Capabilities, OperatingPoint, Unit
from netstab.units import GigahashPerSecond, Seconds, Watts

__all__ = ["certainty_of", "factor_of", "rules_of", "slow_wake", "unit_fields"]

_FAILED_BEFORE = 0.2
"""So surely a miner comes to hash at most whose last wake has failed."""


def rules_of(
    state: FleetState,
    tolerance_percent: float,
    record: StartStatistics = NEVER_STARTED,
    stands: Seconds = LONGEST,
    min_on: Seconds = Seconds(0.0),
) -> Rules:
    """Return the rules by which a target is shared out now that is expected to stand for so long."""
    configuration = state.configuration
    return Rules(
        mode=state.power_mode,
        strategy=configuration.power_distribution_strategy,
        priority=configuration.miner_priority,
        minimum_percent=configuration.min_miner_power_percent,
        tolerance_percent=tolerance_percent,
        start=record,
        stands=stands,
        min_on=min_on,
    )


def factor_of(miner: RegisteredMiner, known: UnitStatistics) -> float:
    """Return what a miner draws in units of its rating: as was measured, else as it is set up.

    Older states do not say that it was measured.
    """
    return known.power_factor if known.measured or known.power_factor != 1 else miner.power_share


def unit_fields(
    miner: RegisteredMiner,
    known: UnitStatistics,
    own: Tuning | None,
    record: StartStatistics,
    scale: float,
    condition: Condition,
) -> dict[str, Any]:
    """Return the fields of the `Unit` that a miner is in a condition.

    `own` is its tuning where that was changed, `record` how the fleet wakes, `scale` what a site meter shows
    in units of what miners are known to draw. Running hours are those that are recorded, which is once an
    hour.
    """
    found = {
        "unit_id": miner.miner_id,
        **_points_of(miner, condition)(miner, known, scale, condition),
        "running_hours": known.running_hours,
        "idle_power": miner.points.idle_power,
        "certainty": certainty_of(miner, known, record, condition),
        "starting": condition.starting_for is not None,
        "waking": condition.running_at is not None and not condition.surely,
        "stays": condition.stays,
        "point_fixed": condition.point_fixed,
        "overdue": condition.overdue,
        "own_tuning": own,
        "start_seconds": known.wake_seconds or _slow_start(miner) or record.about,
    }
    return {**found, "rising": _rising(Unit(**found), condition)} if condition.to_rise else found


def _rising(unit: Unit, condition: Condition) -> Watts:
    """Return what a miner that has come to hash is to draw yet, while its boards come up."""
    if unit.running_at is None or unit.tunes_freely:
        return Watts(0.0)
    return Watts(float(round(unit.gain_at(unit.running_at) * condition.to_rise / PARTS_TO_RISE)))


def _points_of(miner: RegisteredMiner, condition: Condition) -> Callable[..., dict[str, Any]]:
    if condition.self_tuned is not None:
        return _self_tuned
    climbs = not condition.surely and miner.points.volatile and miner.points.tunes_freely
    return _climbing if climbs else _dispatched


def _dispatched(
    miner: RegisteredMiner, known: UnitStatistics, scale: float, condition: Condition
) -> dict[str, Any]:
    """Return at which points a miner can be run, and what it draws there."""
    rated = Watts(miner.rated_power * factor_of(miner, known))
    capabilities = miner.points.within(None if condition.reach is None else Watts(condition.reach))
    return {
        "capabilities": capabilities,
        "rated_power": _rated_within(capabilities, miner),
        "own_point": miner.point_of(condition.own_setting or miner.home_frequency),
        "running_at": miner.point_of(condition.running_at),
        "power_factor": to_scale(rated, miner.points.idle_power, scale) / (miner.rated_power or 1.0),
    }


def _climbing(
    miner: RegisteredMiner, known: UnitStatistics, scale: float, condition: Condition
) -> dict[str, Any]:
    """Return the full point of a miner that loses its setting with each start: until it is up it is whole.

    It climbs to full power whatever it is to draw, for minutes, and is set only then.
    """
    fields = _dispatched(miner, known, scale, condition)
    full = fields["capabilities"].full_point
    whole = replace(fields["capabilities"], range=None, steps=() if full is None else (full,))
    runs_at = None if condition.running_at is None else full
    return {**fields, "capabilities": whole, "running_at": runs_at, "own_point": full}


def _self_tuned(
    miner: RegisteredMiner, _known: UnitStatistics, scale: float, condition: Condition
) -> dict[str, Any]:
    """Return the one point of a miner that sets its own power: what it does is all that it promises."""
    power, full = Watts(float(condition.self_tuned or 1)), miner.points.full_point
    share = power / full.power if full is not None and full.power else 0.0
    point = OperatingPoint(
        power,
        GigahashPerSecond(full.hashrate * share if full is not None else 0.0),
        full.setting if full is not None else 0,
    )
    idle = miner.points.idle_power
    return {
        "capabilities": replace(miner.points, range=None, steps=(point,), restarts_on_change=False),
        "rated_power": power,
        "own_point": point,
        "running_at": None if condition.running_at is None else point,
        "power_factor": to_scale(power, idle, scale) / power,
        "self_tuning": True,
    }


def _rated_within(capabilities: Capabilities, miner: RegisteredMiner) -> Watts:
    """Return a miner's rating by what is left of its capabilities: its full point is what it is rated at."""
    left, full = capabilities.full_point, miner.points.full_point
    if capabilities is miner.points or left is None or full is None:
        return miner.rated_power
    return Watts(miner.rated_power * left.power / full.power)


def certainty_of(
    miner: RegisteredMiner, known: UnitStatistics, record: StartStatistics, condition: Condition
) -> float:
    """Say how surely a miner comes to hash; one whose last wake failed, or is not confirmed, hardly counts.

    One that climbs does so by what it draws, however long that takes. One of a slower family than the S9 that
    was never seen to wake is not late within that family's start, however soon the others come.
    """
    if condition.surely or condition.climbs:
        return 1.0
    starting_for = condition.starting_for
    if starting_for is not None and known.wake_seconds is None and starting_for <= _slow_start(miner):
        starting_for = None
    found = certainty(known, record, starting_for)
    unconfirmed = condition.overdue and condition.running_at is not None
    return min(found, _FAILED_BEFORE) if condition.wake_failed or unconfirmed else found


def slow_wake(miner: RegisteredMiner, known: UnitStatistics) -> Seconds:
    """Return how long a miner of a slower family than the S9 may take to wake, 0 s of any other."""
    own = known.wake_seconds
    start = _slow_start(miner)
    return start if own is None else Seconds(min(start, 1.4 * own))


def _slow_start(miner: RegisteredMiner) -> Seconds:
    return _start_beyond_usual(miner.firmware, miner.model, miner.firmware_version)


@lru_cache(maxsize=256)
def _start_beyond_usual(firmware: Firmware, model: str, version: str) -> Seconds:
    """Return how long devices of a family may start where that is longer than usual, else 0 s."""
    start = family_of(firmware, model, version).timings.start
    return start if start > Timings().start else Seconds(0.0)
