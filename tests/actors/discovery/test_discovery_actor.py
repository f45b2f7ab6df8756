"""Discovery on loopback ports of its own; the fleet that it has miners registered with is a list."""

import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Any

import pykka
import pytest
from published import published
from values import registered
from waiting import wait_until

from actors.directory import Directory
from actors.discovery.actor import Discovery, DiscoveryParts
from actors.discovery.scan import Added, AddMiner, Identify, ScanBoard, ScanRequest
from actors.messages import Beat
from actors.port import Sender
from actors.snapshot import FleetSnapshot, StatusBoard
from events.commands import Command, RegisterMiners
from events.state import FleetState, RegisteredMiner, Source
from netstab.devices.port import Firmware
from netstab.devices.runner import DeviceRunner
from netstab.devices.web import Web
from netstab.errors import CommandRejected, ErrorCode
from netstab.power.allocation import PowerMode
from netstab.settings import read_settings
from netstab.simulation.fleet import SimulatedFleet
from netstab.units import MinerId, Timestamp, WallTime, Watts
from netstab.wire.login import Digest

TIMEOUT = 60
NOW = Timestamp(1000.0)


class Setting:
    """Discovery, and a fleet that registers at once what it is given, or refuses."""

    def __init__(self, fleet: SimulatedFleet) -> None:
        self.commands: list[tuple[RegisterMiners, Source, str]] = []
        self.refusal: Exception | None = None
        self.refused = 0
        self.board = StatusBoard(self._snapshot(FleetState(version=0, power_mode=PowerMode.ON_OFF)))
        self.scans, self.directory = ScanBoard(), Directory()
        self.runner, self.web = DeviceRunner(), Web(login=Digest("root", "root"))
        self.runner.start()
        ports = {"MINER_API_PORT": str(fleet.api_port), "MINER_HTTP_PORT": str(fleet.http_port)}
        self.parts = DiscoveryParts(
            directory=self.directory,
            board=self.board,
            scans=self.scans,
            runner=self.runner,
            web=self.web,
            settings=read_settings({"MINER_NETWORK_CIDR": "127.0.0.0/30"} | ports),
            wall=lambda: WallTime(NOW),
            submit=self._submit,
        )
        self.ref = Discovery.start(self.parts)

    def _snapshot(self, state: FleetState) -> FleetSnapshot:
        return published(state, {}, NOW, rated=Watts(0.0), initializing=True)

    def _submit(self, command: Command, source: Source, sender: Sender) -> None:
        assert isinstance(command, RegisterMiners)
        if self.refusal is not None:
            self.refused += 1
            raise self.refusal
        self.commands.append((command, source, sender.address))
        state = self.board.snapshot.state
        joined = {**state.miners, **{miner.miner_id: miner for miner in command.miners}}
        self.board.snapshot = self._snapshot(replace(state, miners=MappingProxyType(joined)))

    def scan(self, network: IPv4Network, client: str = "127.0.0.1") -> tuple[Any, ...]:
        done: Future[Any] = Future()
        return self.ref.ask(ScanRequest(network, client, done), timeout=TIMEOUT), done

    def add(self, miner_id: str, port: int, rated: Watts | None = None) -> Added:
        done: Future[Added] = Future()
        self.ref.tell(AddMiner(MinerId(miner_id), port, rated, "127.0.0.1", done))
        return done.result(TIMEOUT)

    @property
    def miners(self) -> Mapping[MinerId, RegisteredMiner]:
        return self.board.snapshot.state.miners

    def close(self) -> None:
        pykka.ActorRegistry.stop_all(timeout=TIMEOUT)
        self.runner.stop(TIMEOUT)
        self.web.close()


@pytest.fixture(scope="module")
def fleet() -> Iterator[SimulatedFleet]:
    with SimulatedFleet(3, first_address="127.31.7.1") as fleet:
        yield fleet


@pytest.fixture
def setting(fleet: SimulatedFleet) -> Iterator[Setting]:
    with closing(Setting(fleet)) as setting:
        yield setting


BLOCK = IPv4Network("127.31.7.0/29")


def test_what_nobody_waits_for_any_more_is_not_begun(setting: Setting, fleet: SimulatedFleet) -> None:
    scan = ScanRequest(BLOCK, "127.0.0.1", Future())
    add = AddMiner(fleet.miners[0], fleet.api_port, None, "127.0.0.1", Future())
    for request in (scan, add):
        assert request.done.cancel()
        assert setting.ref.ask(request, timeout=TIMEOUT) is None
    assert setting.scans.progress.network is None
    setting.scan(IPv4Network("127.31.8.0/30"))[1].result(TIMEOUT)
    assert fleet.miners[0] not in setting.miners


def test_what_is_asked_by_a_client_that_has_left_is_refused_and_not_begun(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    for request in (
        ScanRequest(BLOCK, "127.0.0.1", Future(), gone=lambda: True),
        AddMiner(fleet.miners[0], fleet.api_port, None, "127.0.0.1", Future(), gone=lambda: True),
    ):
        answer = setting.ref.ask(request, timeout=TIMEOUT)
        assert isinstance(answer, CommandRejected)
        assert answer.code == "TOO_LATE"
    assert setting.scans.progress.network is None
    assert setting.commands == []


def test_what_is_added_by_a_client_that_leaves_while_it_is_looked_at_is_not_registered(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    done: Future[Added] = Future()
    gone = iter([False, True]).__next__  # when it is taken up, and when it was looked at
    setting.ref.tell(AddMiner(fleet.miners[0], fleet.api_port, None, "127.0.0.1", done, gone=gone))
    with pytest.raises(CommandRejected, match="closed the connection"):
        done.result(TIMEOUT)
    assert setting.commands == []


def test_a_scan_registers_what_it_finds_and_a_second_one_nothing_new(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    _, done = setting.scan(BLOCK)
    found = done.result(TIMEOUT).found
    assert [sighting.endpoint.miner_id for sighting in found] == list(fleet.miners)
    assert sorted(setting.miners) == list(fleet.miners)
    progress = setting.scans.progress
    assert (progress.running, progress.scanned, progress.total, progress.found) == (False, 6, 6, 3)
    setting.scan(BLOCK)[1].result(TIMEOUT)
    assert [len(command.miners) for command, _, _ in setting.commands] == [3, 0]
    setting.scan(BLOCK, client="")[1].result(TIMEOUT)
    assert len(setting.commands) == 2


def test_whoever_asks_for_the_block_that_is_scanned_waits_with_the_others(setting: Setting) -> None:
    first, second = setting.scan(BLOCK)[1], setting.scan(BLOCK)[1]
    other, _ = setting.scan(IPv4Network("127.31.8.0/30"))
    assert isinstance(other, CommandRejected)
    assert other.code == "SCAN_RUNNING"
    assert first.result(TIMEOUT) is second.result(TIMEOUT)
    assert len(setting.commands) == 1


def test_a_refused_registration_is_what_who_waits_is_told(setting: Setting) -> None:
    setting.refusal = CommandRejected(ErrorCode.FAULT_STATE, "The log cannot be written.")
    _, done = setting.scan(BLOCK)
    with pytest.raises(CommandRejected, match="cannot be written"):
        done.result(TIMEOUT)
    setting.refusal = None
    setting.scan(BLOCK)[1].result(TIMEOUT)
    assert len(setting.miners) == 3


def test_a_dying_discovery_answers_who_waits_and_its_successor_scans(setting: Setting) -> None:
    setting.refusal = ValueError("a defect")
    _, done = setting.scan(BLOCK)
    with pytest.raises(CommandRejected, match="cut off"):
        done.result(TIMEOUT)
    assert not setting.scans.progress.running
    setting.refusal, setting.ref = None, Discovery.start(setting.parts)
    assert len(setting.scan(BLOCK)[1].result(TIMEOUT).found) == 3


def test_an_address_that_is_added_is_registered_whether_it_answers_or_not(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    added = setting.add(fleet.miners[0], fleet.api_port, Watts(1300.0))
    assert (added.answered, added.miner.controllable, added.miner.rated_power) == (True, True, 1300.0)
    silent = setting.add(MinerId("127.31.9.9"), fleet.api_port)
    assert (silent.answered, silent.miner.firmware, silent.miner.controllable) == (
        False,
        Firmware.UNKNOWN,
        False,
    )
    assert [source for _, source, _ in setting.commands] == [Source.DASHBOARD] * 2


def test_a_known_miner_that_is_added_again_and_stays_silent_did_not_answer(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    miner_id = fleet.miners[0]
    setting.add(miner_id, fleet.api_port)
    fleet.answer_instead(miner_id, api=b"\0", web=b"<html>switch</html>")
    again = setting.add(miner_id, fleet.api_port)
    fleet.answer_instead(miner_id)
    assert (again.answered, again.miner.firmware) == (False, Firmware.VNISH)


def test_a_scan_leaves_a_miner_the_port_it_was_added_with(setting: Setting, fleet: SimulatedFleet) -> None:
    with socket.socket() as closed:
        closed.bind((fleet.miners[1], 0))
        port = closed.getsockname()[1]
        setting.add(fleet.miners[1], port)
        setting.scan(BLOCK)[1].result(TIMEOUT)
    ports = {miner_id: miner.api_port for miner_id, miner in setting.miners.items()}
    assert ports == dict.fromkeys(fleet.miners, fleet.api_port) | {fleet.miners[1]: port}


def test_a_scan_looks_for_nobody_at_a_port_that_is_other_services(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    miner_id = fleet.miners[1]
    known = registered(miner_id, api_port=22, mac="")
    setting._submit(RegisterMiners((known,), "add", None), Source.SYSTEM, Sender(""))
    setting.scan(BLOCK)[1].result(TIMEOUT)
    assert setting.miners[miner_id].api_port == fleet.api_port


def test_a_miner_that_answers_at_last_is_registered_as_what_it_is(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    miner_id = fleet.miners[2]
    fleet.answer_instead(miner_id, api=b"\0", web=b"<html>switch</html>")
    assert setting.add(miner_id, fleet.api_port).miner.firmware is Firmware.UNKNOWN
    fleet.answer_instead(miner_id)
    setting.ref.tell(Identify(miner_id))
    wait_until(lambda: setting.miners[miner_id].controllable)
    assert setting.commands[-1][1] is Source.SYSTEM


@pytest.mark.parametrize("clients", [[""], ["", "127.0.0.1"], ["127.0.0.1", ""]])
def test_what_the_server_found_by_itself_is_registered_once_the_fleet_takes_it(
    setting: Setting, fleet: SimulatedFleet, clients: list[str]
) -> None:
    setting.refusal = CommandRejected(ErrorCode.FAULT_STATE, "The log cannot be written.")
    for done in [setting.scan(BLOCK, client)[1] for client in clients]:
        with pytest.raises(CommandRejected, match="cannot be written"):
            done.result(TIMEOUT)
    setting.ref.ask(Beat(), timeout=TIMEOUT)
    assert setting.miners == {}
    setting.refusal = None
    setting.ref.ask(Beat(), timeout=TIMEOUT)
    assert sorted(setting.miners) == list(fleet.miners)


def test_what_a_look_owes_does_not_displace_what_the_scan_of_the_start_owes(
    setting: Setting, fleet: SimulatedFleet
) -> None:
    known = fleet.miners[1]
    fleet.answer_instead(known, api=b"\0", web=b"<html>switch</html>")
    setting.add(known, fleet.api_port)
    fleet.answer_instead(known)
    setting.refusal = CommandRejected(ErrorCode.FAULT_STATE, "The log cannot be written.")
    _, done = setting.scan(BLOCK, client="")
    with pytest.raises(CommandRejected, match="cannot be written"):
        done.result(TIMEOUT)
    refused = setting.refused
    setting.ref.tell(Identify(known))
    wait_until(lambda: setting.refused > refused)
    setting.refusal = None
    setting.ref.ask(Beat(), timeout=TIMEOUT)
    assert {miner_id for miner_id, miner in setting.miners.items() if miner.controllable} == {*fleet.miners}
