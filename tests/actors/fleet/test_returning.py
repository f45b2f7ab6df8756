"""Units that come back by themselves, after an outage: no more at once than the ramp allows."""

from dataclasses import replace
from typing import Any

import pytest
from fleet_values import NOW, A, B, fleet_of, hold, miner, report

from actors.fence import WakeFence
from actors.fleet.memory import Schedule
from actors.fleet.returning import give_way, heard_of
from actors.fleet.schedule import due
from actors.fleet.view import DecisionRules, View
from actors.messages import ReleaseControl, SetTarget
from actors.report import MinerReport, Phase, Step
from events.commands import Activate
from events.state import Configuration, FleetState, HoldKind
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.dispatch.switching import UNTOUCHED
from netstab.power.unit import PowerMode
from netstab.simulation.profiles import FIELD
from netstab.simulation.virtual.closed_loop import ClosedLoop
from netstab.simulation.virtual.controller import Told
from netstab.simulation.virtual.plant import Plant
from netstab.simulation.virtual.s9 import s9
from netstab.simulation.virtual.site import Site, capability
from netstab.units import MinerId, Seconds, Timestamp, Version, Watts

RUN = Setpoint(running=True, point=None)
AWAY, STARTS, HASHES = report(Phase.UNREACHABLE), report(Phase.STARTING), report(Phase.HASHING)
BOTH = {A: STARTS, B: replace(STARTS, miner_id=B)}
RETURNED = Schedule(returned=(A, B))


def view(kw_per_second: float = 50.0, **state: Any) -> View:
    configured = Configuration(max_power_change_rate_kw_per_sec=kw_per_second)
    known: FleetState = replace(fleet_of(miner(A), miner(B)), configuration=configured, **state)
    return View(known, BOTH, NOW)


@pytest.mark.parametrize(
    ("before", "after", "noted"),
    [
        (AWAY, STARTS, True),
        (HASHES, STARTS, True),  # its power was away for less than a poll
        (report(Phase.ASLEEP), replace(STARTS, in_transition=Step.WAKE), False),
        (report(Phase.UNKNOWN), STARTS, False),  # nothing is known of it yet: this server has just begun
        (None, STARTS, False),
        (STARTS, STARTS, False),
        (AWAY, HASHES, False),  # only the network was away: it draws already
    ],
)
def test_who_starts_without_being_told_is_noted_once(
    before: MinerReport | None, after: MinerReport, noted: bool
) -> None:
    assert heard_of(Schedule(), before, after).returned == ((A,) if noted else ())


def test_all_go_on_where_the_ramp_allows_it() -> None:
    schedule, to_sleep = give_way(RETURNED, {A: RUN, B: RUN}, view())
    assert (schedule.returned, to_sleep) == ((), ())


def test_who_would_come_too_soon_is_put_to_sleep() -> None:
    schedule, to_sleep = give_way(RETURNED, {A: RUN, B: RUN}, view(0.04))  # 1.5 kW over the spread of starts
    assert [(change.miner_id, change.setpoint) for change in to_sleep] == [(B, IDLE)]
    assert schedule.ramp.up[0].until > NOW + 30


def test_one_whose_step_is_beyond_the_ramp_goes_on_alone_for_a_second_start_would_be_the_same_step() -> None:
    schedule, to_sleep = give_way(replace(RETURNED, returned=(A,)), {A: RUN, B: RUN}, view(0.01))
    assert to_sleep == ()
    assert schedule.ramp.up[0].until > NOW + 100
    assert len(give_way(replace(schedule, returned=(B,)), {A: RUN, B: RUN}, view(0.01))[1]) == 1


def test_who_gives_way_is_bound_by_no_minimum_time_and_woken_as_soon_as_the_ramp_allows() -> None:
    ran = UNTOUCHED.switched(Timestamp(NOW - 300), runs=True)
    minimum = DecisionRules(Constraints(min_on=Seconds(600.0), min_off=Seconds(600.0)))
    now = replace(view(0.04), rules=minimum)
    before = replace(RETURNED, history={A: ran, B: ran})
    schedule, told = due(before, {A: RUN, B: RUN}, now)
    assert [(each.miner_id, each.message) for each in told] == [(B, SetTarget(IDLE, Version(1)))]
    assert schedule.history == before.history


def test_no_more_are_kept_than_a_fleet_has_where_nobody_may_be_told_anything() -> None:
    schedule = Schedule(returned=(A,) * 50_000)
    assert heard_of(schedule, AWAY, replace(STARTS, miner_id=B)).returned[-1] == B
    assert len(heard_of(schedule, AWAY, STARTS).returned) == 50_000


def test_who_is_not_to_run_is_put_to_sleep_at_once() -> None:
    _, to_sleep = give_way(RETURNED, {A: RUN, B: IDLE}, view())
    assert [change.miner_id for change in to_sleep] == [B]


def test_who_is_not_planned_for_yet_waits_for_that() -> None:
    schedule, to_sleep = give_way(RETURNED, {A: None, B: RUN}, view())
    assert (schedule.returned, to_sleep) == ((A,), ())


def test_who_is_held_is_left_to_the_operator() -> None:
    schedule, to_sleep = give_way(RETURNED, {A: IDLE, B: RUN}, view(holds={A: hold(HoldKind.STARTED)}))
    assert (schedule.returned, to_sleep) == ((), ())


def run_through_an_outage(kw_per_second: float) -> list[float]:
    """Return the power of each second from when the power of most of a fleet is back."""
    site = Site(FIELD, 12, PowerMode.ON_OFF)
    plant, powers = Plant(site, asleep=False), list[float]()

    def tell(miner_id: MinerId, message: Told) -> None:
        setpoint = None if isinstance(message, ReleaseControl) else message.setpoint
        plant.tell(miner_id, setpoint, message.version)

    loop = ClosedLoop(plant, Constraints(), kw_per_second, WakeFence(), tell)
    lost = list(plant.miners.values())[:10]
    for second in range(400):
        plant.run_until(second)
        if second == 10:
            loop.controller.take(Activate(Watts(float(round(0.95 * capability(site))))))
        if second in (60, 160):
            for each in lost:
                physics = s9(each.device).physics
                physics.cut_power() if second == 60 else physics.return_power()
                plant.disturb(each)
        powers.append(plant.measure()[0])
        loop.look(Timestamp(second), Watts(powers[-1]))
        loop.controller.tick(Timestamp(second))
    return powers[160:]


def most_risen(powers: list[float], seconds: int) -> float:
    return max(after - before for before, after in zip(powers, powers[seconds:], strict=False))


def test_power_comes_back_along_the_ramp_after_an_outage() -> None:
    along = run_through_an_outage(0.05)
    assert (
        most_risen(along, 60) < 1.3 * 60 * 50
    )  # one S9 is 1.3 kW; all ten that come by themselves are 11 kW
    assert along[-1] > 4_000
