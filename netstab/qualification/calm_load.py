"""T12: a load that is calm, on a day without orders and on one of orders."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from random import Random

from netstab.qualification.calm import Declared, calm
from netstab.qualification.criteria import Criteria
from netstab.qualification.explained import Moment
from netstab.qualification.judging import metered, unjudged, verdict
from netstab.qualification.plan import Ordered, Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.site import Recording, Resource
from netstab.qualification.spectrum import Band
from netstab.qualification.verdict import Bound, Figure, Verdict
from netstab.units import Seconds, Watts

__all__ = ["DAY_OF_ORDERS", "QUIET_DAY"]

_RATE = 4  # samples a second: they show lines up to just below 2 Hz
_READ = 0.95  # of the samples that are to be taken: with fewer the highest lines are out of sight
_LOADED = 0.5  # of what is ordered: a load that is not there is calm, and proves nothing
_EDGE = 0.05  # Hz below the band's end that samples need not show: a line at half their rate is out of sight


def _plan(test: str, orders: bool, resource: Resource, criteria: Criteria, chance: Random) -> Plan:
    begins, lasts = 60 * criteria["site.lead_minutes"], 3600 * criteria["T12.hours"]
    apart = 60 * criteria["T12.interval_minutes"] if orders else lasts
    lowest, highest = (criteria[f"site.{end}_percent"] / 100 for end in ("lowest", "highest"))
    shares = [criteria["T12.load_percent"] / 100]
    shares += [chance.uniform(lowest, highest) for _ in range(round(lasts / apart) - 1)]
    given = [
        Ordered(Seconds(place and begins + place * apart), Watts(float(round(share * resource.capability))))
        for place, share in enumerate(shares)
    ]
    return Plan(test, tuple(given), round(begins + lasts), Seconds(begins), rate=_RATE)


def _judge(recording: Recording, criteria: Criteria) -> Verdict:
    plan, resource = recording.plan, recording.resource
    power = list(_evenly(metered(recording, plan.begins, plan.seconds), plan.rate))
    lack = _lack(recording, power, resource)
    if lack:
        return unjudged(recording, lack)
    band = Band(criteria["T12.lowest_hz"], criteria["T12.highest_hz"])
    unit = max(resource.step, resource.capability / resource.units)
    declared = Declared(
        resource.capability, resource.ramp, resource.ramp, unit, criteria["T12.responds_seconds"]
    )
    found = calm(power, plan.rate, _orders(recording), declared, band)
    if found.seen_up_to < band.highest - _EDGE:
        seen = f"Samples show lines up to {found.seen_up_to:.2f} Hz, of {band.highest:g} Hz."
        return unjudged(recording, seen)
    key, ramps = "T12.line_percent", "T12.ramp_violations"
    bounds = [
        Bound(
            "largest line that no order explains",
            found.line_percent,
            criteria[key],
            "% of capability",
            key,
            at=Seconds(found.at),
        ),
        Bound("ramp violations", found.ramp_violations, criteria[ramps], "", ramps),
    ]
    return verdict(recording, bounds, [Figure("its frequency", found.frequency, "Hz")])


def _lack(recording: Recording, power: Sequence[Moment], resource: Resource) -> str:
    """Say what keeps a day from being judged: readings too rare to show a line, or no load to swing."""
    plan = recording.plan
    read = len(metered(recording, plan.begins, plan.seconds)) / (plan.seconds - plan.begins)
    if read < _READ * plan.rate:
        return f"The site meter was read {read:.2f} times a second, of {plan.rate}: lines may be hidden."
    asked = [sample.target or resource.standby for sample in recording.samples if sample.at >= plan.begins]
    ordered, drawn = sum(asked) / len(asked), sum(each for _, each in power) / len(power)
    if drawn < _LOADED * ordered:
        return f"The load was {drawn / 1000:.3g} kW on average, of {ordered / 1000:.3g} kW ordered."
    return ""


def _orders(recording: Recording) -> list[Moment]:
    """Return the powers that were pursued, from when on; in standby what the site draws then."""
    standby = recording.resource.standby
    pursued = [
        (float(sample.at), float(standby if sample.target is None else sample.target))
        for sample in recording.samples
    ]
    return [after for before, after in pairwise([(0.0, -1.0), *pursued]) if before[1] != after[1]]


def _evenly(power: Sequence[tuple[Seconds, Watts]], rate: int) -> Iterator[Moment]:
    """Give samples at equal distances, by straight lines between those that were taken."""
    place = 0
    for (at, drawn), (after, next_) in pairwise(power):
        while (moment := power[0][0] + place / rate) < after:
            yield moment, drawn + (next_ - drawn) * (moment - at) / (after - at)
            place += 1


QUIET_DAY = Procedure("T12a", "calm, a day without orders", partial(_plan, "T12a", False), _judge)
DAY_OF_ORDERS = Procedure("T12b", "calm, a day of orders", partial(_plan, "T12b", True), _judge)
