"""The Resource Manager over real sockets: an energy manager on the other side, a fleet that records."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from cem import Cem, cem
from s2_conversation import LIMIT
from stub_fleet import NOW, StubFleet, two_miners
from waiting import wait_until
from websockets.http11 import Request
from websockets.server import ServerProtocol

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard, FrontStatus
from actors.messages import CommandResult
from actors.port import Sender
from events.commands import Activate, Command, Release, SetLimit
from events.state import FrontSetpoint, Order, Source
from netstab.clock import steady_clock, wall_clock
from netstab.errors import CommandRejected, ErrorCode
from netstab.fronts import runner
from netstab.fronts.runner import FrontParts, Fronts
from netstab.fronts.s2 import connecting, talk
from netstab.fronts.s2.connecting import MOST_BYTES
from netstab.fronts.s2.front import S2Front
from netstab.settings.fronts import S2Settings
from netstab.units import Seconds, Version, WallTime, Watts


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "FIRST_PAUSE", Seconds(0.05))


@contextmanager
def running(
    fleet: StubFleet, port: int, token: str = "", silent_after: float = 0.0
) -> Iterator[Callable[[], FrontStatus]]:
    """Run the front; gives how it stands."""
    board = FrontBoard(lambda: WallTime(NOW))
    settings = S2Settings(f"ws://127.0.0.1:{port}/s2", token, "2f0d4a52-0c0f-4a53-9d0e-3d8f4f6a5a52")
    given = FrontParts(fleet, board, EnergyBoard(), steady_clock())
    fronts = Fronts(given, [S2Front(settings, wall_clock, Seconds(silent_after))], [])
    fronts.start()
    try:
        yield lambda: board.statuses[0]
    finally:
        fronts.stop(Seconds(5))


def commanding(fleet: StubFleet, power: float) -> None:
    """Show the setpoint of the CEM in force."""
    state, target = fleet.snapshot.state, Watts(power)
    order = Order(target, "c-1", Source.S2, Version(2), WallTime(NOW))
    setpoint = FrontSetpoint(Source.S2, target, None, "c-1", WallTime(NOW), Version(2), Version(2))
    state = replace(state, order=order, setpoints={Source.S2: setpoint})
    fleet.snapshot = replace(fleet.snapshot, state=state)


def test_a_cem_is_met_with_the_token_and_its_instruction_is_submitted() -> None:
    fleet = StubFleet(two_miners())
    with cem() as (manager, port), running(fleet, port, "sesame") as status:
        modes = manager.await_one("OMBC.SystemDescription")["operation_modes"]
        assert manager.tokens == ["Bearer sesame"]
        assert status().connected
        assert (status().front, status().counterpart) == ("s2", f"ws://127.0.0.1:{port}/s2")
        rated = modes[-1]["power_ranges"][0]["end_of_range"]
        assert rated == fleet.snapshot.rated_power
        commanding(fleet, rated)
        instruction = manager.instruct(modes[-1]["id"])
        wait_until(lambda: manager.states(instruction) == ["ACCEPTED", "STARTED"])
        assert fleet.given == [(Activate(rated), Source.S2, f"s2 127.0.0.1:{port}")]
        assert Source.S2 in fleet.signs
        assert manager.faults == []


def test_a_refusal_is_an_instruction_rejected() -> None:
    fleet = StubFleet(two_miners(), refuse_with=CommandRejected(ErrorCode.MANUAL_OVERRIDE, "An override."))
    with cem() as (manager, port), running(fleet, port) as status:
        modes = manager.await_one("OMBC.SystemDescription")["operation_modes"]
        instruction = manager.instruct(modes[-1]["id"])
        wait_until(lambda: manager.states(instruction) == ["REJECTED"])
        assert status().connected
        assert "An override." in status().error


def test_what_is_no_message_is_answered_and_what_is_too_long_ends_the_connection_for_a_while() -> None:
    fleet = StubFleet(two_miners())
    with cem() as (manager, port), running(fleet, port) as status:
        manager.await_one("OMBC.SystemDescription")
        for frame in ("{", b"\x00", '{"message_type": 5, "message_id": "m-1"}', '"\\ud800"'):
            manager.raw(frame)
        statuses = ["INVALID_DATA", "INVALID_DATA", "INVALID_MESSAGE", "INVALID_DATA"]
        wait_until(
            lambda: (
                [each["status"] for each in manager.all("ReceptionStatus") if each["status"] != "OK"]
                == statuses
            )
        )
        assert manager.sessions == 1
        manager.raw(json.dumps("x" * MOST_BYTES))
        wait_until(lambda: manager.sessions == 2)
        manager.await_one("OMBC.SystemDescription")
        assert status().connected


def test_a_cem_that_goes_and_comes_back_finds_the_fleet_again() -> None:
    fleet = StubFleet(two_miners())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running(fleet, port) as status:
        wait_until(lambda: status().error)
        assert "cannot be reached" in status().error
        for _ in range(2):
            with cem(port=port) as (manager, _):
                manager.await_one("OMBC.SystemDescription")
                assert status().connected
            wait_until(lambda: not status().connected)


def test_an_open_connection_is_a_sign_of_life_between_messages() -> None:
    fleet = StubFleet(two_miners())
    with cem(Cem(control="")) as (manager, port), running(fleet, port, silent_after=0.3):
        manager.await_one("ResourceManagerDetails")
        heard = len(manager.heard)
        fleet.signs.clear()
        wait_until(lambda: len(fleet.signs) >= 3)
        assert len(manager.heard) <= heard + 1


def test_a_cem_that_terminates_is_let_go_before_the_end_and_asked_again() -> None:
    fleet = StubFleet(two_miners())
    with cem() as (manager, port), running(fleet, port) as status:
        manager.await_one("OMBC.SystemDescription")
        commanding(fleet, 1460)
        manager.say("SessionRequest", request="TERMINATE")
        wait_until(lambda: manager.sessions == 2)
        assert [given[0] for given in fleet.given] == [Release()]
        assert "terminate" in status().error
        assert manager.ends == [1000]


@pytest.mark.parametrize(
    ("version", "words"), [("0.0.2-beta", "refuses the connection with status"), ("9", "selected version 9")]
)
def test_one_that_refuses_or_speaks_another_version_is_named(version: str, words: str) -> None:
    fleet, token = StubFleet(two_miners()), "" if version == "9" else "another"
    with cem(Cem(version=version), token=token) as (_, port), running(fleet, port) as status:
        wait_until(lambda: words in status().error)


def test_the_token_is_shown_to_nobody_else() -> None:
    fleet = StubFleet(two_miners())
    with cem() as (other, elsewhere), cem() as (manager, port):
        manager.elsewhere = f"ws://127.0.0.1:{elsewhere}/"
        with running(fleet, port, "sesame") as status:
            wait_until(lambda: "status 302" in status().error)
        assert other.tokens == []


def test_one_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "_SHAKEN_WITHIN", Seconds(0.3))
    fleet = StubFleet(two_miners())
    with cem(Cem(version="")) as (_manager, port), running(fleet, port) as status:
        wait_until(lambda: "has selected" in status().error)


@contextmanager
def hanging() -> Iterator[int]:
    """Take one connection as a WebSocket, and then neither hear nor say anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken: list[socket.socket] = []

        def take() -> None:
            client, protocol = listening.accept()[0], ServerProtocol()
            taken.append(client)
            protocol.receive_data(client.recv(65536))
            (request,) = protocol.events_received()
            assert isinstance(request, Request)
            protocol.send_response(protocol.accept(request))
            client.sendall(b"".join(protocol.data_to_send()))

        thread = threading.Thread(target=take)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(60)
        for client in taken:
            client.close()


def test_one_that_answers_no_ping_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "PING_EVERY", Seconds(0.2))
    fleet = StubFleet(two_miners())
    with hanging() as port, running(fleet, port) as status:
        wait_until(lambda: "ping timeout" in status().error)
        assert Source.S2 not in fleet.signs


def test_a_cem_that_says_more_than_the_fleet_can_take_is_read_no_faster_than_it_is_obeyed() -> None:
    fleet = _Busy(two_miners())
    with cem() as (manager, port), running(fleet, port):
        mode = manager.await_one("OMBC.SystemDescription")["operation_modes"][-1]["id"]
        for _ in range(100):
            instruction = manager.instruct(mode)
            last = manager.say("RevokeObject", object_type="OMBC.Instruction", object_id=instruction)
        assert manager.reception(last) == "OK"
        assert len(fleet.given) >= 200 - 20  # few wait: what waited for long would be carried out too late


class _Busy(StubFleet):
    """Takes its time for each command."""

    def submit(self, command: Command, source: Source, sender: Sender) -> CommandResult:
        time.sleep(0.005)
        return super().submit(command, source, sender)


def test_limits_are_submitted_step_by_step() -> None:
    fleet = StubFleet(two_miners())
    with cem(Cem(LIMIT)) as (manager, port), running(fleet, port):
        constraints = manager.await_one("PEBC.PowerConstraints")
        instruction = manager.limit(constraints["id"], (1500.0, 1.0), (2000.0, 1.0))
        wait_until(lambda: manager.states(instruction) == ["ACCEPTED", "STARTED", "SUCCEEDED"])
        given = [each[0] for each in fleet.given]
        assert [each.power for each in given if isinstance(each, SetLimit)] == [1500.0, 2000.0]
        assert {each.limit_source for each in given} == {"s2"}
        assert manager.faults == []
