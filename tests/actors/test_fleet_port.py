"""What every `FleetPort` promises a front: the running system's client, and the stub that tests use."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Network

import pykka
import pytest
from stub_fleet import StubFleet, two_miners
from waiting import PATIENCE

from actors.claim import too_late
from actors.client import FleetClient
from actors.directory import Directory
from actors.discovery.scan import ScanBoard
from actors.messages import CommandRequest, CommandResult, FrontSilent
from actors.port import COMMAND_DEADLINE, FleetPort, Sender
from actors.snapshot import StatusBoard
from actors.supervisor import SupervisionBoard
from events.commands import ChangeConfiguration, Deactivate
from events.state import Source
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import CommandRejected, ErrorCode
from netstab.reach import Reach
from netstab.units import MinerId, Seconds, Timestamp, Version
from netstab.wire.login import Digest

NOW = Timestamp(1000.0)
SENDER = Sender("127.0.0.1")
LATE = Sender("127.0.0.1", Seconds(COMMAND_DEADLINE + 1))
STRANGER = MinerId("127.99.0.1")


class Fleet(pykka.ThreadingActor):
    """Takes what comes in time, and publishes a changed configuration before it answers."""

    def __init__(self, board: StatusBoard) -> None:
        super().__init__()
        self._board = board

    def on_receive(self, request: CommandRequest | FrontSilent) -> CommandResult | CommandRejected | None:
        if isinstance(request, FrontSilent):
            return None
        if request.deadline < NOW:
            return too_late()
        if isinstance(request.command, ChangeConfiguration):
            shown = self._board.snapshot
            state = replace(shown.state, configuration=request.command.configuration)
            self._board.snapshot = replace(shown, state=state)
        return CommandResult(request.origin.command_id, Version(13), "done")


@contextmanager
def _client(leads: bool) -> Iterator[FleetPort]:
    runner, web, directory, board = (
        DeviceRunner(),
        Web(login=Digest("root", "root")),
        Directory(),
        StatusBoard(two_miners()),
    )
    runner.start()
    fleet = directory.fleet = Fleet.start(board) if leads else None
    reach = Reach((IPv4Network("127.0.0.0/8"),), 4028)
    yield FleetClient(
        directory,
        board,
        ScanBoard(),
        SupervisionBoard(),
        runner,
        web,
        lambda: NOW,
        reach,
    )
    if fleet is not None:
        fleet.stop(timeout=60)
    runner.stop(20)
    web.close()


@contextmanager
def _stub(leads: bool) -> Iterator[FleetPort]:
    yield StubFleet(two_miners(), leads=leads)


@pytest.fixture(params=[_client, _stub], ids=["client", "stub"])
def port(request: pytest.FixtureRequest) -> Iterator[FleetPort]:
    with request.param(True) as port:
        yield port


@pytest.fixture(params=[_client, _stub], ids=["client", "stub"])
def standby(request: pytest.FixtureRequest) -> Iterator[FleetPort]:
    with request.param(False) as port:
        yield port


def refused(call: Callable[[], object]) -> ErrorCode:
    with pytest.raises(CommandRejected) as rejected:
        call()
    return rejected.value.code


def test_a_command_in_time_is_taken_and_gets_its_version(port: FleetPort) -> None:
    assert port.leads
    assert port.submit(Deactivate(), Source.EMS, SENDER).version == 13


@pytest.mark.parametrize(
    "call",
    [
        lambda port: port.submit(Deactivate(), Source.EMS, LATE),
        lambda port: port.scan(IPv4Network("127.0.0.0/30"), LATE, 1),
        lambda port: port.add_miner(STRANGER, 4028, None, LATE),
        lambda port: port.configure({"min_miner_power_percent": 50.0}, Source.DASHBOARD, LATE),
    ],
    ids=["command", "scan", "addition", "configuration"],
)
def test_what_comes_too_late_is_refused(port: FleetPort, call: Callable[[FleetPort], object]) -> None:
    before = port.snapshot.state.configuration
    assert refused(lambda: call(port)) is ErrorCode.TOO_LATE
    assert port.snapshot.state.configuration == before


def test_a_miner_that_is_not_registered_is_unknown(port: FleetPort) -> None:
    assert refused(lambda: port.details(STRANGER)) is ErrorCode.UNKNOWN_MINER
    assert refused(lambda: port.blink(STRANGER, SENDER)) is ErrorCode.UNKNOWN_MINER


def test_a_miner_without_an_actor_has_no_inbox(port: FleetPort) -> None:
    assert port.inbox_length(STRANGER) is None


def test_a_standby_takes_no_commands_and_still_shows_what_is_published(standby: FleetPort) -> None:
    assert not standby.leads
    assert refused(lambda: standby.submit(Deactivate(), Source.EMS, SENDER)) is ErrorCode.STANDBY
    assert len(standby.snapshot.state.miners) == 2


def test_signs_of_life_and_silence_are_taken_at_any_time_and_answered_by_nothing(
    port: FleetPort, standby: FleetPort
) -> None:
    for each in (port, standby):
        each.heard(Source.S2)
        each.fell_silent(Source.MODBUS)
        assert each.snapshot.state.version == 12


def test_a_configuration_without_changes_is_no_command(standby: FleetPort) -> None:
    before = standby.snapshot.state.configuration
    assert standby.configure({}, Source.DASHBOARD, SENDER) == before


def test_of_changes_of_the_configuration_at_once_none_is_lost(
    port: FleetPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", PATIENCE)
    changes = (
        {"min_miner_power_percent": 55.0},
        {"max_power_change_rate_kw_per_sec": 3.5},
        {"rated_power_kw_override": 2.5},
        {"miner_priority": ("127.0.1.56",)},
    )
    with ThreadPoolExecutor(len(changes)) as threads:
        list(threads.map(lambda change: port.configure(change, Source.DASHBOARD, SENDER), changes))
    configuration = port.snapshot.state.configuration
    for change in changes:
        for name, value in change.items():
            assert getattr(configuration, name) == value
