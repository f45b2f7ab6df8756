"""What each miner is told, when, and for which order; fleets of three without actors."""

import time
from dataclasses import replace
from typing import Any

import pytest
from fleet_values import (
    AT_FULL,
    NOW,
    RUN,
    A,
    B,
    C,
    at_its_setpoint,
    fleet_of,
    hold,
    miner,
    order,
    origin,
    report,
)

from actors.fence import WakeFence
from actors.fleet.dispatching import follow, has_settled, preview
from actors.fleet.machine import recorded, refresh
from actors.fleet.memory import Memory, Schedule
from actors.fleet.schedule import due, forgotten, operated, restored
from actors.fleet.view import DecisionRules, View
from actors.messages import CommandRequest, ReleaseControl, SetTarget
from actors.report import MinerReport, Phase
from events.commands import Move, MoveMiners
from events.state import Configuration, FleetState, HoldKind, Source
from netstab.dispatch.constraints import Constraints
from netstab.dispatch.setpoint import IDLE
from netstab.dispatch.statistics import NEW
from netstab.dispatch.switching import SwitchingHistory
from netstab.units import MinerId, Seconds, Timestamp, Version, WallTime, Watts

MINERS = miner(A), miner(B), miner(C)
ASLEEP = {miner_id: report(Phase.ASLEEP, miner_id) for miner_id in (A, B, C)}
HASHING = {miner_id: report(Phase.HASHING, miner_id) for miner_id in (A, B, C)}
SLOW = Configuration(max_power_change_rate_kw_per_sec=1.46)


class Setting:
    """Follows states as the control loop does, and keeps what it remembers."""

    def __init__(self) -> None:
        self.fence = WakeFence()
        self.memory = Memory.begun(NOW)

    def told(
        self, state: FleetState, reports: dict[MinerId, MinerReport], after: float = 0.0
    ) -> dict[str, Any]:
        """Follow a state and give what is told at that moment."""
        if state.order is not None and not state.order.target:
            self.fence.standby_version = max(self.fence.standby_version, state.order.version)
        view = self.view(state, reports, after)
        self.memory = follow(self.memory, view)
        return dict(self.due(view))

    def view(self, state: FleetState, reports: dict[MinerId, MinerReport], after: float = 0.0) -> View:
        now = Timestamp(NOW + after)
        return View(state, reports, now, self.memory.schedule, fence=self.fence.level)

    def due(self, view: View) -> list[Any]:
        schedule, told = due(self.memory.schedule, self.memory.wanted, view)
        self.memory = replace(self.memory, schedule=schedule)
        return [(each.miner_id, each.message) for each in told]

    def forget(self, miner_id: str) -> None:
        self.memory = replace(self.memory, schedule=forgotten(self.memory.schedule, {MinerId(miner_id)}))


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_before_the_first_order_every_miner_is_left_as_it_is(setting: Setting) -> None:
    assert setting.told(fleet_of(*MINERS), HASHING) == dict.fromkeys((A, B, C), ReleaseControl(Version(1)))


def test_what_was_told_is_not_told_again(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(2920.0, 2))
    assert setting.told(state, ASLEEP) == {
        A: SetTarget(RUN, Version(2)),
        B: SetTarget(RUN, Version(2)),
        C: SetTarget(IDLE, Version(2)),
    }
    assert setting.told(state, ASLEEP, after=1) == {}
    assert setting.told(replace(state, order=order(2920.0, 3)), ASLEEP, after=2) == {}


def test_of_a_large_fleet_some_are_told_at_a_time_until_all_are(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.fleet.schedule.MOST_AT_ONCE", 2)
    state = fleet_of(*MINERS, order=order(4380.0, 2))
    first = setting.told(state, ASLEEP)
    view = setting.view(state, ASLEEP)
    assert [len(first), len(setting.memory.schedule.let)] == [2, 1]
    assert dict(setting.due(view)) | first == dict.fromkeys((A, B, C), SetTarget(RUN, Version(2)))
    assert setting.due(view) == []


def test_who_was_not_told_yet_of_an_order_is_told_of_the_next_one_alone(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.fleet.schedule.MOST_AT_ONCE", 2)
    setting.told(fleet_of(*MINERS, order=order(4380.0, 2)), ASLEEP)
    standby = fleet_of(*MINERS, order=order(None, 3))
    told = setting.told(standby, ASLEEP, after=1)
    told |= dict(setting.due(setting.view(standby, ASLEEP, after=1)))
    assert told == dict.fromkeys((A, B, C), SetTarget(IDLE, Version(3)))


def test_what_is_recorded_while_some_are_still_to_be_told_holds_up_nobody(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.fleet.schedule.MOST_AT_ONCE", 2)
    all_at_once = Configuration(max_power_change_rate_kw_per_sec=5.0)
    state = fleet_of(*MINERS, order=order(4380.0, 2), configuration=all_at_once)
    first = setting.told(state, ASLEEP)
    rest = dict(setting.due(setting.view(replace(state, version=9), ASLEEP)))
    assert (len(first), first | rest) == (2, dict.fromkeys((A, B, C), SetTarget(RUN, Version(2))))


def test_a_miner_whose_actor_is_new_is_told_again(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(1460.0, 2))
    setting.told(state, ASLEEP)
    setting.forget(A)
    assert setting.told(state, ASLEEP, after=1) == {A: SetTarget(RUN, Version(2))}


def test_a_miner_is_told_again_though_all_knew_what_is_wanted_and_nothing_else_has_changed(
    setting: Setting,
) -> None:
    state = fleet_of(*MINERS, order=order(1460.0, 2))
    setting.told(state, ASLEEP)
    view = setting.view(state, ASLEEP, after=1)
    assert setting.due(view) == []
    setting.forget(A)
    assert setting.due(view) == [(A, SetTarget(RUN, Version(2)))]
    assert setting.due(view) == []
    schedule = operated(setting.memory.schedule, B, RUN, Version(3), view.now)
    setting.memory = replace(setting.memory, schedule=schedule)
    assert setting.due(view) == [(B, SetTarget(IDLE, Version(2)))]


def test_changes_go_out_at_the_ramp_limit(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(4380.0, 2), configuration=SLOW)
    moments = [list(setting.told(state, ASLEEP, after=tick / 4)) for tick in range(9)]
    assert moments == [[A], [], [], [], [B], [], [], [], [C]]


def test_a_standby_order_reaches_those_that_are_passed_over(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(4380.0, 2))
    setting.told(state, HASHING)
    lost = HASHING | {B: report(Phase.UNREACHABLE, B)}
    assert setting.told(state, lost, after=1) == {B: ReleaseControl(Version(2))}
    standby = replace(state, order=order(None, 3))
    assert setting.told(standby, lost, after=2) == dict.fromkeys((A, B, C), SetTarget(IDLE, Version(3)))


def test_a_miner_that_no_standby_order_reached_gets_the_order_that_ends_the_standby(setting: Setting) -> None:
    """Else it would be wanted by an order that the fence has stopped for ever."""
    running = fleet_of(*MINERS, order=order(4380.0, 2), configuration=SLOW)
    for second in range(3):
        setting.told(running, ASLEEP, after=second)
    standby = replace(running, order=order(None, 3))
    assert setting.told(standby, HASHING, after=10) == {A: SetTarget(IDLE, Version(3))}
    again = replace(running, order=order(4380.0, 4))
    assert setting.told(again, HASHING, after=10.1) == {
        A: SetTarget(RUN, Version(4)),
        B: SetTarget(RUN, Version(4)),
        C: SetTarget(RUN, Version(4)),
    }
    assert setting.told(again, HASHING, after=12) == {}


def test_a_hold_is_above_the_order_before_it_and_starts_nothing_after_a_later_standby(
    setting: Setting,
) -> None:
    held = {A: hold(HoldKind.FREQUENCY, version=5)}
    state = fleet_of(miner(A), version=7, order=order(None, 3), holds=held)
    assert setting.told(state, ASLEEP) == {A: SetTarget(AT_FULL, Version(7))}
    setting.forget(A)
    standby = replace(state, version=9, order=order(None, 8))
    assert setting.told(standby, ASLEEP, after=10) == {A: SetTarget(AT_FULL, Version(8))}
    assert not setting.fence.allows(8)
    assert setting.told(replace(standby, version=20), ASLEEP, after=11) == {}
    activated = replace(standby, order=order(1460.0, 21))
    assert setting.told(activated, ASLEEP, after=12) == {A: SetTarget(AT_FULL, Version(21))}


def test_held_and_uncontrollable_miners_are_not_dispatched(setting: Setting) -> None:
    miners = miner(A), miner(B, controllable=False), miner(C)
    state = fleet_of(*miners, order=order(4380.0, 2), holds={A: hold(HoldKind.STOPPED)})
    told = setting.told(state, ASLEEP)
    assert told == {
        A: SetTarget(IDLE, Version(2)),
        B: ReleaseControl(Version(2)),
        C: SetTarget(RUN, Version(2)),
    }


def test_a_removed_miner_is_forgotten(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(4380.0, 2))
    setting.told(state, ASLEEP)
    setting.told(replace(state, miners={A: MINERS[0]}), ASLEEP, after=1)
    assert list(setting.memory.schedule.commanded) == [A]


def test_a_fleet_has_settled_when_every_miner_is_at_what_it_was_told(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(2920.0, 2))
    setting.told(state, ASLEEP)
    reached = {A: at_its_setpoint(RUN, A), B: at_its_setpoint(RUN, B), C: at_its_setpoint(IDLE, C)}

    def settled(reports: dict[MinerId, MinerReport]) -> bool:
        return has_settled(setting.memory, setting.view(state, reports))

    assert settled(reached)
    assert not settled(reached | {B: replace(reached[B], settled=False)})
    assert not settled(reached | {B: at_its_setpoint(IDLE, B)})
    assert not settled({A: reached[A]})


def test_a_draft_is_not_adopted(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(None, 2))
    setting.told(state, ASLEEP)
    plan, _ = preview(setting.memory, Watts(4380.0), setting.view(state, ASLEEP))
    assert plan.setpoints == dict.fromkeys((A, B, C), RUN)
    assert setting.told(state, ASLEEP, after=1) == {}


def test_a_miner_that_fell_silent_is_replaced_and_its_return_changes_nothing_more(setting: Setting) -> None:
    state = fleet_of(*MINERS, order=order(1460.0, 2))
    setting.told(state, HASHING | {B: ASLEEP[B], C: ASLEEP[C]})
    lost = ASLEEP | {A: report(Phase.UNREACHABLE)}
    assert setting.told(state, lost, after=1) == {
        A: ReleaseControl(Version(2)),
        B: SetTarget(RUN, Version(2)),
    }
    assert setting.told(state, ASLEEP, after=20) == {A: SetTarget(IDLE, Version(2))}
    assert setting.told(state, ASLEEP, after=21) == {}


def test_a_hold_and_a_later_standby_of_one_moment_start_nothing(setting: Setting) -> None:
    held = {A: hold(HoldKind.FREQUENCY)}
    state = fleet_of(miner(A), version=12, order=order(None, 10), holds=held)
    (told,) = setting.told(state, ASLEEP).values()
    assert not setting.fence.allows(told.version)


def test_a_whole_fleet_that_moves_is_taken_over_in_linear_time() -> None:
    few, many = (min(seconds_to_move(number) for _ in range(3)) for number in (1_000, 4_000))
    assert many < 8 * few


def seconds_to_move(miners: int) -> float:
    """Return this thread's seconds for a fleet of so many, each of which moves to a new address."""
    addresses = [MinerId(f"127.1.{number // 250}.{number % 250}") for number in range(2 * miners)]
    old, new = addresses[:miners], addresses[miners:]
    moves = MoveMiners(tuple(Move("", *each) for each in zip(old, new, strict=True)))
    schedule = Schedule(commanded=dict.fromkeys(old, RUN), versions=dict.fromkeys(old, Version(1)))
    memory = replace(Memory.begun(NOW), schedule=schedule)
    before, after = (fleet_of(*map(miner, each)) for each in (old, new))
    began = time.thread_time()
    moved = CommandRequest(moves, origin(Source.SYSTEM), NOW)
    memory, _ = recorded(memory, moved, Version(2), before, View(after, {}, NOW))
    took = time.thread_time() - began
    assert not memory.schedule.commanded
    return took


def test_a_minimum_time_outlives_the_server_under_which_it_began() -> None:
    lately, earlier, ahead = (
        replace(NEW, switched_at=WallTime(NOW - ago), runs=runs)
        for ago, runs in ((20.0, True), (300.0, True), (-50.0, False))
    )
    state = replace(fleet_of(*MINERS), experience={A: lately, B: earlier, C: ahead})
    constraints = Constraints(min_on=Seconds(60.0), min_off=Seconds(60.0))
    view = View(state, HASHING, NOW, Schedule(), rules=DecisionRules(constraints))
    memory, _ = refresh(Memory.begun(NOW), view)
    assert not memory.initializing
    assert memory.schedule.history == {A: SwitchingHistory(Timestamp(NOW - 20.0), runs=True)}


def test_without_minimum_times_nothing_is_taken_up_of_them() -> None:
    known = {A: replace(NEW, switched_at=WallTime(NOW), runs=True)}
    view = View(replace(fleet_of(*MINERS), experience=known), HASHING, NOW, Schedule())
    assert restored(Schedule(), view) == Schedule()
