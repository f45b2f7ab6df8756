"""An EMS that repeats itself, over a real log, in a time the test moves."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from test_fleet_actor import TIMEOUT

from actors.messages import CommandRequest
from events.commands import Activate, ApplyPower, Command, Deactivate, Origin, SetOverride
from events.history import HistoryReader, Outcome
from events.state import Source
from netstab.errors import CommandRejected
from netstab.units import Timestamp, Watts

ONE, BOTH = Watts(1460.0), Watts(2920.0)


def say(setting: Any, command: Command, times: int = 1, client: str = "127.0.0.1") -> Any:
    """Give a command so often, once a second."""
    for number in range(times):
        origin = Origin(f"{client}/{setting.now}/{number}", Source.EMS, client)
        answer = setting.give(CommandRequest(command, origin, Timestamp(setting.now + 1.5)))
        setting.ticks(1)
    return answer


def recorded(setting: Any) -> Counter[str]:
    kinds = ("Activated", "Deactivated", "CommandRejected", "SetpointRepeated", "RejectionRepeated")
    return Counter(kind for kind in setting.stored() if kind in kinds)


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
