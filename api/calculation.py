"""What a target would mean now: the allocation that a command would get, without giving one."""

from collections.abc import Mapping

import falcon

from actors.fleet.dispatching import preview
from actors.port import DispatchPort
from api.operation import operation
from api.schemas.power import AllocationAnswer, AllocationSummary, AssignmentView, PowerTarget
from events.refusal import above_rated
from events.state import RegisteredMiner
from netstab.devices.antminer.s9 import frequency_of, voltage_of
from netstab.dispatch.forecast import Forecast
from netstab.dispatch.plan import Plan
from netstab.errors import ErrorCode
from netstab.power.allocation import Action, Assignment
from netstab.units import Megahertz, MinerId, Watts, asked_watts, kilowatts

__all__ = ["CalculateResource"]


class CalculateResource:
    def __init__(self, fleet: DispatchPort) -> None:
        self._fleet = fleet

    @operation(
        "Calculate the allocation of a target without applying it",
        AllocationAnswer,
        body=PowerTarget,
        refusals=(ErrorCode.INVALID_POWER,),
    )
    def on_post(self, _request: falcon.Request, body: PowerTarget) -> AllocationAnswer:
        snapshot, target = self._fleet.snapshot, asked_watts(body.target_power_kw)
        if target > snapshot.rated_power:
            raise above_rated(target, snapshot.rated_power)
        planned, expected = preview(snapshot.memory, target, snapshot.view)
        return _answer(target, planned, expected, snapshot.state.miners)


def _answer(
    target: Watts, planned: Plan, expected: Forecast, miners: Mapping[MinerId, RegisteredMiner]
) -> AllocationAnswer:
    allocation = planned.allocation
    return AllocationAnswer(
        target_power_kw=kilowatts(target),
        allocation=[_view(assignment, miners) for assignment in allocation.assignments],
        summary=AllocationSummary(
            full_miners=allocation.count(Action.FULL),
            swing_miners=allocation.count(Action.SWING),
            idle_miners=allocation.count(Action.IDLE),
            estimated_power_watts=round(expected.expected),
            estimated_power_kw=kilowatts(expected.expected),
        ),
    )


def _view(assignment: Assignment, miners: Mapping[MinerId, RegisteredMiner]) -> AssignmentView:
    setting = assignment.point.setting if assignment.point is not None else None
    miner = miners[assignment.unit_id]
    frequency = frequency_of(miner, setting) or Megahertz(0)
    return AssignmentView(
        ip=assignment.unit_id,
        action=assignment.action,
        frequency=frequency,
        voltage=voltage_of(miner.model, frequency) or 0.0,
        estimated_power=round(assignment.power),
    )
