"""A plan played on a site: orders and losses at their time, and what is seen meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from netstab.errors import NetstabError
from netstab.qualification.plan import Ordered, Outage, Plan
from netstab.qualification.site import CannotBeLost, Receipt, Recording, Resource, Sample, Site
from netstab.units import Seconds, Watts, kilowatts

__all__ = ["play", "survey", "survey_plan"]

_LEAST = 0.5  # of what can be had by the controller's word: a fleet that stands still offers a meter's noise
_SETTLED = 300  # s, at the end of a survey's full load: what it draws then is its capability


def play(
    site: Site, plan: Plan, resource: Resource, heard: Callable[[float], None] = lambda _share: None
) -> Recording:
    """Play a plan from now on; `heard` is told what share of it is done."""
    begin, receipts, samples = site.now(), list[Receipt](), list[Sample]()
    notes: list[str] = []
    acts = sorted(_acts(site, plan, receipts, notes), key=lambda act: act[0])
    for tick in range(plan.seconds * plan.rate):
        at = tick / plan.rate
        while acts and acts[0][0] <= at:
            due, act = acts.pop(0)
            site.wait_until(Seconds(begin + due))
            act()
        site.wait_until(Seconds(begin + at))
        samples.append(_kept(site.sample(), begin, samples))
        heard((tick + 1) / (plan.seconds * plan.rate))
    for due, act in acts:  # what is lost until the end is given back for the next test
        site.wait_until(Seconds(begin + due))
        act()
    return Recording(
        plan,
        resource,
        tuple(samples),
        tuple(replace(receipt, at=Seconds(receipt.at - begin)) for receipt in receipts),
        tuple(notes),
    )


def _kept(sample: Sample, begin: float, before: list[Sample]) -> Sample:
    """Return a sample by the plan's time; a day has 345,600 of them, so that equal texts are kept once."""
    faults = before[-1].faults if before and before[-1].faults == sample.faults else sample.faults
    return replace(sample, at=Seconds(sample.at - begin), faults=faults)


def _acts(
    site: Site, plan: Plan, receipts: list[Receipt], notes: list[str]
) -> Iterator[tuple[float, Callable[[], None]]]:
    for ordered in plan.orders:
        yield ordered.at, partial(_note, receipts, site.order, ordered.target)
    for limited in plan.limits:
        yield limited.at, partial(_note, receipts, site.limit, limited.most)
    for outage in plan.outages:
        yield outage.at, partial(_lose, site, outage, notes)
        yield outage.until, partial(site.restore, outage.what)


def _note(receipts: list[Receipt], act: Callable[[Watts | None], Receipt], power: Watts | None) -> None:
    receipts.append(act(power))


def _lose(site: Site, outage: Outage, notes: list[str]) -> None:
    """Take something away; where that cannot be done here, it is told."""
    try:
        site.lose(outage.what, outage.share)
    except CannotBeLost as error:
        notes.append(str(error))


def survey(
    site: Site, full: Seconds, rest: Seconds, heard: Callable[[float], None] = lambda _share: None
) -> tuple[Resource, Recording]:
    """Run a site at full load for `full`, then in standby for `rest`: tests are shares of what it showed.

    Raises `NetstabError` where the site meter showed nothing, or not even half of what the controller says
    that it can move.
    """
    declared = site.declared()
    unknown = Resource(site.rated, Watts(0.0), declared.step, declared.ramp, site.units)
    recording = play(site, survey_plan(site.rated, full, rest), unknown, heard)
    capability = _mean(recording, full - min(_SETTLED, full / 2), full)
    standby = _mean(recording, full + rest / 2, full + rest)
    can, shown = site.declared(), Watts(capability - standby)
    possible = Watts(can.upper - can.lower)
    if not shown > max(0.0, _LEAST * possible):
        raise NetstabError(
            f"From standby to full load the meter showed {kilowatts(shown):.3g} kW more, of "
            f"{kilowatts(possible):.3g} kW that can be had: there is nothing to test."
        )
    return Resource(capability, standby, can.step, declared.ramp, site.units), recording


def survey_plan(rated: Watts, full: Seconds, rest: Seconds) -> Plan:
    return Plan("survey", (Ordered(Seconds(0.0), rated), Ordered(full, None)), round(full + rest))


def _mean(recording: Recording, begin: float, end: float) -> Watts:
    seen = [sample.metered for sample in recording.samples if begin <= sample.at < end]
    known = [power for power in seen if power is not None]
    if not known:
        raise NetstabError("The site meter shows nothing: without it nothing can be proven.")
    return Watts(sum(known) / len(known))
