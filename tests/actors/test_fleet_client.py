"""The client's promises to those outside the actors; the FleetActor is one that answers as the test says."""

import gc
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pykka
import pytest
from published import published
from values import registered

from actors.claim import Claim
from actors.client import GRACE, FleetClient
from actors.directory import Directory
from actors.discovery.scan import ScanBoard
from actors.messages import CommandRequest, CommandResult
from actors.port import COMMAND_DEADLINE, Sender
from actors.snapshot import StatusBoard
from actors.supervisor import SupervisionBoard
from events.commands import ControlMiner, Deactivate, FindMiner, MinerAction
from events.state import FleetState, RegisteredMiner, Source
from netstab.devices.port import Firmware
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import (
    CommandRefused,
    CommandRejected,
    DeviceError,
    ErrorCode,
    HeldByAnother,
    TimedOut,
    Unauthorized,
    WriteAccessClosed,
)
from netstab.power.allocation import PowerMode
from netstab.reach import Reach
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import Megahertz, MinerId, Seconds, Timestamp, WallTime, Watts
from netstab.wire.login import Digest

TIMEOUT = 60
STOP = ControlMiner(MinerId("127.0.0.9"), MinerAction.STOP)


class Fleet(pykka.ThreadingActor):
    """Answers every command with `answer`, and who waits for a device with `outcome`."""

    def __init__(
        self,
        answer: CommandResult | CommandRejected | Callable[..., Any],
        outcome: tuple[Any, ...] | None = None,
    ) -> None:
        super().__init__()
        self.answer, self.outcome = answer, outcome
        self.requests: list[CommandRequest] = []

    def on_receive(self, request: CommandRequest) -> CommandResult | CommandRejected | Callable[..., Any]:
        self.requests.append(request)
        if request.reply is not None and self.outcome is not None:
            request.reply.set_result(*self.outcome)
        if callable(self.answer):
            self.answer()
        return self.answer


RESULT = CommandResult("id", 7, "done")


class Setting:
    def __init__(self, miners: tuple[Any, ...] | list[RegisteredMiner] = ()) -> None:
        self.state = FleetState(
            version=1, power_mode=PowerMode.ON_OFF, miners={miner.miner_id: miner for miner in miners}
        )
        now = Timestamp(1000.0)
        self.runner, self.web = DeviceRunner(), Web(login=Digest("root", "root"))
        self.runner.start()
        self.directory = Directory()
        self.client = FleetClient(
            directory=self.directory,
            board=StatusBoard(published(self.state, {}, now, rated=Watts(0.0))),
            scans=ScanBoard(),
            supervision=SupervisionBoard(),
            runner=self.runner,
            web=self.web,
            clock=lambda: Timestamp(time.monotonic()),
            reach=Reach((IPv4Network("127.0.0.0/8"),), 4028),
        )

    def answers(
        self,
        answer: CommandResult | CommandRejected | Callable[..., Any],
        *outcome: DeviceError | None,
    ) -> None:
        self.fleet = self.directory.fleet = Fleet.start(answer, outcome or None)

    def requests(self) -> list[CommandRequest]:
        heard: list[CommandRequest] = self.fleet.proxy().requests.get(timeout=TIMEOUT)
        return heard

    def close(self) -> None:
        pykka.ActorRegistry.stop_all(timeout=TIMEOUT)
        self.runner.stop(TIMEOUT)
        self.web.close()


@pytest.fixture
def setting() -> Iterator[Setting]:
    with closing(Setting()) as setting:
        yield setting


def code_of(call: Callable[..., Any]) -> str:
    with pytest.raises(CommandRejected) as rejected:
        call()
    return rejected.value.code


def submit(setting: Setting) -> CommandResult | None:
    return setting.client.submit(Deactivate(), Source.EMS, Sender("127.0.0.1"))


def operate(setting: Setting) -> CommandResult | None:
    return setting.client.operate(STOP, Source.DASHBOARD, Sender("127.0.0.1"))


def test_a_command_carries_its_sender_and_a_deadline_of_its_own(setting: Setting) -> None:
    setting.answers(RESULT)
    before = time.monotonic()
    assert submit(setting) is RESULT
    (request,) = setting.requests()
    assert (request.origin.source, request.origin.client) == (Source.EMS, "127.0.0.1")
    assert before + COMMAND_DEADLINE <= request.deadline <= time.monotonic() + COMMAND_DEADLINE


@pytest.mark.parametrize("waited", [0.0, 1.0, 1.5, 60.0])
def test_the_deadline_counts_from_the_commands_arrival(setting: Setting, waited: float) -> None:
    setting.answers(RESULT)
    before = time.monotonic()
    setting.client.submit(Deactivate(), Source.EMS, Sender("127.0.0.1", Seconds(waited)))
    (request,) = setting.requests()
    late = time.monotonic() - before
    assert before + COMMAND_DEADLINE <= request.deadline + waited <= before + COMMAND_DEADLINE + late


def test_a_late_command_goes_to_the_fleet_that_refuses_and_records_it(setting: Setting) -> None:
    setting.answers(CommandRejected(ErrorCode.TOO_LATE, "The command waited too long."))
    late = Sender("127.0.0.1", Seconds(COMMAND_DEADLINE + 1))
    assert code_of(lambda: setting.client.submit(Deactivate(), Source.EMS, late)) == "TOO_LATE"
    assert len(setting.requests()) == 1


def test_a_late_scan_is_refused_and_discovery_not_asked(setting: Setting) -> None:
    late = Sender("127.0.0.1", Seconds(COMMAND_DEADLINE + 1))
    assert code_of(lambda: setting.client.scan(IPv4Network("127.0.0.0/30"), late, 1)) == "TOO_LATE"
    assert code_of(lambda: setting.client.add_miner(MinerId("127.0.0.1"), 4028, None, late)) == "TOO_LATE"


class Busy(pykka.ThreadingActor):
    """In discovery's place: takes nothing up while it is held."""

    def __init__(self, held: Future[Any]) -> None:
        super().__init__()
        self._held = held

    def on_receive(self, _request: object) -> None:
        self._held.result(TIMEOUT)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client, sender: client.scan(IPv4Network("127.0.0.0/30"), sender, 1),
        lambda client, sender: client.add_miner(MinerId("127.0.0.1"), 4028, None, sender),
    ],
    ids=["scan", "addition"],
)
def test_what_discovery_does_not_take_up_in_time_is_said_to_be_undone(
    setting: Setting, ask: Callable[..., Any]
) -> None:
    setting.answers(RESULT)
    held: Future[Any] = Future()
    setting.directory.discovery = Busy.start(held)
    nearly_late = Sender("127.0.0.1", Seconds(COMMAND_DEADLINE - 0.05))
    assert code_of(lambda: ask(setting.client, nearly_late)) == "TOO_LATE"
    held.set_result(None)


def test_a_configuration_waits_for_the_one_before_it_no_longer_than_any_command_waits(
    setting: Setting,
) -> None:
    nearly_late = Sender("127.0.0.1", Seconds(COMMAND_DEADLINE - 0.05))
    change = {"min_miner_power_percent": 55.0}
    with setting.client._configuring:
        code = code_of(lambda: setting.client.configure(change, Source.DASHBOARD, nearly_late))
    assert code == "TOO_LATE"


def test_what_a_configuration_has_waited_for_the_one_before_it_counts(setting: Setting) -> None:
    setting.answers(RESULT)
    turn = setting.client._configuring
    client = replace(setting.client, clock=lambda: Timestamp(11.0 if turn.locked() else 10.0))
    client.configure({"min_miner_power_percent": 55.0}, Source.DASHBOARD, Sender("127.0.0.1"))
    (request,) = setting.requests()
    assert request.deadline == 10.0 + COMMAND_DEADLINE


def test_a_refusal_is_raised_as_it_was_given(setting: Setting) -> None:
    setting.answers(CommandRejected(ErrorCode.MANUAL_OVERRIDE, "Manual override is active."))
    assert code_of(lambda: submit(setting)) == "MANUAL_OVERRIDE"


class Refusing(pykka.ThreadingActor):
    def on_receive(self, _request: CommandRequest) -> CommandRejected:
        return CommandRejected(ErrorCode.MANUAL_OVERRIDE, "Manual override is active.")


def test_a_refusal_that_was_told_is_gone_without_a_collection_which_is_rare(setting: Setting) -> None:
    setting.directory.fleet = Refusing.start()

    def refused() -> weakref.ref[CommandRejected]:
        try:
            submit(setting)
        except CommandRejected as error:
            return weakref.ref(error)
        raise AssertionError

    gc.disable()
    try:
        kept = refused()
        refused()  # an actor holds its last answer until the next one
        assert kept() is None
    finally:
        gc.enable()


def test_a_standby_without_a_fleet_says_that_it_takes_no_commands(setting: Setting) -> None:
    assert code_of(lambda: submit(setting)) == "STANDBY"


def test_a_dead_fleet_is_an_internal_error(setting: Setting) -> None:
    setting.answers(RESULT)
    setting.fleet.stop(timeout=TIMEOUT)
    assert code_of(lambda: submit(setting)) == "INTERNAL_ERROR"


def test_a_fleet_that_hangs_is_waited_for_two_seconds_and_can_do_nothing_afterwards(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.client.GRACE", GRACE)
    released: Future[Any] = Future()
    setting.answers(lambda: released.result(TIMEOUT))
    before = time.monotonic()
    assert code_of(lambda: submit(setting)) == "TOO_LATE"
    assert 1.9 < time.monotonic() - before < TIMEOUT
    released.set_result(None)
    (request,) = setting.requests()
    assert code_of(lambda: request.claim.take(Timestamp(0.0))) == "TOO_LATE"


def test_what_is_being_recorded_is_waited_for_and_not_said_to_be_undone(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.client.GRACE", Seconds(0.1))
    monkeypatch.setattr("actors.client.COMMITTED_WITHIN", Seconds(0.1))
    released: Future[Any] = Future()
    claim = Claim()
    monkeypatch.setattr("actors.client.Claim", lambda *_: claim)

    def recording() -> Any:
        claim.take(Timestamp(0.0))
        return released.result(TIMEOUT)

    setting.answers(recording)
    assert code_of(lambda: submit(setting)) == "INTERNAL_ERROR"
    released.set_result(None)


def test_an_operation_returns_once_the_miner_has_taken_it(setting: Setting) -> None:
    setting.answers(RESULT, None)
    assert operate(setting) is RESULT


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandRefused("denied"), "MINER_REFUSED"),
        (TimedOut("no answer"), "MINER_UNREACHABLE"),
        (Unauthorized("401"), "MINER_UNREACHABLE"),
        (WriteAccessClosed("closed"), "MINER_REFUSED"),
        (HeldByAnother("held"), "MINER_REFUSED"),
    ],
)
def test_what_the_miner_said_to_an_operation_is_told_apart(
    setting: Setting, error: DeviceError, code: str
) -> None:
    setting.answers(RESULT, error)
    assert code_of(lambda: operate(setting)) == code


def test_a_stranger_is_unknown_to_reads_and_never_called(setting: Setting) -> None:
    stranger = MinerId("127.99.0.1")
    assert code_of(lambda: setting.client.details(stranger)) == "UNKNOWN_MINER"
    assert code_of(lambda: setting.client.blink(stranger, Sender("127.0.0.1"))) == "UNKNOWN_MINER"


@pytest.mark.parametrize(("address", "port"), [("10.9.9.9", 4028), ("127.31.17.9", 22)])
def test_a_miner_of_the_log_at_an_address_or_port_that_is_not_allowed_is_never_called(
    address: str, port: int
) -> None:
    miner = registered(address, api_port=port)
    with closing(Setting([miner])) as setting:
        setting.answers(RESULT)
        for call in (
            lambda: setting.client.details(miner.miner_id),
            lambda: setting.client.blink(miner.miner_id, Sender("127.0.0.1")),
        ):
            with pytest.raises(CommandRejected, match="is not talked to") as rejected:
                call()
            assert rejected.value.code == "MINER_UNREACHABLE"
        assert setting.requests() == []


def test_find_mode_is_toggled_and_recorded() -> None:
    with SimulatedFleet(1, first_address="127.31.17.1") as fleet:
        (miner_id,) = fleet.miners
        miner = RegisteredMiner(
            miner_id=miner_id,
            api_port=fleet.api_port,
            http_port=fleet.http_port,
            model="Antminer S9",
            firmware=Firmware.VNISH,
            firmware_version="3.9.0",
            mac="",
            hostname="",
            rated_power=Watts(1460.0),
            home_frequency=Megahertz(650),
            controllable=True,
            registered_at=WallTime(Timestamp(0.0)),
        )
        with closing(Setting([miner])) as setting:
            setting.answers(RESULT)
            assert [setting.client.blink(miner_id, Sender("127.0.0.1")) for _ in range(3)] == [
                True,
                False,
                True,
            ]
            assert fleet.inspect(miner_id).find_mode
            recorded = [request.command for request in setting.requests()]
            assert recorded == [FindMiner(miner_id, enabled) for enabled in (True, False, True)]
            assert setting.client.details(miner_id).system["minertype"].startswith("Antminer S9")
