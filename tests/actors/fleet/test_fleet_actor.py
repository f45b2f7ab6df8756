"""The FleetActor over a real log, with mailboxes for miners, in a time that the test moves."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pykka
import pytest
from fleet_values import RUN, A, B, C, at_its_setpoint, miner, origin, report
from points import at
from published import published
from pykka import ActorRef

from actors.claim import Claim
from actors.directory import Directory
from actors.discovery.scan import Identify
from actors.fence import WakeFence
from actors.fleet import schedule
from actors.fleet.actor import FleetActor, FleetParts
from actors.messages import (
    ActionEnded,
    CommandRequest,
    CommandResult,
    ManualCommand,
    MinerStarted,
    SetTarget,
    Tick,
)
from actors.report import Phase, Step
from actors.snapshot import FleetPhase, FleetSnapshot, StatusBoard
from actors.supervisor import Dismiss, Employ
from events.commands import (
    Activate,
    ApplyPower,
    Command,
    ControlMiner,
    Deactivate,
    MinerAction,
    Move,
    MoveMiners,
    RegisterMiners,
    RemoveMiner,
    SetFrequency,
    SetOverride,
)
from events.log import FleetLog
from events.state import HoldKind, RegisteredMiner, Source
from netstab.devices.port import Firmware
from netstab.dispatch.setpoint import IDLE, Setpoint
from netstab.errors import CommandRejected, DeviceError
from netstab.power.allocation import PowerMode
from netstab.settings import read_settings
from netstab.units import Megahertz, MinerId, Timestamp, Version, WallTime, Watts

TIMEOUT = 60


class Mailbox(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.received: list[Any] = []

    def on_receive(self, message: Any) -> list[Any] | None:
        if message == "read":
            received, self.received = self.received, []
            return received
        self.received.append(message)
        return None


def read(mailbox: ActorRef[Any] | None) -> list[Any]:
    assert mailbox is not None
    received = mailbox.ask("read", timeout=TIMEOUT)
    assert isinstance(received, list)
    return received


class Setting:
    def __init__(
        self, path: Path, now: float = 1_768_921_500.0, ahead: float = 0.0, **environment: str
    ) -> None:
        self.path = path
        self.now = now
        self.ahead = ahead
        url = f"sqlite:///{path}"
        self.log = FleetLog(url, self.wall, PowerMode.ON_OFF)
        self.directory, self.fence = Directory(), WakeFence()
        self.directory.supervisor, self.directory.discovery = Mailbox.start(), Mailbox.start()
        first = published(self.log.state, {}, self.clock(), rated=Watts(0.0), initializing=True)
        self.board = StatusBoard(first)
        settings = read_settings({"DATABASE_URL": url, "MINER_NETWORK_CIDR": "127.0.0.0/24", **environment})
        self.parts = FleetParts(
            self.log,
            self.board,
            self.directory,
            self.fence,
            self.clock,
            self.wall,
            settings,
            lambda _miner, _hours: Mailbox.start,
        )
        self.start()

    def clock(self) -> Timestamp:
        return Timestamp(self.now)

    def wall(self) -> WallTime:
        return WallTime(self.now + self.ahead)

    def start(self) -> None:
        self.directory.fleet = self.fleet = FleetActor.start(self.parts)

    def give(self, message: Any) -> Any:
        return self.fleet.ask(message, timeout=TIMEOUT)

    def ask(
        self, command: Command, source: Source = Source.EMS, reply: Future[Any] | None = None
    ) -> CommandResult:
        answer = self.give(CommandRequest(command, origin(source), Timestamp(self.now + 1.5), reply))
        assert isinstance(answer, CommandResult), answer
        return answer

    def refused(self, command: Command, source: Source = Source.EMS) -> CommandRejected:
        answer = self.give(CommandRequest(command, origin(source), Timestamp(self.now + 1.5), None))
        assert isinstance(answer, CommandRejected), answer
        return answer

    def has(self, *miners: RegisteredMiner, phase: Phase = Phase.ASLEEP) -> None:
        """Register miners, each with a mailbox for an actor, and have them known."""
        self.ask(RegisterMiners(miners, "scan"), Source.SYSTEM)
        for known in miners:
            self.directory.enter(known.miner_id, Mailbox.start())
            self.give(report(phase, known.miner_id, at=self.clock()))
        self.ticks()

    def ticks(self, seconds: float = 1.0) -> None:
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.give(Tick())

    def told(self, miner_id: str) -> list[Any]:
        """Return what a miner was told since the last time, once the fleet has done what it had in hand."""
        if self.fleet.is_alive():
            self.give("anything before?")
        return read(self.directory.miner(MinerId(miner_id)))

    def supervisor_was_told(self) -> list[tuple[type[Any], str]]:
        return [(type(told), told.name) for told in read(self.directory.supervisor)]

    def phase(self) -> FleetPhase:
        return self.board.snapshot.phase

    def stored(self) -> list[str]:
        with closing(sqlite3.connect(self.path)) as reader:
            rows = reader.execute("SELECT topic FROM stored_events ORDER BY originator_version").fetchall()
        return [topic.rpartition(".")[2] for (topic,) in rows]

    @property
    def status(self) -> FleetSnapshot:
        return self.board.snapshot


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    setting = Setting(tmp_path / "log.db")
    yield setting
    pykka.ActorRegistry.stop_all(timeout=TIMEOUT)
    setting.log.close()


def test_an_order_is_published_by_the_time_it_is_answered_and_told_right_after(setting: Setting) -> None:
    setting.has(miner(A), miner(B))
    setting.told(A)
    result = setting.ask(Activate(Watts(1460.0)))
    assert result.message == "Fleet activated successfully at 1460W (1 miner at full power)"
    assert setting.status.target == 1460.0
    assert setting.phase() is FleetPhase.ACTIVATING
    assert setting.told(A) == [SetTarget(RUN, Version(result.version))]
    setting.give(at_its_setpoint(RUN, A))
    setting.give(at_its_setpoint(IDLE, B))
    setting.ticks()
    assert setting.phase() is FleetPhase.ACTIVE


def test_a_repeated_order_is_counted_and_touches_no_miner(setting: Setting) -> None:
    setting.has(miner(A), miner(B))
    setting.ask(Activate(Watts(2000.0)))
    setting.told(A)
    setting.ask(Activate(Watts(2000.0)))
    setting.ticks(2)
    assert setting.told(A) == []
    assert setting.stored().count("Activated") == 1


def test_an_order_of_before_the_miners_are_known_is_accepted_and_pursued_then(setting: Setting) -> None:
    setting.ask(RegisterMiners((miner(A),), "scan"), Source.SYSTEM)
    setting.directory.enter(A, Mailbox.start())
    setting.ask(Activate(Watts(1460.0)))
    setting.ticks(1)
    assert setting.phase() is FleetPhase.INITIALIZING
    assert not setting.status.available_for_dispatch
    assert setting.told(A) == []
    setting.give(report(Phase.ASLEEP))
    setting.ticks(1)
    assert [type(message) for message in setting.told(A)] == [SetTarget]


def test_a_silent_miner_is_waited_for_two_poll_intervals(setting: Setting) -> None:
    setting.ask(RegisterMiners((miner(A),), "scan"), Source.SYSTEM)
    setting.ticks(9)
    assert setting.phase() is FleetPhase.INITIALIZING
    setting.ticks(2)
    assert setting.phase() is FleetPhase.FAULT


def test_a_command_that_was_taken_too_late_is_recorded_and_not_carried_out(setting: Setting) -> None:
    setting.has(miner(A))
    late = CommandRequest(Activate(Watts(1460.0)), origin(), Timestamp(setting.now - 0.1))
    assert setting.give(late).code == "TOO_LATE"
    assert setting.status.target is None
    assert setting.stored()[-1] == "CommandRejected"


def test_a_command_whose_client_left_while_it_waited_is_recorded_as_refused_and_not_carried_out(
    setting: Setting,
) -> None:
    setting.has(miner(A))
    setting.told(A)
    claim = Claim(gone=lambda: True)
    left = CommandRequest(Activate(Watts(1460.0)), origin(), Timestamp(setting.now), claim=claim)
    assert setting.give(left).code == "TOO_LATE"
    assert setting.status.target is None
    assert setting.stored()[-1] == "CommandRejected"
    assert setting.told(A) == []


def test_a_command_that_its_sender_gave_up_is_never_carried_out(setting: Setting) -> None:
    setting.has(miner(A))
    claim = Claim()
    assert claim.withdraw()
    given_up = CommandRequest(Activate(Watts(1460.0)), origin(), Timestamp(setting.now), claim=claim)
    assert setting.give(given_up).code == "TOO_LATE"
    assert setting.status.target is None


@pytest.mark.parametrize("shed", [False, True])
def test_a_command_whose_client_leaves_while_it_waits_for_the_log_leaves_no_trace(
    setting: Setting, shed: bool
) -> None:
    setting.has(miner(A))
    setting.told(A)
    asked: list[int] = []

    def looked() -> bool:
        """Be there when it is taken up, and gone when the log could be written."""
        asked.append(1)
        return len(asked) > 1

    command = Deactivate() if shed else Activate(Watts(1460.0))
    request = CommandRequest(command, origin(), Timestamp(setting.now), claim=Claim(gone=looked))
    assert setting.give(request).code == "TOO_LATE"
    assert len(asked) == 2
    assert setting.stored()[-1] == "CommandRejected"
    assert setting.status.target is None
    assert setting.told(A) == []
    assert setting.ask(Activate(Watts(1460.0))).version


def test_a_command_that_could_be_recorded_too_late_only_is_not(setting: Setting) -> None:
    setting.has(miner(A))
    claim = Claim(Timestamp(setting.now - 0.1))
    request = CommandRequest(Activate(Watts(1460.0)), origin(), Timestamp(setting.now), claim=claim)
    assert setting.give(request).code == "TOO_LATE"
    assert setting.status.target is None
    assert setting.stored()[-1] == "CommandRejected"


def test_a_fleet_that_is_offline_takes_a_deactivation_and_nothing_else(setting: Setting) -> None:
    assert setting.refused(Activate(Watts(0.0))).code == "FLEET_OFFLINE"
    setting.has(miner(A), phase=Phase.UNREACHABLE)
    assert setting.refused(Activate(Watts(1000.0))).code == "FLEET_OFFLINE"
    setting.told(A)
    result = setting.ask(Deactivate())
    assert setting.told(A) == [SetTarget(IDLE, Version(result.version))]


def test_a_fleet_of_which_one_was_not_looked_at_yet_takes_an_activation_however_late_it_was_found(
    setting: Setting,
) -> None:
    setting.ticks(30)
    setting.has(miner(A), phase=Phase.UNKNOWN)
    setting.ticks(1)
    assert setting.phase() is FleetPhase.INITIALIZING
    setting.ask(Activate(Watts(1000.0)))
    assert setting.status.target == 1000.0
    setting.ticks(10)
    assert setting.refused(Activate(Watts(900.0))).code == "FLEET_OFFLINE"


def test_what_cannot_be_recorded_is_not_carried_out_and_the_fault_ends_by_itself(setting: Setting) -> None:
    setting.has(miner(A))
    setting.told(A)
    with closing(sqlite3.connect(setting.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert setting.refused(Activate(Watts(1460.0))).code == "FAULT_STATE"
        assert setting.refused(ControlMiner(A, MinerAction.STOP)).code == "FAULT_STATE"
        assert setting.fence.standby_version == 0
        setting.ticks(1)
        assert setting.phase() is FleetPhase.FAULT
        other.rollback()
    assert setting.told(A) == []
    setting.ticks(2)
    assert setting.status.log_fault is None
    assert setting.stored()[-1] == "FaultCleared"


@pytest.mark.parametrize(
    "standby", [Deactivate(), Activate(Watts(0.0)), SetOverride(enabled=True, target=None)]
)
def test_a_standby_order_raises_the_fence_to_its_version(
    setting: Setting, standby: Deactivate | Activate | SetOverride
) -> None:
    setting.has(miner(A))
    result = setting.ask(standby)
    assert setting.fence.standby_version == result.version


def test_a_standby_order_in_a_fault_of_the_log_that_has_just_ended_raises_the_fence_to_its_version(
    setting: Setting,
) -> None:
    setting.has(miner(A))
    with closing(sqlite3.connect(setting.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert setting.refused(Activate(Watts(1460.0))).code == "FAULT_STATE"
        other.rollback()
    result = setting.ask(Deactivate())
    assert setting.fence.standby_version == result.version
    setting.ticks(2)
    assert setting.stored()[2:4] == ["Deactivated", "FaultCleared"]
    assert setting.fence.standby_version == result.version


def test_a_repeated_deactivation_does_not_stop_what_an_operator_started_since(setting: Setting) -> None:
    setting.has(miner(A))
    setting.ask(Deactivate())
    started = setting.ask(ControlMiner(A, MinerAction.START), Source.DASHBOARD)
    setting.ask(Deactivate())
    assert setting.fence.allows(started.version)
    setting.ask(Activate(Watts(1460.0)))
    setting.ask(Deactivate())
    assert not setting.fence.allows(started.version)


def test_an_ems_order_is_refused_under_override_and_an_operators_moves_its_target(setting: Setting) -> None:
    setting.has(miner(A), miner(B))
    setting.ask(SetOverride(enabled=True, target=Watts(1460.0)), Source.DASHBOARD)
    assert setting.refused(Deactivate()).code == "MANUAL_OVERRIDE"
    setting.ask(ApplyPower(Watts(2920.0)), Source.DASHBOARD)
    override = setting.status.state.override
    assert override is not None
    assert override.target == 2920.0
    setting.ask(SetOverride(enabled=False, target=None), Source.DASHBOARD)
    assert setting.status.target == 2920.0


def test_a_stopped_miner_is_replaced_once_it_draws_nothing(setting: Setting) -> None:
    setting.has(miner(A), miner(B))
    setting.ask(Activate(Watts(1460.0)))
    setting.give(at_its_setpoint(RUN, A))
    setting.told(A)
    setting.told(B)
    reply: Future[DeviceError | None] = Future()
    result = setting.ask(ControlMiner(A, MinerAction.STOP), Source.DASHBOARD, reply)
    assert setting.told(A) == [ManualCommand(Step.SLEEP, None, None, IDLE, Version(result.version), reply)]
    setting.give(report(Phase.ASLEEP))
    setting.ticks(1)
    assert [message.setpoint for message in setting.told(B)] == [RUN]
    assert setting.told(A) == []


def test_a_frequency_set_by_hand_outlives_orders_and_a_new_actor_is_told_it(setting: Setting) -> None:
    setting.has(miner(A))
    setting.ask(SetFrequency(A, Megahertz(500), None), Source.DASHBOARD)
    setting.ask(Activate(Watts(1460.0)))
    setting.told(A)
    setting.give(MinerStarted(A))
    setting.ticks(1)
    assert [message.setpoint for message in setting.told(A)] == [Setpoint(running=True, point=at(500))]
    assert setting.status.state.holds[A].kind is HoldKind.FREQUENCY


def test_actors_that_start_together_are_told_again_each_once(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [MinerId(f"127.0.1.{number}") for number in range(1, 9)]
    setting.has(*map(miner, addresses))
    setting.ask(Activate(Watts(1460.0)))
    setting.ticks()
    for address in addresses:
        setting.told(address)
    passes = Mock(wraps=schedule.forgotten)
    monkeypatch.setattr(schedule, "forgotten", passes)
    for address in addresses:
        setting.give(MinerStarted(address))
    setting.ticks(0.25)
    assert {address: len(setting.told(address)) for address in addresses} == dict.fromkeys(addresses, 1)
    assert passes.call_count == 1, "one pass over the fleet for all of them"


def test_a_registration_starts_an_actor_anew_only_if_it_works_with_something_else(setting: Setting) -> None:
    setting.has(miner(A))
    assert setting.supervisor_was_told() == [(Dismiss, A), (Employ, A)]
    renamed = replace(miner(A), hostname="hall-3", rated_power=Watts(1300.0))
    setting.ask(RegisterMiners((renamed,), "add"), Source.DASHBOARD)
    assert setting.supervisor_was_told() == []
    assert setting.status.reports[A].phase is Phase.ASLEEP
    assert setting.status.rated_power == 1300.0
    setting.ask(RegisterMiners((replace(renamed, api_port=4029),), "add"), Source.DASHBOARD)
    assert setting.supervisor_was_told() == [(Dismiss, A), (Employ, A)]
    assert setting.status.reports == {}


def test_a_removed_miner_is_forgotten(setting: Setting) -> None:
    setting.has(miner(A), miner(B))
    setting.supervisor_was_told()
    setting.ask(RemoveMiner(A), Source.DASHBOARD)
    assert setting.supervisor_was_told() == [(Dismiss, A)]
    assert setting.directory.miner(A) is None
    setting.give(report(Phase.HASHING))
    setting.ticks(1)
    assert list(setting.status.reports) == [B]


def test_an_unidentified_miner_is_looked_at_when_it_appears(setting: Setting) -> None:
    unknown = miner(A, firmware=Firmware.UNKNOWN, controllable=False)
    setting.has(unknown, phase=Phase.UNREACHABLE)
    setting.give(report(Phase.HASHING))
    setting.give(report(Phase.HASHING))
    assert read(setting.directory.discovery) == [Identify(A)]


def test_a_new_fleet_actor_goes_on_where_the_old_one_died(setting: Setting) -> None:
    setting.has(miner(A), miner(B))
    order = setting.ask(Activate(Watts(1460.0)))
    setting.told(A)
    setting.fleet.stop(timeout=TIMEOUT)
    setting.start()
    setting.ticks(1)
    assert setting.told(A) == []
    setting.give(at_its_setpoint(RUN, A))
    setting.give(report(Phase.ASLEEP, B))
    setting.ticks(1)
    assert setting.told(A) == [SetTarget(RUN, Version(order.version))]
    assert setting.status.target == 1460.0


def test_the_fence_stands_again_after_a_restart(setting: Setting) -> None:
    setting.has(miner(A))
    deactivated = setting.ask(Deactivate())
    setting.fleet.stop(timeout=TIMEOUT)
    setting.fence.standby_version = 0
    setting.start()
    setting.give(Tick())
    assert setting.fence.standby_version == deactivated.version


def test_what_miners_did_is_recorded_before_the_fleet_actor_ends(setting: Setting) -> None:
    setting.has(miner(A))
    order = setting.ask(Activate(Watts(1460.0)))
    setting.give(ActionEnded(A, Step.WAKE, Version(order.version), "", Timestamp(setting.now)))
    setting.fleet.stop(timeout=TIMEOUT)
    assert setting.stored()[-1] == "MinersResponded"


def test_a_report_of_a_stranger_changes_nothing(setting: Setting) -> None:
    setting.has(miner(A))
    setting.give(report(Phase.HASHING, C))
    setting.ticks(1)
    assert setting.status.hashing == 0


def test_commands_without_a_pause_hold_up_nothing_that_is_done_every_second(setting: Setting) -> None:
    setting.ask(RegisterMiners((miner(A),), "scan"), Source.SYSTEM)
    setting.directory.enter(A, Mailbox.start())
    setting.give(report(Phase.ASLEEP, A, at=setting.clock()))
    for _ in range(8):
        result = setting.ask(Activate(Watts(1460.0)))
        setting.ticks(0.25)
    assert setting.phase() is FleetPhase.ACTIVATING
    assert setting.told(A)[-1].version <= result.version


def test_a_fleet_whose_log_another_writes_tells_no_miner_and_takes_no_command(setting: Setting) -> None:
    setting.has(miner(A))
    setting.told(A)
    with closing(FleetLog(f"sqlite:///{setting.path}", setting.wall, PowerMode.ON_OFF)) as other:
        other.server_started("0.1.0")
    refused = setting.refused(Activate(Watts(1460.0)))
    assert (refused.code, "Another writer" in refused.message) == ("FAULT_STATE", True)
    assert setting.fence.closed
    refused = setting.refused(Deactivate())
    assert (refused.code, "no longer leads" in refused.message) == ("FAULT_STATE", True)
    setting.give(report(Phase.HASHING, A, at=setting.clock()))
    setting.ticks(3)
    assert setting.told(A) == []
    assert setting.stored()[-1] == "ServerStarted"


def test_a_miner_that_moved_has_a_new_actor_and_all_that_was_known_of_it(setting: Setting) -> None:
    setting.has(miner(A), miner(B), phase=Phase.HASHING)
    setting.ask(ControlMiner(A, MinerAction.STOP), Source.DASHBOARD)
    setting.give(report(Phase.UNREACHABLE, A, at=setting.clock(), running_hours=12.5))
    setting.supervisor_was_told()
    result = setting.ask(MoveMiners((Move("02:00:7f:00:00:01", A, C),)), Source.SYSTEM)
    assert result.message == f"1 miner has moved: {A} is now {C} (MAC 02:00:7f:00:00:01)"
    assert setting.supervisor_was_told() == [(Dismiss, A), (Dismiss, C), (Employ, C)]
    snapshot = setting.board.snapshot
    assert set(snapshot.state.miners) == {B, C}
    assert set(snapshot.reports) == {B}
    assert snapshot.state.holds[C].kind is HoldKind.STOPPED
    assert snapshot.state.experience[C].running_hours == 12.5
    assert setting.directory.miner(A) is None


def test_miners_that_change_places_are_both_started_anew(setting: Setting) -> None:
    setting.has(miner(A), miner(B))
    setting.supervisor_was_told()
    setting.ask(MoveMiners((Move("x", A, B), Move("y", B, A))), Source.SYSTEM)
    assert setting.supervisor_was_told() == [(Dismiss, A), (Dismiss, B), (Employ, A), (Employ, B)]
    assert setting.board.snapshot.state.miners[A].mac == miner(B).mac
    assert setting.board.snapshot.reports == {}


@pytest.mark.parametrize(("away", "looked_at"), [(59.0, []), (61.0, [Identify(A)])])
def test_a_miner_that_comes_back_after_long_is_looked_at_for_it_may_be_another_one(
    setting: Setting, away: float, looked_at: list[Identify]
) -> None:
    setting.has(miner(A))
    read(setting.directory.discovery)
    setting.give(report(Phase.UNREACHABLE, A, at=setting.clock(), phase_since=setting.clock()))
    setting.now += away
    setting.give(report(Phase.ASLEEP, A, at=setting.clock()))
    assert read(setting.directory.discovery) == looked_at
