"""Three controllers without feedback of power: what is done where there is no better."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.dispatch.controllers.protocol import Ramped, Reports, Rules, Told
from events.state import Order, RegisteredMiner
from netstab.devices.antminer.s9 import ANTMINER_S9
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.power.allocation import Action, allocate
from netstab.power.unit import PowerMode, Unit
from netstab.simulation.virtual.plant import Plant
from netstab.units import MinerId, Timestamp, Watts

__all__ = ["LeastEfficientFirst", "Nameplate", "Uniform"]

_THRESHOLD = 0.3
"""A miner is added when more than this share of its power is still missing."""


class _OpenLoop:
    """Works an order out once, when it comes."""

    def __init__(self, plant: Plant, rules: Rules) -> None:
        self._mode = plant.site.mode
        self._miners = [miner for miner in plant.registered.values() if miner.controllable]
        self._ramped = Ramped(rules)
        self._order: Order | None = None

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        self._look(reports)
        if order is not None and order is not self._order:
            self._order = order
            self._work_out(order.target or Watts(0.0))
        return self._ramped.due(now)

    def _look(self, reports: Reports) -> None:
        """See what the miners tell of themselves."""

    def _work_out(self, target: Watts) -> None:
        raise NotImplementedError

    def declared(self, reports: Reports) -> Watts:
        return Watts(sum(miner.rated_power for miner in self._miners))


class Nameplate(_OpenLoop):
    """Counts every miner at its nameplate power and never looks at what comes of it."""

    def _work_out(self, target: Watts) -> None:
        units = {miner.miner_id: self._unit(miner) for miner in self._miners}
        for given in allocate(target, list(units.values()), mode=self._mode).assignments:
            if given.action is Action.IDLE:
                self._ramped.want(given.unit_id, IDLE, 0.0)
                continue
            tuned = self._mode is PowerMode.FREQUENCY or units[given.unit_id].tunes_freely
            point = given.point if tuned else None
            self._ramped.want(given.unit_id, Setpoint(running=True, point=point), given.power)

    def _unit(self, miner: RegisteredMiner) -> Unit:
        told = self._ramped.told.get(miner.miner_id)
        running = told is not None and told.running
        point = (told and told.point) or miner.points.full_point
        return Unit(
            unit_id=miner.miner_id,
            capabilities=miner.points,
            rated_power=miner.rated_power,
            running_at=point if running else None,
            own_point=None,
            running_hours=0.0,
        )


class Uniform(_OpenLoop):
    """Runs the whole fleet, all of one make, at one point; below the lowest it stops the fleet."""

    def _work_out(self, target: Watts) -> None:
        each = target / max(1, len(self._miners))
        point = min(self._miners[0].points.points, key=lambda option: abs(option.power - each))
        stopped = each < point.power / 2
        setpoint = IDLE if stopped else Setpoint(running=True, point=point)
        for miner in self._miners:
            self._ramped.want(miner.miner_id, setpoint, 0.0 if stopped else point.power)


@dataclass(slots=True)
class _Merit:
    """What miners tell of their efficiency, W per GH/s; one that told nothing yet ranks last."""

    known: dict[MinerId, float] = field(default_factory=dict)

    def learn(self, reports: Reports) -> None:
        for miner_id, report in reports.items():
            reading = report.reading
            if miner_id not in self.known and reading is not None and reading.hashrate > 5000:
                self.known[miner_id] = reading.power / reading.hashrate


class LeastEfficientFirst(_OpenLoop):
    """Runs miners whole in the order of the efficiency that they tell, and sheds from its other end."""

    def __init__(self, plant: Plant, rules: Rules) -> None:
        super().__init__(plant, rules)
        self._merit = _Merit()

    def _look(self, reports: Reports) -> None:
        self._merit.learn(reports)

    def _work_out(self, target: Watts) -> None:
        each = ANTMINER_S9.rated_power
        count = int(target / each + 1 - _THRESHOLD)
        ranked = sorted(self._miners, key=lambda miner: self._merit.known.get(miner.miner_id, 1.0))
        for place, miner in enumerate(ranked):
            runs = place < count
            setpoint = Setpoint(running=True, point=None) if runs else IDLE
            self._ramped.want(miner.miner_id, setpoint, each if runs else 0.0)
