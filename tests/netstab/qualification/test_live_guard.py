"""When a fleet may not be moved, what ends a test, and how the fleet is left."""

from dataclasses import replace
from typing import Any

import pytest

from netstab.qualification.guard import fault, intention, is_simulated, refusals, release
from netstab.qualification.plan import Ordered, Plan
from netstab.qualification.remote import LIMITS, Asked, Shown
from netstab.units import Seconds, Watts

STATUS: dict[str, Any] = {
    "state": "standby",
    "manual_override_active": False,
    "rated_power_kw": 73.0,
    "is_available_for_dispatch": True,
    "errors": [],
    "last_update": "2026-11-27T22:00:00.000Z",
}
DISPATCH: dict[str, Any] = {
    "in_command": "ems",
    "target_power_kw": 40.0,
    "limits": [],
    "failsafe": None,
    "ems": {"timeout_seconds": 60.0, "last_command": "2026-11-27T21:00:00.000Z", "silent": False},
}
CAPACITY: dict[str, Any] = {"reachable_power_kw": 70.0, "minimum_power_kw": 2.0}
REAL: dict[str, Any] = {"healthy": True, "mode": "direct", "network_cidr": "10.1.2.0/24"}
SIMULATED = REAL | {"network_cidr": "127.0.1.0/24"}

BEFORE = Shown(STATUS, DISPATCH, CAPACITY)
LIMIT = {"source": "site", "power_kw": 8.5}
OURS = Asked(Watts(40_000.0))


def _shown(**changes: Any) -> Shown:
    status = {name: value for name, value in changes.items() if name in STATUS}
    dispatch = {name: value for name, value in changes.items() if name in DISPATCH}
    return replace(BEFORE, status=STATUS | status, dispatch=DISPATCH | dispatch)


def test_a_fleet_that_nobody_else_commands_may_be_moved_with_a_word_for_its_power() -> None:
    assert list(refusals(BEFORE, REAL, 73.0)) == []


@pytest.mark.parametrize("word_kw", [None, 70.0, 7.3, 0.0, float("nan")])
def test_without_the_right_word_no_live_fleet_is_moved(word_kw: float | None) -> None:
    assert any("--yes-move 73" in reason for reason in refusals(BEFORE, REAL, word_kw))
    assert list(refusals(BEFORE, SIMULATED, word_kw)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"manual_override_active": True}, "override"),
        ({"limits": [LIMIT]}, "8.5 kW by site"),
        ({"failsafe": {"action": "standby"}}, "failsafe"),
        ({"errors": ["No miner is registered."]}, "No miner is registered"),
        ({"is_available_for_dispatch": False}, "takes no orders"),
        ({"ems": DISPATCH["ems"] | {"last_command": "2026-11-27T21:59:00.000Z"}}, "60 s ago"),
        ({"ems": DISPATCH["ems"] | {"timeout_seconds": 0.0}}, "EMS_TIMEOUT_SECONDS is 0"),
    ],
)
def test_whoever_else_has_a_say_and_whatever_is_wrong_refuses_it(changes: Any, words: str) -> None:
    found = list(refusals(_shown(**changes), REAL, 73.0))
    assert len(found) == 1
    assert words in found[0]


def test_a_fleet_of_which_too_little_is_there_or_that_is_unhealthy_is_refused() -> None:
    few = replace(BEFORE, capacity=CAPACITY | {"reachable_power_kw": 58.0})
    assert ["Only 58 kW" in reason for reason in refusals(few, REAL, 73.0)] == [True]
    assert list(refusals(BEFORE, REAL | {"healthy": False}, 73.0)) == ["The server is not healthy."]


@pytest.mark.parametrize(
    ("health", "simulated"),
    [
        (SIMULATED, True),
        (REAL, False),
        (SIMULATED | {"mode": "awesome_miner"}, False),
        (SIMULATED | {"network_cidr": "127.0.0.0/8,10.0.0.0/8"}, False),
        (SIMULATED | {"network_cidr": ""}, False),
    ],
)
def test_only_a_fleet_on_loopback_counts_as_simulated(health: Any, *, simulated: bool) -> None:
    assert is_simulated(health) is simulated


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"manual_override_active": True}, "override"),
        ({"limits": [LIMIT]}, "limit"),
        ({"state": "fault", "errors": ["Commands cannot be recorded"]}, "cannot be recorded"),
        ({"target_power_kw": 41.0}, "ordered 41 kW"),
        ({"target_power_kw": None}, "ordered standby"),
        ({"in_command": "operator"}, "Somebody else"),
        ({"failsafe": {"action": "standby"}, "in_command": "failsafe"}, "failsafe acts"),
    ],
)
def test_whatever_comes_between_ends_a_test(changes: Any, words: str) -> None:
    assert words in fault(_shown(**changes), OURS, silent=False)


def test_what_the_bench_has_ordered_itself_ends_nothing_nor_does_what_it_keeps_quiet_for() -> None:
    assert fault(BEFORE, OURS, silent=False) == ""
    assert fault(_shown(target_power_kw=None), Asked(None), silent=False) == ""
    entered = _shown(failsafe={"action": "standby"}, in_command="failsafe", target_power_kw=None)
    assert fault(entered, OURS, silent=True) == ""
    assert fault(_shown(target_power_kw=12.0, in_command="operator"), None, silent=False) == ""


def test_another_s_order_ends_a_test_while_the_bench_is_silent_as_well() -> None:
    before_the_failsafe = Asked(Watts(60_000.0), OURS.possible)
    assert fault(BEFORE, before_the_failsafe, silent=True) == ""
    assert release(BEFORE, BEFORE, before_the_failsafe).orders
    assert "ordered 12 kW" in fault(_shown(target_power_kw=12.0), before_the_failsafe, silent=True)


def test_a_limit_that_the_test_has_set_itself_ends_nothing() -> None:
    assert fault(_shown(limits=[LIMIT | {"source": LIMITS}]), OURS, silent=False) == ""


def test_an_order_whose_answer_was_lost_may_hold_or_not() -> None:
    doubtful = Asked(Watts(60_000.0), Asked(Watts(40_000.0)).possible, in_doubt=True)
    for target in (60.0, 40.0):
        assert fault(_shown(target_power_kw=target), doubtful, silent=False) == ""
        assert release(BEFORE, _shown(target_power_kw=target), doubtful).orders
    assert fault(_shown(target_power_kw=50.0), doubtful, silent=False)


def test_a_first_order_that_may_be_on_its_way_yet_is_taken_back() -> None:
    first = Asked(Watts(60_000.0), in_doubt=True)
    assert release(BEFORE, BEFORE, first).order == Watts(40_000.0)
    assert release(BEFORE, _shown(target_power_kw=60.0), first).orders
    assert not release(BEFORE, _shown(manual_override_active=True), first).orders


def test_the_fleet_is_left_as_it_was_ordered_before() -> None:
    ours = _shown(target_power_kw=60.0)
    left = release(BEFORE, ours, Asked(Watts(60_000.0)))
    assert (left.orders, left.order) == (True, Watts(40_000.0))
    assert "40 kW" in left.words
    assert "60 s" in left.words
    resting = release(_shown(target_power_kw=None), ours, Asked(Watts(60_000.0)))
    assert (resting.orders, resting.order) == (True, None)


def test_whoever_has_taken_command_keeps_it() -> None:
    for changes in ({"manual_override_active": True}, {"target_power_kw": 41.0}, {"in_command": "operator"}):
        assert not release(BEFORE, _shown(**changes), OURS).orders
    assert not release(BEFORE, BEFORE, None).orders


def test_a_failsafe_that_the_bench_has_caused_is_ended_by_what_was_ordered_before() -> None:
    entered = _shown(failsafe={"action": "standby"}, in_command="failsafe", target_power_kw=None)
    assert release(BEFORE, entered, OURS).order == Watts(40_000.0)


def test_what_will_be_done_is_said_before() -> None:
    orders = tuple(
        Ordered(Seconds(at), target)
        for at, target in ((0.0, Watts(35_000.0)), (60.0, None), (120.0, Watts(70_000.0)))
    )
    said = intention([Plan("T1", orders, 1800)], 70.0, 60.0, BEFORE)
    for words in ("between 0.0 and 70.0 kW", "30 min", "about 1.5 times", "before: 40 kW", "after 60 s"):
        assert words in said
    assert "about 0.0 times" in intention([Plan("T1", orders, 1800)], 0.0, 60.0, BEFORE)
    assert "10 min" in intention([Plan("T1", orders, 1800)], 70.0, 60.0, BEFORE, pace=3.0)
    assert "1.5 h" in intention([Plan("T1", orders, 5400)], 70.0, 60.0, BEFORE)


def test_no_failsafe_is_promised_of_a_server_that_waits_for_no_ems() -> None:
    never = _shown(ems=DISPATCH["ems"] | {"timeout_seconds": 0.0})
    assert "no failsafe acts" in intention([Plan("T1", (), 1800)], 70.0, 0.0, never)
    left = release(never, never, OURS)
    assert left.words.startswith("Left as it was ordered before: 40 kW; it stands until somebody orders")
