"""The product's own control loop, given what it is given in the field. Only here its shape is known."""

from collections.abc import Iterable

from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.messages import CommandResult, ReleaseControl
from actors.meter_board import MeterState
from benchmarks.dispatch.controllers.protocol import Reports, Rules, Told
from events.commands import (
    Activate,
    ChangeConfiguration,
    Command,
    ControlMiner,
    Deactivate,
    MinerAction,
    RegisterMiners,
    SetFrequency,
)
from events.state import Configuration, Hold, HoldKind, Order, Source
from netstab.dispatch.capacity import capacity
from netstab.meters.port import MeterReading
from netstab.simulation.virtual import controller
from netstab.simulation.virtual.log import FoldedLog
from netstab.simulation.virtual.plant import Plant
from netstab.units import Megahertz, MinerId, Seconds, Timestamp, WallTime, Watts

__all__ = ["Ours"]

_RATED = Watts(1e9)  # an order is judged by what comes of it, not refused
_STALE_AFTER = Seconds(10.0)


class Ours:
    """An order that is refused, as before the first miner answers, is given again at the next step."""

    def __init__(self, plant: Plant, rules: Rules) -> None:
        self._plant, self._constraints = plant, rules.constraints
        self._order: Order | None = None
        self._told: list[Told] = []
        log = FoldedLog(lambda: WallTime(plant.now), plant.site.mode)
        deciding = DecisionRules(rules.constraints, metered=plant.site.metered, rated_power=_RATED)
        self._controller = controller.VirtualController(
            log, deciding, WakeFence(), self._tell, Timestamp(plant.now)
        )
        self._set_up(rules)

    def _set_up(self, rules: Rules) -> None:
        configuration = Configuration(max_power_change_rate_kw_per_sec=rules.ramp_kw_per_second)
        take = self._controller.take
        take(RegisterMiners(tuple(self._plant.registered.values()), "scan"), Source.DASHBOARD)
        take(ChangeConfiguration(configuration, ()), Source.DASHBOARD)
        self._told.clear()  # to leave them alone, which they do
        for hold in rules.holds.values():
            take(_held_by(hold), Source.DASHBOARD)

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        ours, self._controller.now = self._controller, now
        if metered is not None:
            ours.metered = MeterState(now, _STALE_AFTER, MeterReading(metered, now))
        ours.ended(self._plant.take_news())
        known = ours.loop.reports
        ours.report(report for miner_id, report in reports.items() if known.get(miner_id) is not report)
        if order is not None and order is not self._order:
            self._take(order)
        ours.tick(now)
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
        ramp = Watts(1000 * view.state.configuration.max_power_change_rate_kw_per_sec)
        mode = view.state.power_mode
        return capacity(view.units, mode, view.record, self._constraints, ramp, Watts(0.0)).reachable


def _held_by(hold: Hold) -> Command:
    """Return the operator's command that holds a miner so."""
    if hold.kind is HoldKind.STOPPED:
        return ControlMiner(hold.miner_id, MinerAction.STOP)
    return SetFrequency(hold.miner_id, Megahertz(int(hold.setting or 0)), None)
