"""T11: what a controller does and says of itself while EMS, units or meter are cut off in another test."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.cuts import Claim, claims, failsafe
from netstab.qualification.judging import between, metered, unjudged, verdict
from netstab.qualification.plan import Loss, Outage, Plan
from netstab.qualification.procedure import Procedure
from netstab.qualification.site import Recording, Resource, Sample
from netstab.qualification.verdict import Bound, Verdict
from netstab.units import Seconds

__all__ = ["cut_off"]

_LOSSES = (Loss.EMS, Loss.TELEMETRY, Loss.METER)
_PLACE = 1 / 3  # of what is judged of the other test: there it is cut
_EARLY = 2 / 3  # of the time-out: the EMS says its order three times in it, the last time before the cut


def cut_off(others: Sequence[Procedure]) -> Iterator[Procedure]:
    """Give each loss in each of the others, named such as T11.EMS.T3."""
    for loss in _LOSSES:
        for other in others:
            name = f"T11.{loss.name}.{other.name}"
            yield Procedure(
                name, f"{loss} cut off in {other.name}", partial(_plan, name, loss, other), _judge
            )


def _plan(
    name: str, loss: Loss, other: Procedure, resource: Resource, criteria: Criteria, chance: Random
) -> Plan:
    """Play the other test with the loss in it, instead of what it takes away of the same kind itself."""
    plan = other.plan(resource, criteria, chance)
    at = Seconds(float(round(plan.begins + _PLACE * (plan.seconds - plan.begins))))
    until = Seconds(min(float(plan.seconds), at + 60 * criteria["T11.cut_minutes"]))
    kept = tuple(outage for outage in plan.outages if outage.what is not loss)
    return replace(plan, test=name, outages=(Outage(loss, at, until), *kept))


def _judge(recording: Recording, criteria: Criteria) -> Verdict:
    cut = recording.plan.outages[0]
    heard = (each for each in recording.receipts if not cut.at <= each.at < cut.until)
    recording = replace(recording, receipts=tuple(heard))  # what is refused meanwhile is refused rightly
    if recording.notes:
        return unjudged(recording, " ".join(recording.notes))
    seen = between(recording, cut.at, cut.until)
    bounds = [_honest(recording, seen, criteria)]
    if cut.what is Loss.EMS:
        bounds += _failsafe(recording, cut, seen, criteria)
    else:
        bounds.append(_blind(recording, cut, seen, criteria))
    return verdict(recording, bounds)


def _honest(recording: Recording, seen: Sequence[Sample], criteria: Criteria) -> Bound:
    """Hold how long anything false was claimed to be drawn against how long a loss may take to be noticed."""
    tolerance = criteria["T11.claim_percent"] / 100 * recording.resource.capability
    claimed = [
        Claim(each.at, each.claimed if each.available else None, each.metered)
        for each in seen
        if each.metered is not None
    ]
    longest, key = claims(claimed, tolerance).longest_false, "T11.noticed_seconds"
    return Bound("longest false claim", longest, criteria[key], "s", key)


def _blind(recording: Recording, cut: Outage, seen: Sequence[Sample], criteria: Criteria) -> Bound:
    """Hold how far power rose above what was ordered, or drawn before, against a criterion."""
    drawn = [power for _, power in metered(recording, cut.at - 1, cut.until)]
    asked = [each.target for each in seen if each.target is not None]
    most = max(drawn, default=0.0) - max([*drawn[:1], *asked], default=0.0)
    percent, key = 100 * max(0.0, most) / recording.resource.capability, "T11.band_percent"
    return Bound("raised while blind", percent, criteria[key], "% of capability", key)


def _failsafe(
    recording: Recording, cut: Outage, seen: Sequence[Sample], criteria: Criteria
) -> Iterator[Bound]:
    """Hold when the failsafe was entered, and how soon power was at it for good, against what is declared."""
    resource, timeout = recording.resource, criteria["T11.ems_timeout_seconds"]
    safe = criteria["T11.failsafe_percent"] / 100 * resource.capability
    entered = next((each.at for each in seen if _is_safe(each, safe)), cut.until)
    waited, key = entered - cut.at, "T11.ems_timeout_seconds"
    yield Bound(
        "silence until the failsafe", waited, timeout + criteria["T11.tick_seconds"], "s", key, at=entered
    )
    yield Bound("silence before it at least", waited, _EARLY * timeout, "s", key, at_least=True, at=entered)
    tolerance = criteria["T11.band_percent"] / 100 * resource.capability
    power = metered(recording, entered, cut.until)
    found = failsafe(power, entered, 0.0, safe, max(safe, resource.standby), tolerance)
    took = float(cut.until - cut.at) if found.seconds is None else found.seconds
    yield Bound(
        "from there to its power", took, criteria["T11.response_seconds"], "s", "T11.response_seconds"
    )
    yield Bound(
        "out of it afterwards", found.left_again, criteria["T11.left_seconds"], "s", "T11.left_seconds"
    )


def _is_safe(sample: Sample, safe: float) -> bool:
    return abs((sample.target or 0.0) - safe) < 1.0
