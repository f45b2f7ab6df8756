"""The product's own control loop, given what it is given in the field. Only here its shape is known."""

from collections.abc import Iterable

from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.messages import CommandResult, ReleaseControl
from actors.meter_board import MeterState
from benchmarks.dispatch.controllers.protocol import Reports, Rules, Told
from benchmarks.dispatch.plant import Plant
from events.commands import (
    Activate,
    ChangeConfiguration,
    ControlMiner,
    Deactivate,
    MinerAction,
    RegisterMiners,
)
from events.state import Configuration, HoldKind, Order, Source
from netstab.dispatch.capacity import capacity
from netstab.meters.port import MeterReading
from netstab.simulation.virtual import controller
from netstab.simulation.virtual.log import FoldedLog
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts

__all__ = ["Ours"]

_RATED = Watts(1e9)  # an order is judged by what comes of it, not refused
_STALE_AFTER = Seconds(10.0)


class Ours:
    """An order that is refused, as before the first miner answers, is given again at the next step."""

    def __init__(self, plant: Plant, rules: Rules) -> None:
        self._plant, self._limits = plant, rules.limits
        self._order: Order | None = None
        self._told: list[Told] = []
        log = FoldedLog(lambda: WallTime(plant.now), plant.site.mode)
        deciding = DecisionRules(rules.limits, metered=plant.site.metered, rated_power=_RATED)
        self._controller = controller.VirtualController(
            log, deciding, WakeFence(), self._tell, Timestamp(plant.now)
        )
        self._set_up(rules)

    def _set_up(self, rules: Rules) -> None:
        configuration = Configuration(max_power_change_rate_kw_per_sec=rules.ramp_kw_per_second)
        take = self._controller.take
        take(RegisterMiners(tuple(self._plant.registered.values()), "scan"), Source.DASHBOARD)
        take(ChangeConfiguration(configuration, ()), Source.DASHBOARD)
        for hold in rules.holds.values():
            action = MinerAction.STOP if hold.kind is HoldKind.STOPPED else MinerAction.START
            take(ControlMiner(hold.miner_id, action), Source.DASHBOARD)

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        ours, self._controller.now = self._controller, now
        if metered is not None:
            ours.meter = MeterState(now, _STALE_AFTER, MeterReading(metered, now))
        ours.ended(self._plant.take_news())
        known = ours.loop.reports
        ours.report(report for miner_id, report in reports.items() if known.get(miner_id) is not report)
        if order is not None and order is not self._order:
            command = Activate(order.target) if order.target else Deactivate()
            if isinstance(ours.take(command), CommandResult):
                self._order = order
        ours.tick(now)
        told, self._told = self._told, []
        return told

    def _tell(self, miner_id: MinerId, message: controller.Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        self._told.append((miner_id, setpoint))

    def declared(self, reports: Reports) -> Watts:
        """Return what the product shows as reachable power."""
        view = self._controller.loop.view()
        ramp = Watts(1000 * view.state.configuration.max_power_change_rate_kw_per_sec)
        mode = view.state.power_mode
        return capacity(view.units, mode, view.record, self._limits, ramp, Watts(0.0)).reachable
