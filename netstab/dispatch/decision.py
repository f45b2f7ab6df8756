"""What an order was shared out to, in figures small enough to be recorded with it."""

from dataclasses import dataclass

from netstab.dispatch.plan import Plan
from netstab.power.allocation import Action, Allocation
from netstab.units import MinerId, Watts

__all__ = ["Decision", "Shares", "decision", "shares"]

MOST_NAMED = 1_000


@dataclass(frozen=True, slots=True)
class Shares:
    """How many miners do what, and the power that they are to draw."""

    full: int
    swing: int
    idle: int
    power: Watts


@dataclass(frozen=True, slots=True)
class Decision:
    """The shares of an order, and what they were worked out from that the log does not hold otherwise.

    `uncontrolled_power` is what miners outside of dispatch drew. `passed_over` names the first of
    `passed_over_total` miners that could not be used. `meter_scale` is that of the site meter in use,
    `ahead` what miners were woken for beyond the target. `bound` miners were not free to change.
    """

    shares: Shares
    tolerance_percent: float
    uncontrolled_power: Watts
    passed_over: tuple[MinerId, ...]
    passed_over_total: int
    meter_scale: float = 1.0
    ahead: Watts = Watts(0.0)
    bound: int = 0


def decision(plan: Plan, tolerance_percent: float, meter_scale: float) -> Decision:
    """Sum up a plan."""
    passed_over = tuple(other.miner_id for other in plan.passed_over[:MOST_NAMED])
    return Decision(
        shares(plan.allocation),
        tolerance_percent,
        plan.uncontrolled_power,
        passed_over,
        len(plan.passed_over),
        round(meter_scale, 3),
        plan.ahead,
        plan.bound,
    )


def shares(allocation: Allocation) -> Shares:
    """Count an allocation."""
    count = allocation.count
    return Shares(count(Action.FULL), count(Action.SWING), count(Action.IDLE), allocation.power)
