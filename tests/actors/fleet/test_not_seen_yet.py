"""After a start of the server a miner that is late with its first answer is not replaced at once."""

from dataclasses import replace

import pytest
from fleet_values import NOW, fleet_of, miner, report

from actors.fleet.dispatching import preview
from actors.fleet.memory import Memory
from actors.fleet.unit_book import UnitBook
from actors.fleet.view import DecisionRules, View
from actors.report import Phase
from netstab.dispatch.plan import Plan
from netstab.dispatch.statistics import UnitStatistics
from netstab.units import MinerId, Seconds, Timestamp, Watts

IDS = [MinerId(f"127.0.0.{number}") for number in range(1, 9)]
LATE = IDS[0]


def started(seconds_ago: float, *, ran: bool = True) -> View:
    """Return what is seen of a fleet of which half hashes, one of it not looked at yet."""
    told = UnitStatistics(runs=ran)
    state = replace(fleet_of(*map(miner, IDS)), experience={LATE: told})
    reports = {
        each: report(Phase.HASHING if place < 4 else Phase.ASLEEP, each, power=Watts(1460.0))
        for place, each in enumerate(IDS)
        if each != LATE
    }
    rules = DecisionRules(poll_interval=Seconds(5.0))
    return View(state, reports, NOW, rules=rules, started_at=Timestamp(NOW - seconds_ago))


def planned(view: View) -> Plan:
    return preview(Memory.begun(NOW), Watts(4 * 1460.0 + 4 * 51.0), view)[0]


def running(plan: Plan) -> int:
    return sum(1 for setpoint in plan.setpoints.values() if setpoint.running)


def test_who_ran_before_counts_with_what_it_drew_while_it_is_awaited() -> None:
    plan = planned(started(10.0))
    assert (running(plan), plan.shortfall, plan.uncontrolled_power) == (3, 0.0, 1460.0)


@pytest.mark.parametrize(("seconds_ago", "ran"), [(26.0, True), (10.0, False)])
def test_others_are_woken_for_who_does_not_come_and_for_who_did_not_run(
    seconds_ago: float, ran: bool
) -> None:
    assert running(planned(started(seconds_ago, ran=ran))) == 4


def test_what_is_kept_of_it_ends_with_its_time() -> None:
    view = started(10.0)
    late = [unit.measured_power for unit in view.units if unit.unit_id == LATE]
    later = replace(view, now=Timestamp(NOW + 16.0))
    assert late == [1460.0]
    assert list(later.units) == list(replace(later, book=UnitBook()).units)
    assert later.units[0].measured_power == 0.0
