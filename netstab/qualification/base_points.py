"""T1: base points of five-minute dispatch, at random, and then from end to end."""

from itertools import pairwise
from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.judging import mean_power, unjudged, verdict
from netstab.qualification.plan import Ordered, Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Bound, Figure, Verdict
from netstab.units import Seconds, Watts

__all__ = ["BASE_POINTS"]

_UNIT = "% of capability"


def _plan(resource: Resource, criteria: Criteria, chance: Random) -> Plan:
    lowest, highest = (criteria[f"site.{end}_percent"] / 100 for end in ("lowest", "highest"))
    points = [chance.uniform(lowest, highest) for _ in range(round(criteria["T1.points"]))]
    targets: list[Watts | None] = [Watts(float(round(point * resource.capability))) for point in points]
    targets += [Watts(float(round(resource.capability))), None]
    begins, interval = 60 * criteria["site.lead_minutes"], 60 * criteria["T1.interval_minutes"]
    orders = [Ordered(Seconds(begins + place * interval), target) for place, target in enumerate(targets)]
    lead = Ordered(Seconds(0.0), targets[0])
    return Plan("T1", (lead, *orders), round(begins + len(targets) * interval), Seconds(begins))


def _judge(recording: Recording, criteria: Criteria) -> Verdict:
    resource = recording.resource
    intervals = _deviations(recording, 60 * criteria["T1.judged_minutes"])
    if not intervals:
        return unjudged(recording, "The site meter shows nothing of the intervals.")
    percents = [100 * off / resource.capability for _, off in intervals]
    tolerance = max(criteria["T1.tolerance_percent"], 100 * resource.step / resource.capability)
    worst = max(range(len(percents)), key=lambda place: percents[place])
    mean = sum(percents) / len(percents)
    bounds = [
        Bound(
            "largest deviation of an interval",
            percents[worst],
            tolerance,
            _UNIT,
            "T1.tolerance_percent",
            at=Seconds(intervals[worst][0]),
        ),
        Bound(
            "mean absolute deviation",
            mean,
            criteria["T1.mark_percent"],
            _UNIT,
            "T1.mark_percent",
            required=False,
        ),
    ]
    shares = [
        ("tolerance", tolerance),
        *((name, criteria[f"T1.{name}_percent"]) for name in ("fine", "mark")),
    ]
    figures = [
        Figure(
            f"intervals within {limit:.3g} %, of {len(percents)}", sum(off <= limit for off in percents), ""
        )
        for _, limit in shares
    ]
    return verdict(recording, bounds, figures)


def _deviations(recording: Recording, judged: float) -> list[tuple[float, float]]:
    """Return of each interval its end and how far its mean was off, in W."""
    plan, resource = recording.plan, recording.resource
    points = [ordered for ordered in plan.orders if ordered.at >= plan.begins]
    ends = [*(after.at for _, after in pairwise(points)), float(plan.seconds)]
    found = []
    for point, end in zip(points, ends, strict=True):
        target = resource.standby if point.target is None else point.target
        mean = mean_power(recording, end - judged, end)
        if mean is not None:
            found.append((end, abs(mean - target)))
    return found


BASE_POINTS = Procedure("T1", "base points", _plan, _judge)
