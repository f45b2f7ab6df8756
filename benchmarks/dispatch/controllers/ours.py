"""The product's own control loop, given what it is given in the field. Only here its shape is known."""

from collections.abc import Iterable

from actors.fence import WakeFence
from actors.messages import CommandResult, ReleaseControl
from benchmarks.dispatch.controllers.protocol import Reports, Rules, Told
from events.commands import Activate, Command, ControlMiner, Deactivate, MinerAction, SetFrequency
from events.state import Hold, HoldKind, Order, Source
from netstab.dispatch.capacity import capacity
from netstab.dispatch.ramp import ramps
from netstab.simulation.virtual import controller
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.plant import Plant
from netstab.units import Megahertz, MinerId, Timestamp, Watts

__all__ = ["Ours"]


class Ours:
    """An order that is refused, as before the first miner answers, is given again at the next step."""

    def __init__(self, plant: Plant, rules: Rules) -> None:
        self._constraints = rules.constraints
        self._order: Order | None = None
        self._told: list[Told] = []
        self._loop = ClosedLoop(plant, rules.constraints, rules.ramp_kw_per_second, WakeFence(), self._tell)
        self._controller = self._loop.controller
        self._told.clear()  # to leave them alone, which they do
        for hold in rules.holds.values():
            self._controller.take(_held_by(hold), Source.DASHBOARD)

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        self._loop.look(now, metered)
        if order is not None and order is not self._order:
            self._take(order)
        self._controller.tick(now)
        told, self._told = self._told, []
        return told

    def _take(self, order: Order) -> None:
        answer = self._controller.take(Activate(order.target) if order.target else Deactivate())
        if isinstance(answer, CommandResult):
            self._order = order
        elif answer.code != "FLEET_OFFLINE":
            raise answer

    def _tell(self, miner_id: MinerId, message: controller.Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self._told.append((miner_id, setpoint))

    def declared(self, reports: Reports) -> Watts:
        """Return what the product shows as reachable power."""
        view = self._controller.loop.view()
        limits = ramps(self._constraints, view.state.configuration.max_power_change_rate_kw_per_sec)
        mode = view.state.power_mode
        return capacity(view.units, mode, view.record, self._constraints, limits, Watts(0.0)).reachable


def _held_by(hold: Hold) -> Command:
    """Return the operator's command that holds a miner so."""
    if hold.kind is HoldKind.STOPPED:
        return ControlMiner(hold.miner_id, MinerAction.STOP)
    return SetFrequency(hold.miner_id, Megahertz(int(hold.setting or 0)), None)
