"""T8: an emergency that nobody announced, with the factor of each interval that is settled."""

from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.judging import verdict
from netstab.qualification.plan import Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.reduction import called_at, recalled_at, reduction, share_delivered
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Bound, Figure, Verdict
from netstab.units import Seconds

__all__ = ["EMERGENCY"]


def _plan(resource: Resource, criteria: Criteria, chance: Random) -> Plan:
    quiet, hold = 60 * criteria["T8.quiet_minutes"], 60 * criteria["T8.hold_minutes"]
    return reduction("T8", resource, criteria, chance, quiet, hold, restore=0.0)


def _judge(recording: Recording, criteria: Criteria) -> Verdict:
    keys = ("T8.deadline_minutes", "T8.slow_deadline_minutes")
    factors = {key: _factors(recording, criteria, criteria[key]) for key in keys}
    bounds = [_worst(found, criteria, criteria[key]) for key, found in factors.items()]
    soonest = [factor for factor, _ in factors[keys[0]]]
    return verdict(
        recording, bounds, [Figure("mean factor", sum(soonest) / len(soonest) if soonest else None, "")]
    )


def _factors(recording: Recording, criteria: Criteria, minutes: float) -> list[tuple[float, Seconds]]:
    """Return the factor of each interval from a deadline on, with its end."""
    length = 60 * criteria["T8.interval_minutes"]
    begin, found = called_at(recording) + 60 * minutes, []
    while begin + length <= recalled_at(recording):
        share = share_delivered(recording, criteria, begin, begin + length, before=length) or 0.0
        begin += length
        found.append((min(1.0, share), Seconds(begin)))
    return found


def _worst(factors: list[tuple[float, Seconds]], criteria: Criteria, minutes: float) -> Bound:
    factor, at = min(factors, default=(0.0, Seconds(0.0)))
    name = f"least factor of an interval after {minutes:g} minutes"
    return Bound(name, factor, criteria["T8.factor"], "", "T8.factor", at_least=True, at=at)


EMERGENCY = Procedure("T8", "emergency of 10 and 30 minutes", _plan, _judge)
