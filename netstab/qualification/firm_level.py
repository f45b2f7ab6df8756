"""T10: a limit falls below what is drawn, with dead units, and no meter that would show them."""

from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.judging import mean_power, metered, unjudged, verdict
from netstab.qualification.plan import Limited, Loss, Ordered, Outage, Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.service_level import service_level
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Bound, Figure, Verdict
from netstab.units import Seconds, Watts

__all__ = ["FIRM_LEVEL"]

_BEFORE = 10  # s, whose mean is the load that the limit falls below
_WITHIN = 300  # s: the limit falls at random in the first five minutes


def _plan(resource: Resource, criteria: Criteria, chance: Random) -> Plan:
    begins = 60 * criteria["site.lead_minutes"]
    falls = Seconds(float(round(begins + chance.uniform(0, min(_WITHIN, begins)))))
    ends = Seconds(falls + 60 * criteria["T10.hold_minutes"])
    load, level = (
        Watts(float(round(resource.capability * criteria[key] / 100)))
        for key in ("site.highest_percent", "T10.level_percent")
    )
    return Plan(
        "T10",
        (Ordered(Seconds(0.0), load),),
        round(ends),
        Seconds(begins),
        (
            Outage(Loss.METER, Seconds(0.0), ends),
            Outage(Loss.UNITS, Seconds(begins / 2), ends, criteria["T10.dead_percent"] / 100),
        ),
        limits=(Limited(falls, level), Limited(Seconds(ends - 1.0), None)),
    )


def _judge(recording: Recording, criteria: Criteria) -> Verdict:
    falls, lifted = recording.plan.limits
    found = service_level(metered(recording, falls.at, lifted.at), falls.most or 0.0, falls.at)
    before = mean_power(recording, falls.at - _BEFORE, falls.at)
    if before is not None and before <= (falls.most or 0.0):
        return unjudged(recording, "The load was not above the limit when that fell.")
    never = recording.plan.seconds - falls.at
    took = never if found.seconds_to_below is None else found.seconds_to_below
    capability = recording.resource.capability
    above = 100 * max(0.0, -found.room) / capability
    bounds = [
        Bound(
            "time until below",
            took,
            60 * criteria["T10.within_minutes"],
            "s",
            "T10.within_minutes",
            at=falls.at,
        ),
        Bound(
            "above it afterwards",
            above,
            criteria["T10.above_percent"],
            "% of capability",
            "T10.above_percent",
        ),
    ]
    figures = [
        Figure("room left at the highest", 100 * found.room / capability, "% of capability"),
        Figure("time above it afterwards", found.seconds_above, "s"),
    ]
    return verdict(recording, bounds, figures)


FIRM_LEVEL = Procedure("T10", "firm service level", _plan, _judge)
