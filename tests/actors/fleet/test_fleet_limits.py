"""Limits over a real log: what is pursued, told and recorded, in a time the test moves."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from fleet_values import A, B, at_its_setpoint, report
from test_fleet_actor import TIMEOUT, Mailbox

from actors.messages import SetTarget
from actors.report import Phase
from actors.snapshot import FleetPhase
from events.commands import (
    Activate,
    ApplyPower,
    ControlMiner,
    Deactivate,
    LiftLimit,
    MinerAction,
    SetLimit,
    SetOverride,
)
from events.fleet import Fleet
from events.history import HistoryReader
from events.replay import Differences
from events.state import Source
from events.store import FleetStore
from netstab.dispatch.setpoint import IDLE
from netstab.units import WallTime, Watts

FOR_ONE, BOTH = Watts(1600.0), Watts(2920.0)
OPERATOR = Source.DASHBOARD


@pytest.fixture
def setting(begin: Callable[..., Any]) -> Any:
    return begin()


def limit(setting: Any, power: float, source: str = "grid", lasts: float | None = None) -> Any:
    until = None if lasts is None else WallTime(setting.wall() + lasts)
    return setting.ask(SetLimit(source, Watts(power), until), OPERATOR)


def wanted(setting: Any, *miner_ids: str) -> list[bool]:
    """Return what the miners were told last, since they were asked the last time: whether to run."""
    told = [setting.told(miner_id) for miner_id in miner_ids]
    return [each[-1].setpoint.running for each in told if each and isinstance(each[-1], SetTarget)]


def test_what_is_pursued_is_the_least_of_setpoint_and_limits_and_the_target_stays_the_setpoint(
    setting: Any,
) -> None:
    setting.ask(Activate(BOTH))
    assert wanted(setting, A, B) == [True, True]
    limit(setting, 1600.0)
    limit(setting, 2000.0, "site")
    status = setting.status
    assert (status.target, status.pursued, status.binding_limit.source) == (BOTH, FOR_ONE, "grid")
    assert wanted(setting, A, B) == [False]
    assert "The limit of grid leaves 1.6 kW of the 2.92 kW ordered." in status.errors
    setting.ask(LiftLimit("grid"), OPERATOR)
    assert setting.status.pursued == 2000.0


def test_an_order_above_a_limit_is_taken_and_says_what_is_left_of_it(setting: Any) -> None:
    limit(setting, 1600.0)
    answer = setting.ask(Activate(BOTH))
    assert answer.message.startswith("Fleet activated successfully at 1600W (1 miner at full power")
    assert answer.message.endswith("; limits leave 1.6 kW of the 2.92 kW ordered")
    assert setting.status.state.order.target == BOTH


def test_a_limit_raises_nothing(setting: Any) -> None:
    limit(setting, 1600.0)
    setting.ticks(3)
    assert wanted(setting, A, B) == []
    setting.ask(Deactivate())
    assert wanted(setting, A, B) == [False, False]
    limit(setting, 2920.0)
    setting.ask(LiftLimit("grid"), OPERATOR)
    setting.ticks(3)
    assert wanted(setting, A, B) == []
    assert setting.status.pursued is None


def test_a_limit_of_0_sheds_all_and_its_end_brings_the_order_back(setting: Any) -> None:
    setting.ask(Activate(BOTH))
    wanted(setting, A, B)
    limit(setting, 0.0, lasts=10.0)
    assert wanted(setting, A, B) == [False, False]
    for each in (A, B):
        setting.give(at_its_setpoint(IDLE, each))
    setting.ticks(5)
    assert setting.status.phase is FleetPhase.STANDBY
    setting.ticks(6)
    assert wanted(setting, A, B) == [True, True]
    assert setting.status.limits == ()
    assert setting.status.errors == ()


def versions(setting: Any, miner_id: str) -> list[int]:
    """Return the versions by which a miner was told something since it was asked the last time."""
    return [each.version for each in setting.told(miner_id)]


def test_a_limit_of_0_fences_off_every_wake_on_its_way_and_what_comes_after_it_is_above_the_fence(
    setting: Any,
) -> None:
    setting.ask(Activate(BOTH))
    waiting = versions(setting, A)[-1]
    none = limit(setting, 0.0)
    assert setting.fence.standby_version == none.version
    assert not setting.fence.allows(waiting)
    assert not any(map(setting.fence.allows, versions(setting, A)))
    limit(setting, 0.0)
    setting.ticks(3)
    assert setting.fence.standby_version == none.version
    setting.ask(LiftLimit("grid"), OPERATOR)
    assert all(map(setting.fence.allows, versions(setting, A)))
    assert wanted(setting, B)[-1]


def test_a_deactivation_fences_off_what_was_woken_when_a_limit_of_0_had_ended_by_itself(
    setting: Any,
) -> None:
    setting.ask(Activate(BOTH))
    limit(setting, 0.0, lasts=5.0)
    setting.ticks(6)
    woken = versions(setting, A)[-1]
    assert setting.fence.allows(woken)
    setting.ask(Deactivate())
    assert not setting.fence.allows(woken)


def test_only_a_limit_of_0_that_is_applied_raises_the_fence(setting: Any) -> None:
    setting.ask(Activate(BOTH))
    limit(setting, 1600.0)
    setting.ask(SetOverride(enabled=True, target=BOTH), OPERATOR)
    limit(setting, 0.0, "site")
    assert setting.fence.standby_version == 0
    ended = setting.ask(SetOverride(enabled=False, target=None), OPERATOR)
    assert setting.fence.standby_version == ended.version


def test_the_fence_of_a_limit_of_0_stands_again_after_a_restart(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(BOTH))
    none = limit(setting, 0.0)
    setting.fleet.stop(timeout=TIMEOUT)
    setting.log.close()
    assert begin(now=setting.now + 60).fence.standby_version == none.version


@pytest.mark.parametrize("ordered", [True, False])
def test_a_limit_of_0_stops_what_an_operator_had_started_until_it_is_gone(
    setting: Any, ordered: bool
) -> None:
    if ordered:
        setting.ask(Activate(FOR_ONE))
    setting.ask(ControlMiner(A, MinerAction.START), OPERATOR)
    setting.told(A)
    none = limit(setting, 0.0)
    assert wanted(setting, A) == [False]
    setting.ticks(3)
    setting.ask(LiftLimit("grid"), OPERATOR)
    [again] = setting.told(A)
    assert again.setpoint.running
    assert again.version > none.version
    limit(setting, 0.0)
    setting.told(A)
    started = setting.ask(ControlMiner(A, MinerAction.START), OPERATOR)
    setting.ticks(3)
    assert setting.fence.allows(started.version)
    assert False not in [each.setpoint.running for each in setting.told(A)]


def test_what_dispatch_made_of_a_limit_is_recorded_with_it_and_is_decided_again(setting: Any) -> None:
    limit(setting, 2000.0, "early")
    setting.ask(Activate(BOTH))
    limit(setting, 1500.0)
    limit(setting, 5000.0, "site")
    setting.ask(LiftLimit("grid"), OPERATOR)
    store = FleetStore(f"sqlite:///{setting.path}")
    found = [
        (event.limit_source, event.decision and event.decision["limit"])
        for page in store.pages()
        for event in map(store.domain_event, page)
        if isinstance(event, Fleet.LimitChanged)
    ]
    assert found == [("early", None), ("grid", 1500.0), ("site", None), ("grid", 2000.0)]
    differences = Differences(store)
    assert list(differences.between(1, setting.log.state.version, lambda _version: None)) == []
    assert (differences.compared, differences.incomparable) == (3, 0)
    store.close()


def test_a_limit_that_leaves_as_much_touches_nobody_and_makes_no_new_plan(setting: Any) -> None:
    setting.ask(Activate(FOR_ONE))
    wanted(setting, A, B)
    plan = setting.status.plan
    limit(setting, 1600.0)
    limit(setting, 5000.0, "site")
    setting.ask(LiftLimit("site"), OPERATOR)
    assert setting.status.plan is plan
    assert wanted(setting, A, B) == []


def test_an_order_of_another_power_hands_back_what_an_operator_started_though_a_limit_leaves_as_much_of_it(
    setting: Any,
) -> None:
    setting.ask(Activate(FOR_ONE))
    limit(setting, 1600.0)
    [running] = [each for each in (A, B) if setting.told(each)[-1].setpoint.running]
    idle = B if running == A else A
    setting.ask(ControlMiner(idle, MinerAction.START), OPERATOR)
    setting.ticks(3)
    setting.told(idle)
    setting.ask(Activate(BOTH))
    assert setting.status.plan.excluded == ()
    assert sorted(each.running for each in setting.status.plan.setpoints.values()) == [False, True]
    setting.ask(Activate(FOR_ONE))
    assert setting.status.pursued == FOR_ONE


def test_under_an_override_limits_are_kept_and_shown_and_hold_again_after_it(setting: Any) -> None:
    limit(setting, 1600.0)
    setting.ask(SetOverride(enabled=True, target=BOTH), OPERATOR)
    assert (setting.status.pursued, wanted(setting, A, B)) == (BOTH, [True, True])
    limit(setting, 0.0, "site")
    setting.ask(ApplyPower(BOTH), OPERATOR)
    assert setting.status.pursued == BOTH
    assert [each.source for each in setting.status.limits] == ["grid", "site"]
    assert wanted(setting, A, B) == []
    setting.ask(SetOverride(enabled=False, target=None), OPERATOR)
    assert (setting.status.pursued, wanted(setting, A, B)) == (0.0, [False, False])


def test_a_failsafes_power_is_a_setpoint_like_any_other(begin: Callable[..., Any]) -> None:
    setting = begin(EMS_TIMEOUT_SECONDS="5", EMS_FAILSAFE="2.92")
    limit(setting, 1600.0)
    setting.ask(Activate(Watts(600.0)))
    setting.ticks(6)
    assert (setting.status.target, setting.status.pursued) == (BOTH, FOR_ONE)


def test_limits_hold_after_a_restart(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(BOTH))
    limit(setting, 1600.0)
    setting.fleet.stop(timeout=TIMEOUT)
    setting.log.close()
    successor = begin(now=setting.now + 60)
    for known in (A, B):
        successor.directory.enter(known, Mailbox.start())
        successor.give(report(Phase.HASHING, known, at=successor.clock()))
    successor.ticks(2)
    assert successor.status.pursued == FOR_ONE
    assert sorted(wanted(successor, A, B)) == [False, True]


def test_the_delivery_of_an_order_says_which_limit_left_what_of_it(setting: Any) -> None:
    setting.ask(Activate(BOTH))
    setting.ticks(2)
    limit(setting, 1600.0)
    setting.ticks(2)
    setting.ask(Deactivate())
    setting.ticks(2)
    with closing(HistoryReader(f"sqlite:///{setting.path}")) as history:
        ordered = next(record for record in history.recent(10) if record.command == "activate")
        found = history.command(ordered.command_id)
    assert found is not None
    _, delivery = found
    assert delivery is not None
    assert (delivery.target, delivery.limited_by) == (FOR_ONE, "grid")


def test_a_decision_under_a_limit_is_reproduced(setting: Any) -> None:
    limit(setting, 1600.0, lasts=5.0)
    setting.ask(Activate(BOTH))
    setting.ticks(10)
    setting.ask(Activate(Watts(2900.0)))
    store = FleetStore(f"sqlite:///{setting.path}")
    differences = Differences(store)
    assert list(differences.between(1, setting.log.state.version, lambda _version: None)) == []
    assert differences.compared == 2
    store.close()


def test_whole_miners_meet_a_limit_from_below_whenever_it_comes(setting: Any) -> None:
    setting.ask(Activate(Watts(2400.0)))
    assert wanted(setting, A, B) == [True, True]
    limit(setting, 2500.0)
    assert wanted(setting, A, B) == [False]
    assert (setting.status.pursued, setting.status.binding_limit) == (2400.0, None)
    limit(setting, 2920.0)
    assert wanted(setting, A, B) == [True]
