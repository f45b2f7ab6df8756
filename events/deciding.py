"""From what the log holds of the fleet to what decisions are made by, when they are made and in a replay."""

from typing import Any

from events.state import FleetState, RegisteredMiner
from netstab.dispatch.condition import Condition
from netstab.dispatch.experience import Experience, WakeRecord, certainty
from netstab.dispatch.learning import to_scale
from netstab.dispatch.plan import Rules
from netstab.power.models import model_named
from netstab.power.tuning import Tuning
from netstab.units import Watts

__all__ = ["candidate_fields", "rules_of"]

_FAILED_BEFORE = 0.2
"""So surely a miner comes to hash at most whose last wake has failed."""


def rules_of(state: FleetState, tolerance_percent: float) -> Rules:
    """Return the rules by which targets are shared out now."""
    configuration = state.configuration
    return Rules(
        mode=state.power_mode,
        strategy=configuration.power_distribution_strategy,
        priority=configuration.miner_priority,
        minimum_percent=configuration.min_miner_power_percent,
        tolerance_percent=tolerance_percent,
    )


def candidate_fields(
    miner: RegisteredMiner,
    known: Experience,
    own: Tuning | None,
    record: WakeRecord,
    scale: float,
    condition: Condition,
) -> dict[str, Any]:
    """Return the fields of the `Candidate` that a miner is in a condition.

    `own` is its tuning where that was changed, `record` how the fleet wakes, `scale` what a site meter shows
    in units of what miners are known to draw. Running hours are those that are recorded, which is once an
    hour.
    """
    model = model_named(miner.model)
    rated = Watts(miner.rated_power * known.power_factor)
    return {
        "miner_id": miner.miner_id,
        "model": model,
        "rated_power": miner.rated_power,
        "home_frequency": condition.own_frequency or miner.home_frequency,
        "running_at": condition.running_at,
        "running_hours": known.running_hours,
        "power_factor": to_scale(rated, model.idle_power, scale) / (miner.rated_power or 1.0),
        "idle_power": model.idle_power,
        "certainty": _certainty(known, record, condition),
        "starting": condition.starting_for is not None,
        "stays": condition.stays,
        "frequency_fixed": condition.frequency_fixed,
        "overdue": condition.overdue,
        "own_tuning": own,
    }


def _certainty(known: Experience, record: WakeRecord, condition: Condition) -> float:
    """Say how surely a miner comes to hash; one whose last wake failed is hardly counted on."""
    if condition.surely:
        return 1.0
    found = certainty(known, record, condition.starting_for)
    return min(found, _FAILED_BEFORE) if condition.wake_failed else found
