"""T5: aFRR's double hump: all that is offered, held, given back, held, and once more."""

from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.judging import metered, verdict
from netstab.qualification.plan import Ordered, Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.reduction import offer
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Bound, Verdict
from netstab.units import Seconds, Watts

__all__ = ["DOUBLE_HUMP"]


def _plan(resource: Resource, criteria: Criteria, _chance: Random) -> Plan:
    high, low = _ends(resource, criteria)
    begins = 60 * criteria["site.lead_minutes"]
    orders = [Ordered(Seconds(0.0), Watts(float(round(high))))]
    for place, down in enumerate(_ways(criteria)):
        before, after = (high, low) if down else (low, high)
        orders += _ramp(begins + place * _length(criteria), before, after, criteria)
    seconds = begins + len(_ways(criteria)) * _length(criteria)
    return Plan("T5", tuple(orders), round(seconds), Seconds(begins))


def _ends(resource: Resource, criteria: Criteria) -> tuple[float, float]:
    """Return the power with nothing delivered and with all of it, in W."""
    high = resource.capability * criteria["site.highest_percent"] / 100
    return high, high - offer(resource, criteria)


def _ways(criteria: Criteria) -> list[bool]:
    """Return for each ramp and the hold after it whether power goes down."""
    return [True, False] * round(criteria["T5.humps"])


def _length(criteria: Criteria) -> float:
    """Return the seconds of a ramp and its hold."""
    return 60 * (criteria["T5.ramp_minutes"] + criteria["T5.hold_minutes"])


def _ramp(begin: float, before: float, after: float, criteria: Criteria) -> list[Ordered]:
    steps = round(60 * criteria["T5.ramp_minutes"] / criteria["T5.every_seconds"])
    return [
        Ordered(
            Seconds(begin + step * criteria["T5.every_seconds"]),
            Watts(float(round(before + (after - before) * (step + 1) / steps))),
        )
        for step in range(steps)
    ]


def _judge(recording: Recording, criteria: Criteria) -> Verdict:
    high, low = _ends(recording.resource, criteria)
    size, begins = high - low, recording.plan.begins
    off = [(0.0, begins)]
    for place, down in enumerate(_ways(criteria)):
        end = begins + (place + 1) * _length(criteria)
        held = metered(recording, end - 60 * criteria["T5.hold_minutes"], end)
        off += [(abs(power - (low if down else high)), at) for at, power in held]
    seen = metered(recording, begins, recording.plan.seconds)
    beyond = [(0.0, begins), *((max(power - high, low - power), at) for at, power in seen)]
    bounds = [
        _bound("largest deviation while held", max(off), size, criteria, "T5.band_percent"),
        _bound("overshoot beyond either end", max(beyond), size, criteria, "T5.overshoot_percent"),
    ]
    return verdict(recording, bounds)


def _bound(name: str, worst: tuple[float, Seconds], size: float, criteria: Criteria, key: str) -> Bound:
    return Bound(name, 100 * worst[0] / size, criteria[key], "% of the offer", key, at=worst[1])


DOUBLE_HUMP = Procedure("T5", "aFRR, double hump", _plan, _judge)
