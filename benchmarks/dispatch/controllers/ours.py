"""The product's own dispatch, driven as its FleetActor drives it. All that knows its shape is in here."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from actors.fleet.dispatcher import Dispatcher
from actors.fleet.learner import Learner
from actors.fleet.standing import bearing, standings
from actors.messages import SetTarget
from actors.report import Step
from benchmarks.dispatch.controllers.protocol import Reports, Rules, Told
from benchmarks.dispatch.plant import Plant
from events.commands import Activate, Deactivate
from events.state import Configuration, FleetState, Order
from netstab.dispatch.capacity import capacity
from netstab.dispatch.statistics import NEW, after_failure, after_wake, start_statistics
from netstab.dispatch.unit_status import Availability
from netstab.units import MinerId, Timestamp, Watts

__all__ = ["Ours"]

_ATTEND_EVERY = 0.9


class Ours:
    """What the FleetActor records in the log and reads back from it is kept in the state at once."""

    def __init__(self, plant: Plant, rules: Rules) -> None:
        site = plant.site
        self._plant = plant
        self._state = FleetState(
            version=1,
            power_mode=site.mode,
            configuration=Configuration(max_power_change_rate_kw_per_sec=rules.ramp_kw_per_second),
            miners=plant.registered,
            holds=rules.holds,
        )
        self._dispatcher = Dispatcher(rules.limits, plant.fence, metered=site.metered)
        self._limits = rules.limits
        self._learner = Learner(Timestamp(0.0))
        self._bearings: dict[MinerId, tuple[Availability, bool]] = {}
        self._attended_at = 0.0

    def decide(
        self, now: Timestamp, order: Order | None, reports: Reports, metered: Watts | None
    ) -> Iterable[Told]:
        if order is not None and order is not self._state.order:
            self._take(order, reports, now)
        if now - self._attended_at >= _ATTEND_EVERY:
            self._attended_at = now
            self._attend(reports, metered, now)
        told = self._dispatcher.due(self._state, reports, now)
        return [(id_, said.setpoint if isinstance(said, SetTarget) else None) for id_, said in told]

    def _take(self, order: Order, reports: Reports, now: Timestamp) -> None:
        command = Activate(order.target) if order.target else Deactivate()
        plan = self._dispatcher.draft_for(command, self._state, reports, now)
        self._state = replace(self._state, order=order, version=order.version)
        self._dispatcher.follow(self._state, reports, now, plan)

    def _attend(self, reports: Reports, metered: Watts | None, now: Timestamp) -> None:
        self._respond()
        bearings = {
            miner_id: bearing(miner, reports.get(miner_id), self._state.holds.get(miner_id))
            for miner_id, miner in self._state.miners.items()
        }
        if bearings != self._bearings:
            self._bearings = bearings
            self._dispatcher.follow(self._state, reports, now)
        self._learn(reports, metered, now)
        self._dispatcher.review(self._state, reports, now)

    def _respond(self) -> None:
        """Learn how wakes ended, as the event that records them does."""
        experience = dict(self._state.experience)
        for news in self._plant.take_news():
            if news.step is Step.WAKE and news.seconds is not None:
                known = experience.get(news.miner_id, NEW)
                ended = after_failure(known) if news.reason else after_wake(known, news.seconds)
                experience[news.miner_id] = ended
        self._state = replace(self._state, experience=MappingProxyType(experience))

    def _learn(self, reports: Reports, metered: Watts | None, now: Timestamp) -> None:
        findings = self._learner.review(self._state, reports, metered, now)
        if findings is None:
            return
        experience = dict(self._state.experience)
        for miner_id, (factor, hours) in findings.measured.items():
            known = experience.get(miner_id, NEW)
            experience[miner_id] = replace(
                known, power_factor=round(factor, 3), running_hours=round(hours, 3)
            )
        self._state = replace(
            self._state, experience=MappingProxyType(experience), meter_scale=round(findings.meter_scale, 3)
        )

    def declared(self, reports: Reports) -> Watts:
        """Return what the product shows as reachable power."""
        state, now = self._state, Timestamp(self._plant.now)
        known = standings(state, reports, self._dispatcher.basis(state, reports, now), now)
        record = start_statistics(state.experience.values())
        ramp = Watts(1000 * state.configuration.max_power_change_rate_kw_per_sec)
        return capacity(known, state.power_mode, record, self._limits, ramp, Watts(0.0)).reachable
