"""The control loop on a plant: what it is given to see of miners and meter, and nothing else."""

from collections.abc import Callable

from actors.fence import WakeFence
from actors.fleet.view import DecisionRules
from actors.meter_board import MeterState
from events.commands import ChangeConfiguration, RegisterMiners
from events.log import FleetLog
from events.state import Configuration, Source
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.failsafe import FailsafeAction
from netstab.meters.port import MeterReading
from netstab.simulation.virtual.controller import Told, VirtualController
from netstab.simulation.virtual.log import FoldedLog
from netstab.simulation.virtual.miner import POLL_INTERVAL
from netstab.simulation.virtual.plant import Plant
from netstab.units import MinerId, Seconds, Timestamp, WallTime, Watts

__all__ = ["ClosedLoop"]

_RATED = Watts(1e9)  # an order is judged by what comes of it, not refused
_STALE_AFTER = Seconds(10.0)


class ClosedLoop:
    """Call `look` and then `controller.tick` as time passes; `tell` hears what miners are to be told.

    A `log` is new, of the plant's mode and time; without one nothing is kept. An EMS that says nothing for
    `ems_timeout` counts as silent, 0 s never.
    """

    def __init__(
        self,
        plant: Plant,
        constraints: Constraints,
        ramp_kw_per_second: float,
        fence: WakeFence,
        tell: Callable[[MinerId, Told], None],
        log: FleetLog | None = None,
        ems_timeout: Seconds = Seconds(0.0),
        ems_failsafe: Watts | str = FailsafeAction.HOLD,
    ) -> None:
        self._plant = plant
        log = log or FoldedLog(lambda: WallTime(plant.now), plant.site.mode)
        rules = DecisionRules(
            constraints,
            metered=plant.site.metered,
            poll_interval=POLL_INTERVAL,
            rated_power=_RATED,
            ems_timeout=ems_timeout,
            ems_failsafe=ems_failsafe,
        )
        self.controller = VirtualController(log, rules, fence, tell, Timestamp(plant.now))
        configuration = Configuration(max_power_change_rate_kw_per_sec=ramp_kw_per_second)
        self.controller.take(RegisterMiners(tuple(plant.registered.values()), "scan"), Source.DASHBOARD)
        self.controller.take(ChangeConfiguration(configuration, ()), Source.DASHBOARD)

    def look(self, now: Timestamp, metered: Watts | None) -> None:
        """See what miners and meter show at `now`; None where the meter shows nothing new."""
        self.controller.now = now
        if metered is not None:
            self.controller.metered = MeterState(now, _STALE_AFTER, MeterReading(metered, now))
        self.controller.ended(self._plant.take_news())
        known = self.controller.loop.reports
        self.controller.report(
            report for miner_id, report in self._plant.reports.items() if known.get(miner_id) is not report
        )
