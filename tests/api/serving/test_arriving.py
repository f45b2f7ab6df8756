"""How old a command is when a server hears it that was held up: from its first byte on, wherever it lay."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from stub_fleet import StubFleet
from waiting import PATIENCE

from api.serving.arriving import came_by
from api.serving.environment import waited
from api.serving.server import Server
from netstab.units import Seconds

HELD = 0.6
GRAIN = 0.02
"""Seconds: the kernel counts in its own ticks."""

HEAD = b"POST /api/activate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = b'{"activationPowerInKw": 1}'
COMMAND = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


@pytest.fixture
def ages(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Note how old each command is taken for; none is refused for it."""
    noted: list[float] = []

    def note(environment: dict[str, Any]) -> Seconds:
        noted.append(waited(environment))
        return Seconds(0.0)

    monkeypatch.setattr("api.arrival.waited", note)
    return noted


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[], socket.socket]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))


@contextmanager
def held(server: Server) -> Iterator[None]:
    """Hold the thread that reads from all sockets."""
    reached, free = threading.Event(), threading.Event()

    def stand_still() -> None:
        reached.set()
        free.wait(PATIENCE)

    server._on_loop(stand_still)
    assert reached.wait(PATIENCE)
    try:
        yield
    finally:
        free.set()


def answered(connection: socket.socket) -> bool:
    return connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def one_that_was_answered(connect: Callable[[], socket.socket]) -> socket.socket:
    known = connect()
    known.sendall(COMMAND)
    assert answered(known)
    return known


def test_what_lay_in_a_socket_is_as_old_as_it_is(
    server: Server, fleet: StubFleet, ages: list[float], connect: Callable[[], socket.socket]
) -> None:
    known = one_that_was_answered(connect)
    ages.clear()
    with held(server):
        known.sendall(COMMAND)
        backlog = connect()
        backlog.sendall(COMMAND)
        time.sleep(HELD)
    assert answered(known)
    assert answered(backlog)
    assert min(ages) >= HELD - GRAIN
    assert len(fleet.given) == 3


def test_what_came_as_the_server_went_on_is_young(
    server: Server, ages: list[float], connect: Callable[[], socket.socket]
) -> None:
    connection = connect()
    with held(server):
        time.sleep(HELD)
        sent = time.monotonic()
        connection.sendall(COMMAND)
    assert answered(connection)
    assert ages[0] <= time.monotonic() - sent + GRAIN


def test_a_command_whose_bytes_trickle_in_is_as_old_as_its_first(
    server: Server, ages: list[float], connect: Callable[[], socket.socket]
) -> None:
    connection = connect()
    for piece in (COMMAND[:20], COMMAND[20:-5], COMMAND[-5:]):
        time.sleep(HELD / 2)
        connection.sendall(piece)
    assert answered(connection)
    assert ages[0] >= HELD - GRAIN


def test_what_comes_behind_a_command_makes_it_no_younger(
    server: Server, ages: list[float], connect: Callable[[], socket.socket]
) -> None:
    known = one_that_was_answered(connect)
    ages.clear()
    with held(server):
        known.sendall(COMMAND)
        backlog = connect()
        backlog.sendall(COMMAND)
        time.sleep(HELD)
        for connection in (known, backlog):
            connection.sendall(COMMAND)
    for connection in (known, backlog):
        got = b""
        while got.count(b"HTTP/1.1 200 ") < 2:
            got += connection.recv(65536)
    assert sum(age >= HELD - GRAIN for age in ages) >= 2


def test_a_command_with_a_body_that_waits_for_leave_is_no_older_for_that(
    server: Server, ages: list[float], connect: Callable[[], socket.socket]
) -> None:
    connection = connect()
    sent = time.monotonic()
    connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
    assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
    connection.sendall(BODY)
    assert answered(connection)
    assert ages[0] <= time.monotonic() - sent + GRAIN


def test_of_what_is_no_connection_over_tcp_it_is_not_known_and_now() -> None:
    one, other = socket.socketpair()
    with one, other:
        before = time.monotonic()
        assert before <= came_by(one) <= time.monotonic()
