from dataclasses import replace

from dispatch_units import ahead_of
from fleet_values import FULL, NOW, RUN, A, B, C, failed, fleet_of, miner, report
from points import at

from actors.fleet.assessment import running_at
from actors.fleet.availability import availability
from actors.fleet.memory import Schedule
from actors.fleet.view import View
from actors.report import Phase, Step
from netstab.dispatch.forecast import forecast
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.unit_status import Availability
from netstab.units import Megahertz, Timestamp, Watts


def test_a_miner_that_took_a_wake_and_failed_is_not_counted_on_as_running() -> None:
    stuck = report(Phase.STARTING, backoffs=failed(Step.WAKE, wait=-1))
    assert availability(miner(), stuck, None)[0] is Availability.AVAILABLE
    assert running_at(miner(), stuck, None) is None
    assert running_at(miner(), replace(stuck, in_transition=Step.WAKE), None) == FULL
    assert running_at(miner(), replace(stuck, backoffs=()), None) == FULL


def test_what_a_miner_was_told_comes_before_what_it_is_seen_at() -> None:
    assert running_at(miner(), report(Phase.HASHING), IDLE) is None
    at_475 = Setpoint(running=True, point=at(475))
    assert running_at(miner(), report(Phase.ASLEEP), at_475) == 475
    assert running_at(miner(), report(Phase.HASHING, setting=Megahertz(600)), None) == 600
    assert running_at(miner(home_frequency=None), None, Setpoint(running=True, point=None)) == 650


def test_standings_are_in_the_order_of_registration_and_of_registered_miners_only() -> None:
    fleet = fleet_of(miner(B), miner(A))
    reports = {A: report(Phase.HASHING), C: report(Phase.HASHING, C)}
    found = View(fleet, reports, NOW, Schedule({B: RUN})).units
    assert [(one.unit_id, one.hashing, one.running_at) for one in found] == [
        (B, False, at(650)),
        (A, True, at(650)),
    ]


def test_a_miner_that_draws_without_hashing_is_counted_for_what_it_draws_and_replaced_by_nobody() -> None:
    lost_pool = report(Phase.STARTING, A, power=Watts(1460.0), uncertain="it does not hash", at=NOW + 100)
    (found,) = View(fleet_of(miner(A)), {A: lost_pool}, Timestamp(NOW + 100), Schedule({A: RUN})).units
    assert (found.measured_power, found.certainty, found.starting) == (1460.0, 1.0, False)
    assert forecast(ahead_of({A: RUN}, [found]), Watts(0.0)).expected == 1460.0
