"""From the order in force and what is known of the miners to what each is wanted to be, in a closed loop.

It decides nothing about power itself (`netstab.dispatch` does), reads no clock and tells nobody (`teller`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from actors.fence import WakeFence
from actors.fleet.draft import look_ahead
from actors.fleet.standing import hold_setpoint, standings
from actors.fleet.teller import Teller
from actors.messages import ReleaseControl, SetTarget
from actors.report import MinerReport
from actors.snapshot import NEVER, Basis
from events.commands import Command, SetOverride, changes_order, ordered_power
from events.deciding import rules_of
from events.limits import UNLIMITED, ceiling, pursued
from events.state import FleetState, RegisteredMiner, as_ordered
from netstab.dispatch.decision import Decision, decision
from netstab.dispatch.limits import Limits
from netstab.dispatch.loop import NO_FORECAST, Deviation, deviation, forecast, is_due
from netstab.dispatch.plan import Plan, plan
from netstab.dispatch.reach import OutOfReach, out_of_reach
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.trend import Ordered, remembered
from netstab.dispatch.unit_status import Availability, UnitStatus
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts

__all__ = ["Dispatcher"]

ANSWERS_WITHIN = Seconds(1.0)
"""So soon a miner answers that does not hang: in milliseconds, or after a lost packet is sent again."""

Reports = Mapping[MinerId, MinerReport]


class Dispatcher:
    """`plan` is the one in force, `forecast` what it is expected to come to, `out_of_reach` whether it can.

    `metered`: there is a site meter, and its scale holds for what miners are known to draw. Miners are looked
    at once in a `poll_interval`. `wall` returns a moment by the host's clock, by which limits end.
    """

    def __init__(
        self,
        limits: Limits,
        fence: WakeFence,
        *,
        metered: bool = False,
        poll_interval: Seconds = NEVER,
        wall: Callable[[Timestamp], WallTime] = WallTime,
    ) -> None:
        self._wall = wall
        self._tolerance = limits.tolerance_percent
        self._metered = metered
        self._overdue_after = Seconds(poll_interval + ANSWERS_WITHIN)
        self._deviation: Deviation | None = None
        self._orders: tuple[Ordered, ...] = ()
        self._wanted: dict[MinerId, Setpoint | None] = {}
        self.teller = Teller(limits, fence)
        self.plan: Plan | None = None
        self.forecast = NO_FORECAST
        self.out_of_reach: OutOfReach | None = None
        self._seen: Sequence[UnitStatus] = ()

    def draft(
        self,
        target: Watts | None,
        state: FleetState,
        reports: Reports,
        now: Timestamp,
        most: Watts = UNLIMITED,
    ) -> Plan:
        """Plan for a target without adopting it, and for no more than `most`; None is standby."""
        target = None if target is None else min(target, most)
        more = look_ahead(target, state, self._orders, self._tolerance, now, most)
        self._seen = self._standings(state, reports, now)
        return plan(target, self._seen, rules_of(state, self._tolerance), more)

    def draft_for(self, command: Command, state: FleetState, reports: Reports, now: Timestamp) -> Plan | None:
        """Plan for the power that a command orders, None if it orders none. Repeated, it changes nobody."""
        if not changes_order(command):
            return None
        power = ordered_power(command)
        most = UNLIMITED if isinstance(command, SetOverride) else ceiling(state, self._wall(now))
        if self.plan is not None and power and most and self.plan.target == min(power, most):
            return self.plan
        self._orders = remembered(self._orders, Ordered(now, power or Watts(0.0)))
        return self.draft(power, as_ordered(state, power), reports, now, most)

    def decided(self, command: Command, drafted: Plan | None, state: FleetState) -> Decision | None:
        """Sum up a draft for the log."""
        if drafted is None:
            return None
        repeats, power = drafted is self.plan, ordered_power(command)
        limit = None if drafted.target == power else drafted.target
        return decision(drafted, self._tolerance, self._scale(state), repeats=repeats, limit=limit)

    def is_outdated(self, state: FleetState, now: Timestamp) -> bool:
        """Whether limits leave another power now than the plan was made for."""
        return self.plan is not None and self.plan.target != pursued(state, self._wall(now))

    def follow(
        self, state: FleetState, reports: Reports, now: Timestamp, drafted: Plan | None = None
    ) -> None:
        """Plan anew for the order in force; before the first order every miner is left as it is."""
        self.teller.keep(state.miners)
        self._deviation = None
        self.plan = drafted
        if drafted is None and state.order is not None:
            most = ceiling(state, self._wall(now))
            self.plan = self.draft(state.order.target, state, reports, now, most)
        self._look(state)
        dispatched = self._dispatched()
        self._wanted = {
            miner_id: _want(miner, state, self.plan, dispatched.get(miner_id))
            for miner_id, miner in state.miners.items()
        }

    def _dispatched(self) -> Mapping[MinerId, Setpoint]:
        """Return what dispatch wants of the miners: one that does not stop is told to all the same."""
        if self.plan is None:
            return {}
        stubborn = {
            other.miner_id: IDLE
            for other in self.plan.excluded
            if other.availability is Availability.DOES_NOT_STOP
        }
        return {**self.plan.setpoints, **stubborn}

    def review(self, state: FleetState, reports: Reports, now: Timestamp) -> None:
        """Hold what is to be expected against the target, and correct what has been off for long enough."""
        if self.plan is None:
            self.forecast, self.out_of_reach = NO_FORECAST, None
            return
        self._seen = self._standings(state, reports, now)
        self.forecast = forecast(self.plan.setpoints, self._seen)
        self._look(state)
        if not self.plan.target:
            return
        expected, target = self.forecast.expected, self.plan.target
        self._deviation = deviation(self._deviation, expected, target, self._tolerance, now)
        trend_ended = bool(self.plan.look_ahead) and not look_ahead(
            target, state, self._orders, self._tolerance, now, ceiling(state, self._wall(now))
        )
        if trend_ended or is_due(self._deviation, now):
            self.follow(state, reports, now)

    def _standings(self, state: FleetState, reports: Reports, now: Timestamp) -> Sequence[UnitStatus]:
        return standings(state, reports, self._basis(state, reports, now), now)

    def _basis(self, state: FleetState, reports: Reports, now: Timestamp) -> Basis:
        bounds = self.teller.bounds(state, reports, now)
        return Basis(self.teller.told, bounds, self._orders, self._scale(state), self._overdue_after)

    def basis(self, state: FleetState, reports: Reports, now: Timestamp) -> Basis:
        """Return what an order would be worked out from now, to keep."""
        basis = self._basis(state, reports, now)
        return replace(basis, told=dict(basis.told))

    def _look(self, state: FleetState) -> None:
        """Find whether the target can be had of the miners as they were seen last."""
        target = self.plan.target if self.plan else None
        self.out_of_reach = out_of_reach(target or Watts(0.0), self._seen, state.power_mode, self._tolerance)

    def _scale(self, state: FleetState) -> float:
        """Return what the site meter shows in units of what miners are known to draw; 1 without a meter."""
        return state.meter_scale if self._metered else 1.0

    def due(
        self, state: FleetState, reports: Reports, now: Timestamp
    ) -> list[tuple[MinerId, SetTarget | ReleaseControl]]:
        """Return what the miners are to be told now, and take it as told."""
        return self.teller.due(self._wanted, state, reports, now)

    def has_settled(self, reports: Reports) -> bool:
        """Whether all is done that can be: every miner in use was told its setpoint, and is at it or failed.

        Who failed is tried again after its back-off, for as long as the order stands.
        """
        used = self.plan.setpoints if self.plan else {}
        return all(self._is_settled(miner_id, reports.get(miner_id)) for miner_id in used)

    def _is_settled(self, miner_id: MinerId, report: MinerReport | None) -> bool:
        wanted, told = self._wanted.get(miner_id), self.teller.told
        if miner_id not in told or told[miner_id] != wanted or report is None:
            return False
        reached = report.desired.setpoint if report.desired else None
        return reached == wanted and (report.settled or report.fails_to_run)


def _want(
    miner: RegisteredMiner, state: FleetState, plan: Plan | None, dispatched: Setpoint | None
) -> Setpoint | None:
    """Return the setpoint of a miner; None releases it.

    A standby order also reaches those that are passed over: they are to stop when they come back.
    """
    hold = state.holds.get(miner.miner_id)
    if hold is not None:
        return hold_setpoint(hold, state)
    if miner.not_controllable or plan is None:
        return None
    return dispatched if plan.target else IDLE
