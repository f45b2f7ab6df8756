"""Whatever comes over a socket: each request has its answer in order, nobody keeps others from theirs."""

import asyncio
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from modbus_masters import frame, obedient, receive, serving
from waiting import PATIENCE, wait_until

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from netstab.clock import steady_clock, wall_clock
from netstab.dispatch.constraints import Constraints
from netstab.errors import CounterpartLost
from netstab.fronts.link import Link
from netstab.fronts.modbus import server
from netstab.fronts.modbus.front import ModbusFront

READ_VERSION = bytes.fromhex("03 0000 0001")
VERSION = bytes.fromhex("03 02 0001")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(obedient()) as port:
        yield port


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))


def is_served(connection: socket.socket) -> bool:
    try:
        connection.sendall(frame(READ_VERSION))
        return receive(connection, 11) == frame(VERSION)
    except OSError:
        return False


def ended(connection: socket.socket) -> bool:
    """Whether the other side ends a connection, in either way."""
    try:
        return receive(connection, 1) == b""
    except ConnectionResetError:
        return True


def test_requests_that_come_together_are_answered_in_their_order(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(b"".join(frame(READ_VERSION, number) for number in range(1000)))
        for number in range(1000):
            assert receive(connection, 11) == frame(VERSION, number)


def test_a_request_that_comes_byte_by_byte_is_answered(port: int) -> None:
    with connect(port) as connection:
        for byte in frame(READ_VERSION):
            connection.sendall(bytes((byte,)))
        assert receive(connection, 11) == frame(VERSION)


@pytest.mark.parametrize(
    "sent", ["474554202f20485454502f312e310d0a", "0001 0001 0006 01", "0001 0000 ffff 01"]
)
def test_what_is_no_modbus_ends_its_connection(port: int, sent: str) -> None:
    with connect(port) as connection:
        connection.sendall(bytes.fromhex(sent))
        assert ended(connection)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(pdus=st.lists(st.binary(min_size=1, max_size=253), max_size=8), rest=st.binary(max_size=300))
def test_any_frames_are_answered_by_their_transactions_and_rubbish_harms_nobody(
    port: int, pdus: list[bytes], rest: bytes
) -> None:
    with connect(port) as connection:
        connection.sendall(b"".join(frame(pdu, number) for number, pdu in enumerate(pdus)))
        for number, pdu in enumerate(pdus):
            transaction, protocol, length, unit = struct.unpack(">HHHB", receive(connection, 7))
            assert (transaction, protocol, unit) == (number, 0, 1)
            assert receive(connection, length - 1)[0] in (pdu[0], pdu[0] | 0x80)
        connection.sendall(rest)
    with connect(port) as other:
        assert is_served(other)


def test_a_master_that_reads_no_answers_is_let_go_and_others_are_served(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WITHIN", 0.2)
    asked = frame(bytes.fromhex("03 9c40 007d")) * 200
    with connect(port) as deaf, connect(port) as other:
        deaf.settimeout(0.05)
        ended = False
        deadline = time.monotonic() + PATIENCE
        while not ended:
            assert time.monotonic() < deadline
            try:
                deaf.sendall(asked)
            except TimeoutError:
                pass
            except OSError:
                ended = True
            assert is_served(other)


def test_half_a_frame_and_an_idle_master_are_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WITHIN", 0.2)
    monkeypatch.setattr(server, "IDLE", 0.2)
    with connect(port) as half, connect(port) as idle:
        half.sendall(frame(READ_VERSION)[:5])
        for connection in (half, idle):
            assert ended(connection)


def test_who_has_most_connections_gives_way_when_there_are_too_many(port: int) -> None:
    with ExitStack() as stack:
        other = stack.enter_context(connect(port, "127.0.0.2"))
        assert is_served(other)
        many = [stack.enter_context(connect(port)) for _ in range(server.MOST_CONNECTIONS)]
        assert is_served(many[-1])
        assert is_served(other)
        assert not is_served(many[0])
        assert wait_until(lambda: is_served(stack.enter_context(connect(port, "127.0.0.3"))))


def test_masters_of_other_networks_are_not_served() -> None:
    with serving(obedient(), "127.0.0.2/32") as port:
        with connect(port, "127.0.0.2") as known:
            assert is_served(known)
        with connect(port, "127.0.0.3") as stranger:
            assert not is_served(stranger)


def test_a_port_that_is_taken_is_said_and_the_front_is_begun_again() -> None:
    link = Link("modbus", obedient(), FrontBoard(wall_clock), EnergyBoard(), steady_clock())
    with socket.create_server(("127.0.0.1", 0)) as other:
        front = ModbusFront(("127.0.0.1", other.getsockname()[1]), (), Constraints())
        with pytest.raises(CounterpartLost, match="cannot be listened on: "):
            asyncio.run(front.run(link))
    link.close()
