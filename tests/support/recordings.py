"""Recordings of the qualification bench made by hand: what the meter shows is a function of the second."""

from bisect import bisect_right
from collections.abc import Callable

from netstab.qualification.plan import Plan
from netstab.qualification.site import Receipt, Recording, Resource, Sample
from netstab.units import Seconds, Watts

__all__ = ["RESOURCE", "ordered_at", "recording"]

RESOURCE = Resource(
    capability=Watts(100_000.0), standby=Watts(5_000.0), step=Watts(1_000.0), ramp=Watts(50_000.0), units=50
)


def ordered_at(plan: Plan, at: float) -> float:
    """Return what is ordered at a second of a plan, in W; standby is what the resource draws in it."""
    place = bisect_right(plan.orders, at, key=lambda ordered: ordered.at)
    target = plan.orders[place - 1].target if place else None
    return RESOURCE.standby if target is None else target


def recording(
    plan: Plan, power: Callable[[float], float | None], *, refused_at: float | None = None
) -> Recording:
    """Record a plan as played on a site that draws `power` W at each second; None where it is not seen."""
    samples = (_sample(second / plan.rate, power) for second in range(plan.seconds * plan.rate))
    receipts = (
        Receipt(ordered.at, ordered.target, "No." if ordered.at == refused_at else "", 1, "id", "digest")
        for ordered in plan.orders
    )
    return Recording(plan, RESOURCE, tuple(samples), tuple(receipts))


def _sample(at: float, power: Callable[[float], float | None]) -> Sample:
    drawn = power(at)
    metered = None if drawn is None else Watts(drawn)
    return Sample(Seconds(at), None, metered, metered or Watts(0.0), metered, hashing=40, starting=3)
