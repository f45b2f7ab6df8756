"""Keeps what the miners were told apart from what they are to be told, and lets changes go at the ramp limit.

It decides nothing about power itself (`netstab.dispatch` does) and sends nothing.
"""

from collections.abc import Mapping

from actors.fence import WakeFence
from actors.fleet.standing import hold_setpoint, running_at, standings
from actors.messages import Pursue, Release
from actors.report import MinerReport
from events.commands import Command, changes_order, ordered_power
from events.state import FleetState, RegisteredMiner
from netstab.dispatch.plan import Plan, plan
from netstab.dispatch.ramp import Change, RampState, release
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.power.models import model_named
from netstab.units import Megahertz, MinerId, Timestamp, Watts

__all__ = ["Dispatcher"]

Reports = Mapping[MinerId, MinerReport]


class Dispatcher:
    """`plan` is the one in force; `told` maps each miner to its last setpoint, None if it was released."""

    def __init__(self, tolerance_percent: float, fence: WakeFence) -> None:
        self._tolerance = tolerance_percent
        self._fence = fence
        self._ramp = RampState()
        self._wanted: dict[MinerId, Setpoint | None] = {}
        self.plan: Plan | None = None
        self.told: dict[MinerId, Setpoint | None] = {}
        self._orders: dict[MinerId, int] = {}

    def draft(self, target: Watts | None, state: FleetState, reports: Reports) -> Plan:
        """Plan for a target without adopting it; None is standby."""
        configuration = state.configuration
        return plan(
            target,
            standings(state, reports, self.told),
            mode=state.power_mode,
            strategy=configuration.power_distribution_strategy,
            priority=configuration.miner_priority,
            minimum_percent=configuration.min_miner_power_percent,
            tolerance_percent=self._tolerance,
        )

    def draft_for(self, command: Command, state: FleetState, reports: Reports) -> Plan | None:
        """Plan for the power that a command orders, None if it orders none."""
        if not changes_order(command):
            return None
        return self.draft(ordered_power(command), state, reports)

    def follow(self, state: FleetState, reports: Reports, drafted: Plan | None = None) -> None:
        """Plan anew for the order in force; before the first order every miner is left as it is."""
        self.told = {miner_id: told for miner_id, told in self.told.items() if miner_id in state.miners}
        self._orders = {miner_id: self._orders[miner_id] for miner_id in self.told}
        self.plan = drafted
        if drafted is None and state.order is not None:
            self.plan = self.draft(state.order.target, state, reports)
        self._wanted = {miner_id: self._want(miner, state) for miner_id, miner in state.miners.items()}

    def _want(self, miner: RegisteredMiner, state: FleetState) -> Setpoint | None:
        """Give the setpoint of a miner; None releases it.

        A standby order also reaches those that are passed over: they are to stop when they come back.
        """
        hold = state.holds.get(miner.miner_id)
        if hold is not None:
            return hold_setpoint(hold)
        if not miner.controllable or self.plan is None or state.order is None:
            return None
        if not state.order.target:
            return IDLE
        return self.plan.setpoints.get(miner.miner_id)

    def has_told(self, miner_id: MinerId, setpoint: Setpoint | None, order: int) -> None:
        """Note what a miner was told, for the command of which version."""
        self.told[miner_id], self._orders[miner_id] = setpoint, order

    def forget(self, miner_id: MinerId) -> None:
        """A miner's actor is new and knows nothing: tell it again."""
        self.told.pop(miner_id, None)

    def due(
        self, state: FleetState, reports: Reports, now: Timestamp
    ) -> list[tuple[MinerId, Pursue | Release]]:
        """Give what is to be told now, within the ramp limit, and take it as told."""
        changes = [
            Change(miner_id, setpoint, self._step(state.miners[miner_id], setpoint, reports.get(miner_id)))
            for miner_id, setpoint in self._wanted.items()
            if not self._knows(miner_id, setpoint, _order_of(miner_id, state))
        ]
        limit = Watts(1000 * state.configuration.max_power_change_rate_kw_per_sec)
        released, self._ramp = release(changes, self._ramp, limit, now)
        return [(change.miner_id, self._tell(change, state)) for change in released]

    def _knows(self, miner_id: MinerId, setpoint: Setpoint | None, order: int) -> bool:
        """Whether a miner was told its setpoint, and if that is to run, by an order that still stands."""
        if miner_id not in self.told or self.told[miner_id] != setpoint:
            return False
        if setpoint is None or not setpoint.running:
            return True
        return self._fence.allows(self._orders[miner_id]) or not self._fence.allows(order)

    def _tell(self, change: Change, state: FleetState) -> Pursue | Release:
        order = _order_of(change.miner_id, state)
        self.has_told(change.miner_id, change.setpoint, order)
        return Release(order) if change.setpoint is None else Pursue(change.setpoint, order)

    def _step(self, miner: RegisteredMiner, setpoint: Setpoint | None, report: MinerReport | None) -> Watts:
        """Give the change of power that telling a miner this commands; releasing it commands none."""
        if setpoint is None:
            return Watts(0.0)
        model = model_named(miner.model)
        before = running_at(miner, report, self.told.get(miner.miner_id))
        after = running_at(miner, report, setpoint)
        share = miner.rated_power / model.rated_power

        def drawn(frequency: Megahertz | None) -> float:
            return 0.0 if frequency is None else model.curve.power_at(frequency) * share

        return Watts(drawn(after) - drawn(before))

    def has_settled(self, reports: Reports) -> bool:
        """Whether every miner that dispatch uses was told its setpoint and is at it."""
        used = self.plan.setpoints if self.plan else {}
        return all(self._is_settled(miner_id, reports.get(miner_id)) for miner_id in used)

    def _is_settled(self, miner_id: MinerId, report: MinerReport | None) -> bool:
        wanted = self._wanted.get(miner_id)
        if miner_id not in self.told or self.told[miner_id] != wanted or report is None:
            return False
        reached = report.desired.setpoint if report.desired else None
        return reached == wanted and report.settled


def _order_of(miner_id: MinerId, state: FleetState) -> int:
    """Give the version of the command that a miner is told for.

    What an operator wanted of a miner after the newest order is above that order; a standby order that came
    later does not end a hold, but nothing is started for it any more.
    """
    order, hold = state.order, state.holds.get(miner_id)
    if order is None or (hold is not None and hold.since >= order.since):
        return state.version
    return order.version
