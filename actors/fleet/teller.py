"""Keeps what each miner was told, and lets what it is to be told now go out within ramp limit and waves.

What miners are to be told is the dispatcher's business; sending it is the FleetActor's.
"""

import operator
from collections.abc import Mapping

from actors.fence import WakeFence
from actors.fleet.standing import running_at
from actors.messages import ReleaseControl, SetTarget
from actors.report import MinerReport
from events.state import FleetState, RegisteredMiner
from netstab.dispatch.limits import Limits
from netstab.dispatch.ramp import Change, RampState, release
from netstab.dispatch.setpoint import Setpoint
from netstab.dispatch.staggered_start import StaggeredStart, may_wake, woken
from netstab.dispatch.switching import SwitchingHistory
from netstab.dispatch.unit_status import FREE, Bound
from netstab.power.unit import drawn_at
from netstab.units import MinerId, Setting, Timestamp, Version, Watts

__all__ = ["Teller"]

Reports = Mapping[MinerId, MinerReport]
Wanted = Mapping[MinerId, Setpoint | None]


class Teller:
    """`told` maps each miner to its last setpoint, None if it was released.

    `_all_knew` is what was asked when nothing was due: asked the same, a large fleet is not gone through.
    """

    def __init__(self, limits: Limits, fence: WakeFence) -> None:
        self._limits = limits
        self._fence = fence
        self._ramp = RampState()
        self._started: StaggeredStart = ()
        self._switching = SwitchingHistory(limits)
        self._orders: dict[MinerId, int] = {}
        self._all_knew: tuple[Wanted, FleetState, int, bool] | None = None
        self.told: dict[MinerId, Setpoint | None] = {}

    def keep(self, members: Mapping[MinerId, RegisteredMiner]) -> None:
        """Forget all about miners that are no members any more."""
        for miner_id in self.told.keys() - members.keys():
            self.forget(miner_id)
            self._switching.forget(miner_id)

    def forget(self, miner_id: MinerId) -> None:
        """A miner's actor is new and knows nothing: tell it again."""
        self.told.pop(miner_id, None)
        self._orders.pop(miner_id, None)
        self._all_knew = None

    def has_told(self, miner_id: MinerId, setpoint: Setpoint | None, order: int) -> None:
        """Note what a miner was told, for the command of which version."""
        self.told[miner_id], self._orders[miner_id] = setpoint, order
        self._all_knew = None

    def operated(self, miner_id: MinerId, setpoint: Setpoint, order: int, now: Timestamp) -> None:
        """Note what an operator has had a miner told."""
        self._switching.switched(miner_id, now, runs=setpoint.running)
        self.has_told(miner_id, setpoint, order)

    def bounds(self, state: FleetState, reports: Reports, now: Timestamp) -> Mapping[MinerId, Bound]:
        """Say who is not free to change, for what it was put through lately."""
        known = self._switching.noted() & state.miners.keys()
        found = {
            miner_id: self._bound(state.miners[miner_id], reports.get(miner_id), now) for miner_id in known
        }
        return {miner_id: bound for miner_id, bound in found.items() if bound != FREE}

    def _bound(self, miner: RegisteredMiner, report: MinerReport | None, now: Timestamp) -> Bound:
        runs = running_at(miner, report, self.told.get(miner.miner_id)) is not None
        stays = self._switching.stays(miner.miner_id, now, runs=runs)
        return Bound(stays, self._switching.keeps_point(miner.miner_id, now))

    def due(
        self, wanted: Wanted, state: FleetState, reports: Reports, now: Timestamp
    ) -> list[tuple[MinerId, SetTarget | ReleaseControl]]:
        """Return what is to be told now, and take it as told."""
        asked = (wanted, state, self._fence.standby_version, self._fence.closed)
        if self._all_knew is not None and all(map(operator.is_, asked, self._all_knew)):
            return []
        pending = [
            self._change(state.miners[miner_id], setpoint, reports.get(miner_id))
            for miner_id, setpoint in wanted.items()
            if not self._knows(miner_id, setpoint, _order_of(miner_id, state))
        ]
        if not pending:
            self._all_knew = asked
            return []
        wakes = [change.miner_id for change in pending if self._wakes(change, state, reports)]
        allowed = may_wake(wakes, self._started, self._limits, now)
        held_back = set(wakes) - allowed
        limit = Watts(1000 * state.configuration.max_power_change_rate_kw_per_sec)
        free = [change for change in pending if change.miner_id not in held_back]
        released, self._ramp = release(free, self._ramp, limit, now)
        waking = sum(1 for change in released if change.miner_id in allowed)
        self._started = woken(waking, self._started, self._limits, now)
        return [(change.miner_id, self._tell(change, state, reports, now)) for change in released]

    def _knows(self, miner_id: MinerId, setpoint: Setpoint | None, order: int) -> bool:
        """Whether a miner was told its setpoint, and if that is to run, by an order that still stands."""
        if miner_id not in self.told or self.told[miner_id] != setpoint:
            return False
        if setpoint is None or not setpoint.running:
            return True
        return self._fence.allows(self._orders[miner_id]) or not self._fence.allows(order)

    def _wakes(self, change: Change, state: FleetState, reports: Reports) -> bool:
        """Whether a change has a miner boot."""
        if change.setpoint is None or not change.setpoint.running:
            return False
        miner, told = state.miners[change.miner_id], self.told.get(change.miner_id)
        return running_at(miner, reports.get(change.miner_id), told) is None

    def _tell(
        self, change: Change, state: FleetState, reports: Reports, now: Timestamp
    ) -> SetTarget | ReleaseControl:
        miner_id, setpoint, order = change.miner_id, change.setpoint, _order_of(change.miner_id, state)
        report = reports.get(miner_id)
        if setpoint is not None:
            self._note_switching(state.miners[miner_id], setpoint, report, now)
        self.has_told(miner_id, setpoint, order)
        version = Version(order)
        return ReleaseControl(version) if setpoint is None else SetTarget(setpoint, version)

    def _note_switching(
        self, miner: RegisteredMiner, setpoint: Setpoint, report: MinerReport | None, now: Timestamp
    ) -> None:
        ran = running_at(miner, report, self.told.get(miner.miner_id)) is not None
        if self._switching.is_switched(miner.miner_id, ran=ran, runs=setpoint.running):
            self._switching.switched(miner.miner_id, now, runs=setpoint.running)
        if report is not None and (setpoint.tuning or setpoint.setting not in (None, report.setting)):
            self._switching.changed_point(miner.miner_id, now)

    def _change(
        self, miner: RegisteredMiner, setpoint: Setpoint | None, report: MinerReport | None
    ) -> Change:
        """Return the change of power that telling a miner this commands; releasing it commands none."""
        if setpoint is None:
            return Change(miner.miner_id, None, Watts(0.0))
        before = running_at(miner, report, self.told.get(miner.miner_id))
        after = running_at(miner, report, setpoint)
        return Change(miner.miner_id, setpoint, Watts(_drawn(miner, after) - _drawn(miner, before)))


def _drawn(miner: RegisteredMiner, setting: Setting | None) -> float:
    if setting is None:
        return 0.0
    return drawn_at(miner.points, miner.point_of(setting), miner.rated_power)


def _order_of(miner_id: MinerId, state: FleetState) -> int:
    """Return the version of the command that a miner is told for.

    What an operator wanted of a miner after the newest order is above that order; a standby order that came
    later does not end a hold, but nothing is started for it any more.
    """
    order, hold = state.order, state.holds.get(miner_id)
    if order is None or (hold is not None and hold.version > order.version):
        return state.version
    return order.version
