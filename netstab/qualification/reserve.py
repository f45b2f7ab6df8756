"""T3 and T4: reserves that are called at a random second, held, and recalled."""

from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.judging import metered, verdict
from netstab.qualification.plan import Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.reduction import (
    called_at,
    delivered_at,
    least_delivered,
    recalled_at,
    reduction,
    returned,
    share_delivered,
)
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Bound, Figure, Verdict
from netstab.units import Seconds, Watts

__all__ = ["RESERVE_10", "RESERVE_30"]


def _plan_10(resource: Resource, criteria: Criteria, chance: Random) -> Plan:
    lead, hold, restore = (
        60 * criteria[key] for key in ("site.lead_minutes", "T3.hold_minutes", "T3.restore_minutes")
    )
    return reduction("T3", resource, criteria, chance, lead, hold, restore)


def _judge_10(recording: Recording, criteria: Criteria) -> Verdict:
    minutes, key = criteria["T3.deadline_minutes"], "T3.delivered_percent"
    bounds = [
        delivered_at(recording, criteria, minutes, key),
        least_delivered(recording, criteria, minutes, key),
        _restored(recording, criteria),
        returned(recording, criteria, "T3.returned_percent"),
    ]
    return verdict(recording, bounds, [_time_to_deliver(recording, criteria, key)])


def _time_to_deliver(recording: Recording, criteria: Criteria, key: str) -> Figure:
    called, recalled = called_at(recording), recalled_at(recording)
    for at, _ in metered(recording, called, recalled):
        if 100 * (share_delivered(recording, criteria, at, at + 1) or 0.0) >= criteria[key]:
            return Figure("time from the call to what is to be delivered", at - called, "s")
    return Figure("time from the call to what is to be delivered", None, "s")


def _restored(recording: Recording, criteria: Criteria) -> Bound:
    """Hold what the return has more than the declared ramp allows against a criterion."""
    resource, recalled, end = (
        recording.resource,
        recalled_at(recording),
        recording.plan.orders[2].target or 0.0,
    )
    seen = metered(recording, recalled, recording.plan.seconds)
    begin = seen[0][1] if seen else Watts(0.0)
    beyond = ((power - min(end, begin + resource.ramp * (at - recalled + 1)), at) for at, power in seen)
    most, at = max(beyond, default=(0.0, recalled))
    percent, key = 100 * max(0.0, most) / resource.capability, "T3.overshoot_percent"
    return Bound("return beyond its ramp or its end", percent, criteria[key], "% of capability", key, at=at)


def _plan_30(resource: Resource, criteria: Criteria, chance: Random) -> Plan:
    hold = 60 * (criteria["T4.deadline_minutes"] + criteria["T4.blocks"] * criteria["T4.block_minutes"])
    lead, restore = 60 * criteria["site.lead_minutes"], 60 * criteria["T4.restore_minutes"]
    return reduction("T4", resource, criteria, chance, lead, hold, restore)


def _judge_30(recording: Recording, criteria: Criteria) -> Verdict:
    key, first = "T4.delivered_percent", criteria["T4.deadline_minutes"]
    bounds = [
        delivered_at(recording, criteria, first, key),
        least_delivered(recording, criteria, criteria["T4.slow_deadline_minutes"], key),
        _worst_block(recording, criteria, called_at(recording) + 60 * first),
        returned(recording, criteria, "T4.returned_percent"),
    ]
    return verdict(recording, bounds)


def _worst_block(recording: Recording, criteria: Criteria, begin: float) -> Bound:
    """Hold the energy of the block that is farthest off against a criterion."""
    length, found = 60 * criteria["T4.block_minutes"], []
    for block in range(round(criteria["T4.blocks"])):
        end = begin + (block + 1) * length
        share = share_delivered(recording, criteria, end - length, end) or 0.0
        found.append((abs(100 * share - 100), Seconds(end)))
    off, at = max(found)
    key = "T4.energy_percent"
    return Bound("energy of a block, off", off, criteria[key], "% of the block's energy", key, at=at)


RESERVE_10 = Procedure("T3", "reserve of 10 minutes", _plan_10, _judge_10)
RESERVE_30 = Procedure("T4", "reserve of 30 minutes, mFRR", _plan_30, _judge_30)
