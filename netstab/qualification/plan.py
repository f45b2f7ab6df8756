"""What a test does to a site, and when: values, made before anything is begun."""

from dataclasses import dataclass
from enum import StrEnum

from netstab.units import Seconds, Watts

__all__ = ["Limited", "Loss", "Ordered", "Outage", "Plan"]


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order to give at a second of the plan: a power, or None for standby."""

    at: Seconds
    target: Watts | None


@dataclass(frozen=True, slots=True)
class Limited:
    """A limit to set at a second of the plan, in W, or None to lift it."""

    at: Seconds
    most: Watts | None


class Loss(StrEnum):
    """What a site can be made to lose."""

    EMS = "EMS"  # no order reaches the controller, nor any that is repeated
    METER = "meter"  # the controller's site meter gives no reading; the bench's own record goes on
    TELEMETRY = "telemetry"  # no unit answers the controller
    UNITS = "units"  # a share of the units has lost its power for good


@dataclass(frozen=True, slots=True)
class Outage:
    """A loss from a second of the plan on until another; `share` of the units, where it is theirs."""

    what: Loss
    at: Seconds
    until: Seconds
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A test's orders and losses over `seconds`, in the order of their time.

    What happens before `begins` brings the site to where the test begins, and is not judged. `rate` is how
    many samples are taken in a second.
    """

    test: str
    orders: tuple[Ordered, ...]
    seconds: int
    begins: Seconds = Seconds(0.0)
    outages: tuple[Outage, ...] = ()
    rate: int = 1
    limits: tuple[Limited, ...] = ()
