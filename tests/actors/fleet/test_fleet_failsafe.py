"""The failsafe over a real log: entry, hold, exit, restart, and the operator, in a time the test moves."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pykka
import pytest
from fleet_values import RUN, A, B, at_its_setpoint, miner, report
from test_fleet_actor import TIMEOUT, Mailbox, Setting

from actors.messages import SetTarget
from actors.report import Phase
from events.commands import Activate, ApplyPower, ControlMiner, Deactivate, MinerAction, SetOverride
from events.history import HistoryReader, Outcome
from events.state import Source
from netstab.dispatch.failsafe import FailsafeAction
from netstab.dispatch.setpoint import IDLE
from netstab.units import Watts

ONE = Watts(1460.0)
OPERATOR = Source.DASHBOARD


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start a fleet of two that falls back on `failsafe` after 5 s, or go on with the log of one."""
    begun = []

    def begin(failsafe: str = "standby", **options: Any) -> Setting:
        chosen: dict[str, Any] = {"EMS_TIMEOUT_SECONDS": "5", "EMS_FAILSAFE": failsafe} | options
        setting = Setting(tmp_path / "log.db", **chosen)
        begun.append(setting)
        if not setting.log.state.miners:
            setting.has(miner(A), miner(B))
            setting.told(A)
            setting.told(B)
        return setting

    yield begin
    pykka.ActorRegistry.stop_all(timeout=TIMEOUT)
    for setting in begun:
        setting.log.close()


def restarted(setting: Setting, begin: Callable[..., Any], failsafe: str = "standby") -> Setting:
    """Have another server go on with the log, an hour later, and know both miners."""
    setting.fleet.stop(timeout=TIMEOUT)
    setting.log.close()
    successor: Setting = begin(failsafe, now=setting.now + 3600)
    for known in (A, B):
        successor.directory.enter(known, Mailbox.start())
        successor.give(report(Phase.HASHING, known, at=successor.clock()))
    successor.ticks(1)
    return successor


def entered(setting: Setting) -> int:
    return setting.stored().count("FailsafeEntered")


def test_an_ems_that_falls_silent_is_answered_once_with_what_is_set(begin: Callable[..., Any]) -> None:
    setting = begin("standby")
    setting.ask(Activate(ONE))
    heard = setting.status.state.last_ems_command
    setting.told(A)
    setting.ticks(4)
    assert (setting.status.state.failsafe, setting.told(A)) == (None, [])
    setting.ticks(2)
    failsafe, order = setting.status.state.failsafe, setting.status.state.order
    assert (failsafe.action, failsafe.power, failsafe.silent_since) == (FailsafeAction.STANDBY, None, heard)
    assert 0 <= failsafe.since - heard - 5 <= 1
    assert (order.target, order.source, order.command_id) == (None, Source.SYSTEM, failsafe.command_id)
    assert setting.told(A) == [SetTarget(IDLE, order.version)]
    assert setting.fence.standby_version == order.version
    setting.ticks(60)
    assert entered(setting) == 1
    [error] = setting.status.errors
    assert error == (
        "The EMS has been silent since 2026-01-20T15:05:01.000Z: "
        "the failsafe orders standby until a command of the EMS is accepted."
    )


def test_a_hold_leaves_the_order_as_it_is_and_touches_no_miner(begin: Callable[..., Any]) -> None:
    setting = begin("hold")
    setting.ask(Activate(ONE))
    setting.give(at_its_setpoint(RUN, A))
    setting.ticks(1)
    order = setting.status.state.order
    setting.told(A)
    setting.told(B)
    setting.ticks(30)
    assert setting.status.state.failsafe.action is FailsafeAction.HOLD
    assert setting.status.state.order is order
    assert setting.told(A) == setting.told(B) == []
    assert (setting.fence.standby_version, entered(setting)) == (0, 1)


@pytest.mark.parametrize(("failsafe", "power"), [("1.46", 1460), ("50", 2920)])
def test_a_power_is_ordered_up_to_the_rating(begin: Callable[..., Any], failsafe: str, power: int) -> None:
    setting = begin(failsafe)
    setting.ask(Activate(Watts(600.0)))
    setting.ticks(6)
    assert setting.status.target == setting.status.state.failsafe.power == power
    with closing(HistoryReader(f"sqlite:///{setting.path}")) as history:
        [record] = history.recent(1)
    assert (record.source, record.command, record.outcome) == (Source.SYSTEM, "failsafe", Outcome.UNDER_WAY)
    assert record.parameters == {
        "action": "power",
        "power_kw": power / 1000,
        "silent_since": "2026-01-20T15:05:01.000Z",
    }
    assert record.message == (
        f"EMS silent since 2026-01-20T15:05:01.000Z: the failsafe orders {power / 1000} kW"
    )


@pytest.mark.parametrize("standby", [Deactivate(), Activate(Watts(0.0))], ids=["deactivated", "0 kW"])
@pytest.mark.parametrize("failsafe", ["hold", "standby", "2.92"])
def test_a_standby_is_never_left_nor_what_an_operator_started_in_it_stopped(
    begin: Callable[..., Any], failsafe: str, standby: Deactivate | Activate
) -> None:
    setting = begin(failsafe)
    setting.ask(standby)
    started = setting.ask(ControlMiner(A, MinerAction.START), OPERATOR)
    setting.told(A)
    setting.told(B)
    setting.ticks(10)
    assert setting.status.state.failsafe.action is FailsafeAction.HOLD
    assert not setting.status.target
    assert setting.told(A) == setting.told(B) == []
    assert setting.fence.allows(started.version)


def test_a_repeated_setpoint_stays_valid_and_touches_no_miner(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.told(A)
    for _ in range(5):
        setting.ticks(4)
        setting.ask(Activate(ONE))
    assert (entered(setting), setting.told(A)) == (0, [])


def test_before_the_first_command_of_the_ems_and_without_a_time_out_there_is_no_failsafe(
    begin: Callable[..., Any],
) -> None:
    setting = begin()
    setting.ask(ApplyPower(ONE), OPERATOR)
    setting.ticks(30)
    assert entered(setting) == 0
    setting.fleet.stop(timeout=TIMEOUT)
    setting.log.close()
    setting = begin(EMS_TIMEOUT_SECONDS="0")
    setting.ask(Activate(ONE))
    setting.ticks(30)
    assert entered(setting) == 0


def test_a_refused_command_is_a_sign_of_life(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    for _ in range(5):
        setting.ticks(4)
        assert setting.refused(Activate(Watts(1e6))).code == "INVALID_POWER"
    assert entered(setting) == 0
    setting.ticks(6)
    assert entered(setting) == 1


def test_an_override_suspends_it_and_its_end_starts_the_time_anew(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.ask(SetOverride(enabled=True, target=Watts(2920.0)), OPERATOR)
    setting.ticks(30)
    setting.ask(SetOverride(enabled=False, target=None), OPERATOR)
    released = setting.now
    setting.ticks(4)
    assert (entered(setting), setting.status.target) == (0, 2920)
    setting.ticks(2)
    assert setting.status.state.failsafe.silent_since == released


@pytest.mark.parametrize("command", [Activate(Watts(2920.0)), Activate(ONE), Deactivate()])
def test_the_next_accepted_command_of_the_ems_ends_it_and_takes_over_at_once(
    begin: Callable[..., Any], command: Activate | Deactivate
) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.ticks(6)
    setting.told(A)
    result = setting.ask(command)
    assert (setting.status.state.failsafe, setting.status.errors) == (None, ())
    assert setting.status.state.order.version == result.version
    assert (setting.told(A) == [SetTarget(RUN, result.version)]) is isinstance(command, Activate)
    assert setting.stored()[-1] in ("Activated", "Deactivated")
    setting.ticks(6)
    assert entered(setting) == 2


def test_a_refused_command_does_not_end_it(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.ticks(6)
    setting.refused(Activate(Watts(1e6)))
    setting.ticks(30)
    assert (entered(setting), setting.status.target) == (1, None)
    assert setting.status.errors[0].startswith("The EMS was silent from 2026-01-20T15:05:01.000Z: ")


def test_an_operator_moves_the_power_in_it_and_it_lasts(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.ticks(6)
    failsafe = setting.status.state.failsafe
    setting.ask(ApplyPower(ONE), OPERATOR)
    setting.ticks(10)
    assert (setting.status.target, setting.status.state.failsafe) == (1460, failsafe)
    assert setting.status.errors[0].endswith(" An operator has moved the power since.")
    setting.ask(SetOverride(enabled=True, target=Watts(2920.0)), OPERATOR)
    assert setting.refused(Activate(ONE)).code == "MANUAL_OVERRIDE"
    setting.ticks(10)
    assert (setting.status.target, setting.status.state.failsafe) == (2920, failsafe)
    setting.ask(SetOverride(enabled=False, target=None), OPERATOR)
    setting.ticks(10)
    assert (setting.status.target, setting.status.state.failsafe) == (2920, failsafe)
    assert entered(setting) == 1
    setting.ask(Deactivate())
    assert (setting.status.target, setting.status.state.failsafe) == (None, None)


@pytest.mark.parametrize("failsafe", ["standby", "2.92"])
def test_a_server_that_starts_in_the_middle_of_it_stays_in_it_whatever_is_set_now(
    begin: Callable[..., Any], failsafe: str
) -> None:
    setting = begin(failsafe)
    setting.ask(Activate(ONE))
    setting.ticks(6)
    before = setting.status.state
    successor = restarted(setting, begin, failsafe="hold")
    successor.ticks(30)
    assert successor.status.state.failsafe == before.failsafe
    assert successor.status.state.order == before.order
    assert entered(successor) == 1
    wanted = IDLE if failsafe == "standby" else RUN
    assert successor.told(A) == [SetTarget(wanted, before.order.version)]
    assert successor.fence.standby_version == (before.order.version if failsafe == "standby" else 0)
    successor.ask(Deactivate())
    assert successor.status.state.failsafe is None


def test_a_server_that_was_away_does_not_blame_the_ems(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    successor = restarted(setting, begin)
    started = setting.now + 3600
    successor.ticks(3)
    assert entered(successor) == 0
    successor.ticks(2)
    failsafe = successor.status.state.failsafe
    assert failsafe is not None
    assert failsafe.silent_since == started


def test_a_power_that_cannot_be_recorded_is_not_carried_out_and_tried_again(
    begin: Callable[..., Any],
) -> None:
    setting = begin("0.5")
    setting.ask(Activate(ONE))
    setting.told(A)
    with closing(sqlite3.connect(setting.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        setting.ticks(6)
        assert setting.status.log_fault is not None
        assert (setting.status.state.failsafe, setting.told(A)) == (None, [])
        assert setting.fence.standby_version == 0
        other.rollback()
    setting.ticks(2)
    assert setting.stored().count("FaultCleared") == entered(setting) == 1


def test_standby_that_cannot_be_recorded_is_entered_all_the_same_and_recorded_first(
    begin: Callable[..., Any],
) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    setting.told(A)
    with closing(sqlite3.connect(setting.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        setting.ticks(6)
        assert setting.status.log_fault is not None
        assert setting.status.state.failsafe is not None
        assert [message.setpoint for message in setting.told(A)] == [IDLE]
        other.rollback()
    setting.ticks(2)
    after = setting.stored()[setting.stored().index("FailsafeEntered") :]
    assert after[:2] == ["FailsafeEntered", "FaultCleared"]
    assert setting.told(A) == []


def test_an_ems_whose_commands_could_not_be_recorded_was_not_silent(begin: Callable[..., Any]) -> None:
    setting = begin()
    setting.ask(Activate(ONE))
    with closing(sqlite3.connect(setting.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        setting.ticks(4)
        assert setting.refused(Activate(Watts(1.0))).code == "FAULT_STATE"
        other.rollback()
    setting.ticks(3)
    assert (setting.status.log_fault, entered(setting)) == (None, 0)
    setting.ticks(3)
    assert entered(setting) == 1
