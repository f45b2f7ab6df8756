"""What an order was shared out to, in figures small enough to be recorded with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from netstab.dispatch.condition import packed
from netstab.dispatch.plan import Plan
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.standing import LONGEST
from netstab.power.allocation import Action, Allocation
from netstab.units import MinerId, Seconds, Setting, Watts

__all__ = ["Decision", "Shares", "decision", "digest", "shares"]

MOST_NAMED = 20


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
    `conditions` and `members` say how every miner was found (`netstab.dispatch.condition`), `setpoints` is
    the digest of what each is to do. An order that repeats the one in force, or jitters about it, decides
    nothing: it `repeats`. Older formats have none of these four. `limit` is what limits left of the power
    ordered, None where they left all of it. Tuned units draw `lent` more until those that start have come.
    A share of `confirming` of those woken was expected to take it. The target was expected to stand for
    `stands`; whole miners were started and kept for `start` and `keep` beyond it, and such as were woken
    stopped where it `cancels`. No unit above `worth` J/TH was to run, None: any was. Who was started was
    to be left on for `min_on`.
    """

    shares: Shares
    tolerance_percent: float
    uncontrolled_power: Watts
    passed_over: tuple[MinerId, ...]
    passed_over_total: int
    meter_scale: float = 1.0
    ahead: Watts = Watts(0.0)
    bound: int = 0
    conditions: tuple[tuple[Setting | None, ...], ...] = ()
    members: str = ""
    setpoints: str = ""
    repeats: bool = False
    limit: Watts | None = None
    lent: Watts = Watts(0.0)
    confirming: float = 1.0
    stands: Seconds = LONGEST
    start: Watts = Watts(0.0)
    keep: Watts = Watts(0.0)
    cancels: bool = False
    worth: float | None = None
    min_on: Seconds = Seconds(0.0)


def decision(
    plan: Plan,
    tolerance_percent: float,
    meter_scale: float,
    *,
    repeats: bool = False,
    limit: Watts | None = None,
    confirming: float = 1.0,
) -> Decision:
    """Sum up a plan, that of an earlier order if this one `repeats` it."""
    passed_over = tuple(other.miner_id for other in plan.excluded[:MOST_NAMED])
    found = () if repeats else plan.units
    conditions, members = packed(unit.condition for unit in found)
    return Decision(
        shares(plan.allocation),
        tolerance_percent,
        plan.uncontrolled_power,
        passed_over,
        len(plan.excluded),
        round(meter_scale, 3),
        plan.look_ahead,
        plan.bound,
        conditions,
        members,
        digest(plan.setpoints),
        repeats,
        limit,
        plan.lent,
        confirming,
        plan.stands,
        *plan.ahead,
        worth=plan.worth,
        min_on=plan.min_on,
    )


def digest(setpoints: Mapping[MinerId, Setpoint]) -> str:
    """Return what tells the setpoints of a fleet from all others: half of a SHA-256, in hex."""
    different = {id(told): told for told in setpoints.values()}
    ends = {key: f" {told.running:d} {told.setting or 0}\n" for key, told in different.items()}
    lines = (miner_id + ends[id(told)] for miner_id, told in setpoints.items())
    return sha256("".join(lines).encode()).hexdigest()[:32]


def shares(allocation: Allocation) -> Shares:
    """Count an allocation."""
    count = allocation.count
    return Shares(count(Action.FULL), count(Action.SWING), count(Action.IDLE), allocation.power)
