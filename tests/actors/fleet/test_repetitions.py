"""An EMS that repeats itself, over a real log, in a time the test moves."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from fleet_values import A, B
from test_fleet_actor import TIMEOUT

from actors.messages import CommandRequest
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    Deactivate,
    LiftLimit,
    Origin,
    SetLimit,
    SetOverride,
    SetSchedule,
)
from events.history import HistoryReader, Outcome
from events.state import Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.schedules.schedule import EMPTY
from netstab.units import Timestamp, WallTime, Watts

ONE, BOTH = Watts(1460.0), Watts(2920.0)


def say(setting: Any, command: Command, times: int = 1, client: str = "127.0.0.1") -> Any:
    """Give a command so often, once a second."""
    for number in range(times):
        origin = Origin(f"{client}/{setting.now}/{number}", Source.EMS, client)
        answer = setting.give(CommandRequest(command, origin, Timestamp(setting.now + 1.5)))
        setting.ticks(1)
    return answer


def said(setting: Any, lasts: float | None = None, power: float = 1600.0, source: str = "grid") -> Any:
    """Set a limit as another source than the EMS, and let a second pass."""
    until = None if lasts is None else WallTime(setting.wall() + lasts)
    answer = setting.ask(SetLimit(source, Watts(power), until), Source.DASHBOARD)
    setting.ticks(1)
    return answer


def recorded(setting: Any) -> Counter[str]:
    orders = ("Activated", "Deactivated", "CommandRejected", "SetpointRepeated", "RejectionRepeated")
    kinds = (*orders, "LimitSet", "LimitLifted", "LimitRepeated")
    return Counter(kind for kind in setting.stored() if kind in kinds)


@pytest.fixture
def setting(begin: Callable[..., Any]) -> Any:
    return begin()


def history(setting: Any) -> list[Any]:
    with closing(HistoryReader(f"sqlite:///{setting.path}")) as reader:
        return reader.recent(100)


@pytest.mark.parametrize("command", [Activate(ONE), Activate(Watts(0.0)), Deactivate()])
def test_what_is_repeated_is_recorded_once_a_minute_with_its_count(
    begin: Callable[..., Any], command: Command
) -> None:
    setting = begin()
    first = say(setting, command)
    plan, order = setting.status.plan, setting.status.state.order
    again = say(setting, command, times=300)
    assert (again.command_id, again.version) == (first.command_id, first.version)
    assert (again.message.split()[:2], setting.status.plan is plan) == (first.message.split()[:2], True)
    assert setting.status.state.order is order
    found = recorded(setting)
    assert 4 <= found.pop("SetpointRepeated") <= 5
    assert sum(found.values()) == 1
    told = [each for each in history(setting) if "repeated" in each.parameters]
    assert all(each.command == command.name and each.outcome is Outcome.DONE for each in told)
    assert 240 <= sum(each.parameters["repeated"] for each in told) <= 300


def test_refusals_that_are_repeated_are_recorded_once_a_minute_with_their_count(
    begin: Callable[..., Any],
) -> None:
    setting = begin()
    setting.ask(SetOverride(enabled=True, target=ONE), Source.DASHBOARD)
    answer = say(setting, Activate(BOTH), times=150)
    assert isinstance(answer, CommandRejected)
    assert answer.code == "MANUAL_OVERRIDE"
    assert recorded(setting) == {"CommandRejected": 1, "RejectionRepeated": 2}
    newest = history(setting)[0]
    assert (newest.outcome, newest.code, newest.success) == (Outcome.REJECTED, "MANUAL_OVERRIDE", False)
    assert newest.parameters == {"power_kw": 2.92, "repeated": 60}
    say(setting, Activate(Watts(9000.0)))
    assert recorded(setting)["CommandRejected"] == 2


def test_another_command_is_recorded_after_what_was_counted_before_it(begin: Callable[..., Any]) -> None:
    setting = begin()
    say(setting, Activate(ONE), times=11)
    say(setting, Activate(BOTH))
    newest, before, *_ = history(setting)
    assert (newest.parameters, before.parameters) == (
        {"power_kw": 2.92},
        {"power_kw": 1.46, "repeated": 10},
    )
    assert (
        before.message == "Repeated 10 times more since 2026-01-20T15:05:02.000Z; the order in force stands"
    )


def test_a_clean_stop_records_what_was_counted(begin: Callable[..., Any]) -> None:
    setting = begin()
    say(setting, Deactivate(), times=6)
    assert recorded(setting)["SetpointRepeated"] == 0
    setting.fleet.stop(timeout=TIMEOUT)
    assert history(setting)[0].parameters == {"repeated": 5}


@pytest.mark.parametrize(("timeout", "recordings"), [("0", 2), ("20", 12), ("300", 2)])
def test_repetitions_feed_the_watchdog_and_are_recorded_twice_in_its_time(
    begin: Callable[..., Any], timeout: str, recordings: int
) -> None:
    setting = begin(EMS_TIMEOUT_SECONDS=timeout, EMS_FAILSAFE="standby")
    say(setting, Activate(ONE), times=130)
    assert setting.status.state.failsafe is None
    assert setting.status.last_ems_command == pytest.approx(setting.now - 1, abs=1)
    assert setting.status.state.last_ems_command >= setting.now - min(60, float(timeout) / 2 or 60) - 3
    assert abs(recorded(setting)["SetpointRepeated"] - recordings) <= 1
    setting.ticks(float(timeout) + 2)
    assert (setting.status.state.failsafe is not None) == (timeout != "0")


def test_what_follows_an_operator_or_a_failsafe_is_an_order(begin: Callable[..., Any]) -> None:
    setting = begin(EMS_TIMEOUT_SECONDS="5", EMS_FAILSAFE="hold")
    say(setting, Activate(ONE))
    setting.ask(ApplyPower(ONE), Source.DASHBOARD)
    say(setting, Activate(ONE))
    assert recorded(setting)["Activated"] == 2
    setting.ticks(10)
    assert setting.status.state.failsafe is not None
    say(setting, Activate(ONE))
    assert setting.status.state.failsafe is None
    assert recorded(setting)["Activated"] == 3
    assert recorded(setting)["SetpointRepeated"] == 0


def test_two_clients_that_repeat_one_order_are_counted_apart(begin: Callable[..., Any]) -> None:
    setting = begin()
    for _ in range(10):
        say(setting, Activate(ONE), client="127.0.0.1")
        say(setting, Activate(ONE), client="127.0.0.2")
    setting.fleet.stop(timeout=TIMEOUT)
    told = [(each.client, each.parameters.get("repeated")) for each in history(setting)]
    assert sorted(told[:2]) == [("127.0.0.1", 9), ("127.0.0.2", 10)]


def test_a_limit_that_is_said_again_is_recorded_once_a_minute_with_its_count(setting: Any) -> None:
    first = said(setting)
    for _ in range(300):
        again = said(setting)
    assert (again.command_id, again.version, again.message) == (
        first.command_id,
        first.version,
        first.message,
    )
    setting.fleet.stop(timeout=TIMEOUT)
    found = recorded(setting)
    assert found["LimitSet"] == 1
    assert 5 <= found["LimitRepeated"] <= 6
    told = [each for each in history(setting) if "repeated" in each.parameters]
    assert sum(each.parameters["repeated"] for each in told) == 300
    assert told[0].message.endswith("; the limit in force stands")


@pytest.mark.parametrize(
    ("lasts", "recordings"), [(3600.0, 10), (120.0, 11), (60.0, 20), (20.0, 67), (4.0, 600), (2.0, 600)]
)
def test_a_limit_whose_end_is_moved_on_each_second_is_recorded_seldom_and_never_ends_in_between(
    setting: Any, lasts: float, recordings: int
) -> None:
    for _ in range(600):
        said(setting, lasts)
        [limit] = setting.status.limits
        end = setting.wall() - 1 + lasts
        assert end - min(61.0, lasts / 2 + 2) <= limit.until <= end + 0.01
    found = recorded(setting)
    assert found["LimitSet"] + found["LimitRepeated"] <= recordings * 1.1 + 2
    setting.ticks(lasts / 2 + 62 if lasts > 120 else lasts - 2)
    [limit] = setting.status.limits
    assert limit.until == pytest.approx(end, abs=0.01)
    setting.ticks(lasts + 3)
    assert setting.status.limits == ()


@pytest.mark.parametrize("seed", range(6))
def test_whenever_its_source_says_what_a_limit_ends_when_it_was_said_last(setting: Any, seed: int) -> None:
    chance, end = Random(seed), 0.0
    lasts = chance.choice([8.0, 60.0, 300.0])
    for _ in range(300):
        if chance.random() < 0.05:
            lasts = chance.choice([3.0, 8.0, 20.0, 60.0, 90.0, 125.0, 3600.0])
        if chance.random() < 0.7:
            end = setting.wall() + lasts
            said(setting, lasts)
        else:
            setting.ticks(1)
        ends = [limit.until for limit in setting.status.limits]
        assert bool(ends) == (end > setting.wall())
        assert all(end - 61 <= recorded <= end + 0.01 for recorded in ends)
    setting.ticks(62)
    assert [limit.until for limit in setting.status.limits] == [end] * (end > setting.wall())


def test_a_limit_that_was_said_again_holds_for_an_order_that_comes_first_after_the_host_stood_still(
    setting: Any,
) -> None:
    for _ in range(3):
        said(setting, 6.0)
    [recorded_limit] = setting.log.state.limits.values()
    setting.now += 4.5
    assert recorded_limit.until < setting.wall() < recorded_limit.until + 2
    for each in (A, B):
        setting.told(each)
    setting.ask(Activate(BOTH))
    running = [told.setpoint.running for each in (A, B) for told in setting.told(each)]
    assert sorted(running) == [False, True]
    assert setting.status.pursued == 1600.0


@pytest.mark.parametrize(
    ("lasts", "power"), [(59.0, 1600.0), (200.0, 1600.0), (None, 1600.0), (120.0, 1500.0), (120.0, 1700.0)]
)
def test_a_limit_of_another_power_or_that_ends_sooner_or_far_later_is_recorded_at_once(
    setting: Any, lasts: float | None, power: float
) -> None:
    said(setting, 120.0)
    said(setting, 120.0)
    before = recorded(setting)
    said(setting, lasts, power)
    [limit] = setting.log.state.limits.values()
    assert limit.power == power
    assert (limit.until is None) == (lasts is None)
    assert lasts is None or limit.until == pytest.approx(setting.wall() - 1 + lasts)
    assert recorded(setting) - before == {"LimitRepeated": 1, "LimitSet": 1}


def test_what_was_said_of_a_limit_is_recorded_before_it_is_lifted(setting: Any) -> None:
    for _ in range(5):
        said(setting, 60.0)
    setting.ask(LiftLimit("grid"), Source.DASHBOARD)
    assert [each.command for each in history(setting)][:3] == ["lift_limit", "set_limit", "set_limit"]
    setting.ticks(120)
    assert setting.status.limits == ()


def refused(setting: Any, times: int) -> None:
    """Set a limit that has ended so often, once a second."""
    for number in range(times):
        past = SetLimit("grid", ONE, WallTime(setting.wall() - 5))
        origin = Origin(f"id {number}", Source.DASHBOARD, "127.0.0.1")
        answer = setting.give(CommandRequest(past, origin, Timestamp(setting.now + 1.5)))
        assert answer.code == "INVALID_INPUT"
        setting.ticks(1)


def test_refused_limits_are_counted_like_refused_orders_whatever_their_end(setting: Any) -> None:
    refused(setting, times=121)
    assert recorded(setting) == {"CommandRejected": 1, "RejectionRepeated": 2}


def test_a_limit_that_is_said_again_is_no_word_of_the_ems_unless_it_is_the_ems_that_says_it(
    begin: Callable[..., Any],
) -> None:
    setting = begin(EMS_TIMEOUT_SECONDS="20", EMS_FAILSAFE="standby")
    say(setting, Activate(ONE))
    for _ in range(30):
        said(setting)
    assert setting.status.state.failsafe is not None


def test_a_limit_that_is_refused_again_and_again_is_no_word_of_the_ems(begin: Callable[..., Any]) -> None:
    setting = begin(EMS_TIMEOUT_SECONDS="20", EMS_FAILSAFE="standby")
    say(setting, Activate(ONE))
    heard = setting.status.last_ems_command
    refused(setting, times=40)
    assert recorded(setting)["RejectionRepeated"] >= 2
    assert setting.status.last_ems_command == heard
    assert setting.status.state.failsafe is not None


def test_what_is_said_again_is_recorded_once_a_minute_however_often_something_else_changes(
    begin: Callable[..., Any],
) -> None:
    setting = begin()
    for number in range(120):
        say(setting, Activate(ONE))
        said(setting, power=1600.0)
        said(setting, power=1700.0 + number, source="site")
    found = recorded(setting)
    assert (found["Activated"], found["LimitSet"]) == (1, 121)
    assert found["SetpointRepeated"] <= 7
    assert found["LimitRepeated"] <= 7
    before = recorded(setting)
    for number in range(120):
        say(setting, Activate(Watts(1400.0 + number)))
        said(setting, power=1600.0)
    found = recorded(setting) - before
    assert found["Activated"] == 120
    assert found["LimitRepeated"] <= 5


def test_an_ems_whose_every_order_is_another_is_held_to_a_pace_and_what_it_was_promised_is_on_record(
    begin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.pace.AT_ONCE", 50)
    setting = begin()
    accepted, refused = list[Any](), list[Any]()
    for number in range(250):
        origin = Origin(f"id-{number}", Source.EMS, "127.0.0.1")
        request = CommandRequest(Activate(Watts(1000.0 + number / 10)), origin, Timestamp(setting.now + 1.5))
        answer = setting.give(request)
        (refused if isinstance(answer, CommandRejected) else accepted).append(answer)
    assert (len(accepted), {each.code for each in refused}) == (50, {ErrorCode.BUSY})
    assert recorded(setting)["Activated"] == 50
    assert recorded(setting)["CommandRejected"] <= 8
    assert not isinstance(say(setting, Deactivate()), CommandRejected)
    assert not isinstance(say(setting, Activate(ONE)), CommandRejected)
    setting.fleet.stop(timeout=TIMEOUT)
    told = history(setting)
    assert (
        sum(each.parameters.get("repeated", 0) for each in told) == 200 - recorded(setting)["CommandRejected"]
    )


def test_refusals_of_ever_other_values_are_recorded_a_few_times_and_then_by_their_count(
    begin: Callable[..., Any],
) -> None:
    setting = begin()
    for number in range(100):
        origin = Origin(f"id-{number}", Source.MQTT, f"client {number}")
        setting.give(CommandRequest(Activate(Watts(9000.0 + number)), origin, Timestamp(setting.now + 1.5)))
    setting.ticks(61)
    assert recorded(setting) == {"CommandRejected": 8, "RejectionRepeated": 1}
    newest = history(setting)[0]
    assert newest.parameters == {"power_kw": 9.099, "repeated": 92}


def test_stale_schedules_that_are_refused_again_and_again_are_counted(begin: Callable[..., Any]) -> None:
    setting = begin()
    for number in range(50):
        stale = SetSchedule(replace(EMPTY, timezone="Europe/Berlin"), replaces=7 + number)
        origin = Origin(f"id-{number}", Source.DASHBOARD, "127.0.0.1")
        answer = setting.give(CommandRequest(stale, origin, Timestamp(setting.now + 1.5)))
        assert answer.code is ErrorCode.CHANGED_MEANWHILE
    assert recorded(setting)["CommandRejected"] == 8
