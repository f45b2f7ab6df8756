"""What tests of a reduction share: less at a random second, held, recalled; and what was delivered. Pure."""

from random import Random

from netstab.qualification.criteria import Criteria
from netstab.qualification.judging import mean_power, metered
from netstab.qualification.plan import Ordered, Plan
from netstab.qualification.site import Recording, Resource
from netstab.qualification.verdict import Bound
from netstab.units import Seconds, Watts

__all__ = [
    "called_at",
    "delivered_at",
    "least_delivered",
    "offer",
    "recalled_at",
    "reduction",
    "returned",
    "share_delivered",
]

_WITHIN = 300  # s: the call comes at random in the first five minutes
_MOMENT = 10  # s, whose mean is what is delivered at a moment


def reduction(
    test: str,
    resource: Resource,
    criteria: Criteria,
    chance: Random,
    quiet: float,
    hold: float,
    restore: float,
) -> Plan:
    """Stay at load for `quiet` s, reduce by the offer at a random second, hold, recall, and watch."""
    full = Watts(float(round(resource.capability * criteria["site.highest_percent"] / 100)))
    called = Seconds(float(round(quiet + chance.uniform(0, _WITHIN))))
    recalled = Seconds(called + hold)
    orders = (
        Ordered(Seconds(0.0), full),
        Ordered(called, Watts(float(round(full - offer(resource, criteria))))),
        Ordered(recalled, full),
    )
    return Plan(test, orders, round(recalled + restore), Seconds(quiet))


def offer(resource: Resource, criteria: Criteria) -> float:
    """Return the reduction that is offered, in W."""
    return resource.capability * criteria["site.offer_percent"] / 100


def called_at(recording: Recording) -> Seconds:
    return recording.plan.orders[1].at


def recalled_at(recording: Recording) -> Seconds:
    return recording.plan.orders[2].at


def share_delivered(
    recording: Recording, criteria: Criteria, begin: float, end: float, before: float = 60
) -> float | None:
    """Return the mean reduction over a stretch against the meter before the call, as a share of the offer."""
    called = called_at(recording)
    base, seen = mean_power(recording, called - before, called), mean_power(recording, begin, end)
    return None if base is None or seen is None else (base - seen) / offer(recording.resource, criteria)


def delivered_at(recording: Recording, criteria: Criteria, minutes: float, key: str) -> Bound:
    """Hold what is delivered so many minutes after the call against a criterion in percent."""
    at = called_at(recording) + 60 * minutes
    share = share_delivered(recording, criteria, at, at + _MOMENT) or 0.0
    name = f"delivered at minute {minutes:g}"
    return Bound(name, 100 * share, criteria[key], "% of the instruction", key, at_least=True, at=Seconds(at))


def least_delivered(recording: Recording, criteria: Criteria, minutes: float, key: str) -> Bound:
    """Hold the least of any second, from so many minutes after the call to the recall, against one."""
    begin, end = called_at(recording) + 60 * minutes, recalled_at(recording)
    base = mean_power(recording, called_at(recording) - 60, called_at(recording)) or 0.0
    at, most = max(
        metered(recording, begin, end), key=lambda seen: seen[1], default=(Seconds(begin), Watts(base))
    )
    share = 100 * (base - most) / offer(recording.resource, criteria)
    name = f"least delivered after minute {minutes:g}"
    return Bound(name, share, criteria[key], "% of the instruction", key, at_least=True, at=at)


def returned(recording: Recording, criteria: Criteria, key: str) -> Bound:
    """Hold the load at the end against the load before the call: who never comes back was not recalled."""
    called, end = called_at(recording), recording.plan.seconds
    before = mean_power(recording, called - 60, called)
    after = mean_power(recording, end - _MOMENT, end)
    share = 100 * after / before if before and after is not None else 0.0
    name, unit = "load at the end", "% of the load before the call"
    return Bound(name, share, criteria[key], unit, key, at_least=True, at=Seconds(end - _MOMENT))
