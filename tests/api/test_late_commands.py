"""A command is carried out in time or not at all, and never for a client that has gone."""

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

import pytest
from dashboard import COMMANDS
from stub_fleet import StubFleet
from waiting import wait_until

from api.serving.server import Server

TIMEOUT = 60
THREADS = 10
RESERVED_THREADS = 4
DEADLINE = 0.5


@pytest.fixture
def client(server: Server) -> Iterator[Callable[..., Any]]:
    """Open connections to the server, closed at the end."""
    with ExitStack() as stack:

        def send(method: str, path: str, body: str) -> socket.socket:
            connection = socket.create_connection(("127.0.0.1", server.port), TIMEOUT)
            stack.enter_context(connection)
            head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
            head += "Content-Type: application/json\r\n" if body else ""
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            return connection

        yield send


@pytest.fixture
def stuck(
    client: Callable[..., Any], fleet: StubFleet, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Future[Any]]:
    """Have every thread wait for the fleet; gives what lets them go. From then on commands are soon late."""
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", TIMEOUT)
    fleet.wait_for = Future()
    for path, body in (("activate", '{"activationPowerInKw": 1}'), ("deactivate", "")):
        for _ in range(RESERVED_THREADS):
            client("POST", f"/api/{path}", body)
    for _ in range(THREADS):
        client("POST", "/dashboard/api/override", '{"enabled": true}')
    waiting = THREADS + 2 * RESERVED_THREADS
    wait_until(lambda: len(fleet.given) >= waiting)
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", DEADLINE)
    yield fleet.wait_for
    if not fleet.wait_for.done():
        fleet.wait_for.set_result(None)


def refused_as_late(connection: socket.socket) -> bool:
    """Read one answer and check it."""
    answer = b""
    while not answer.endswith(b"}"):
        chunk = connection.recv(1)
        assert chunk
        answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 "), head
    assert b"X-Error-Code: TOO_LATE" in head
    assert json.loads(body).keys() == {"accepted", "message"}
    return True


def until_all_are_answered(client: Callable[..., Any], fleet: StubFleet, before: int) -> None:
    """Ask for what is answered after all that was sent before it, and see that nothing was done."""
    for method, path in (
        ("OPTIONS", "/api/activate"),
        ("OPTIONS", "/api/deactivate"),
        ("GET", "/openapi.json"),
    ):
        for _ in range(THREADS):
            assert client(method, path, "").recv(1)
    time.sleep(0.2)
    assert len(fleet.given) == before


def test_a_command_that_waited_for_a_thread_too_long_is_refused(
    client: Callable[..., Any], fleet: StubFleet, stuck: Future[Any]
) -> None:
    before = len(fleet.given)
    late = [client(*command) for command in COMMANDS * 2]
    time.sleep(DEADLINE + 0.2)
    stuck.set_result(None)
    assert all(refused_as_late(connection) for connection in late)
    until_all_are_answered(client, fleet, before)


def closed(connection: socket.socket) -> None:
    connection.close()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def half_closed(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("leave", [closed, reset, half_closed])
def test_a_command_whose_client_has_gone_is_refused(
    client: Callable[..., Any], fleet: StubFleet, stuck: Future[Any], leave: Callable[[socket.socket], None]
) -> None:
    before = len(fleet.given)
    for command in COMMANDS * 2:
        leave(client(*command))
    time.sleep(0.1)
    stuck.set_result(None)
    until_all_are_answered(client, fleet, before)


def test_a_command_behind_others_on_its_connection_waits_no_longer_than_alone(
    client: Callable[..., Any], fleet: StubFleet, stuck: Future[Any]
) -> None:
    """It is read only when the one before it is answered, but it came earlier."""
    before = len(fleet.given)
    first = client("POST", "/dashboard/api/power-mode", '{"mode": "on_off"}')
    time.sleep(0.1)
    first.sendall(b"POST /api/deactivate HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(DEADLINE + 0.2)
    stuck.set_result(None)
    assert refused_as_late(first)
    assert refused_as_late(first)
    until_all_are_answered(client, fleet, before)


def test_reading_waits_for_no_command(client: Callable[..., Any], stuck: Future[Any]) -> None:
    assert not stuck.done()
    assert client("GET", "/dashboard/api/miners", "").recv(65536).startswith(b"HTTP/1.1 200 ")


def test_reading_is_answered_however_late(client: Callable[..., Any], stuck: Future[Any]) -> None:
    late = client("GET", "/dashboard/api/miner/127.0.1.56/details", "")
    time.sleep(DEADLINE + 0.2)
    stuck.set_result(None)
    assert late.recv(65536).startswith(b"HTTP/1.1 200 ")
