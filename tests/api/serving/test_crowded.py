"""What many connections take together: memory, descriptors, and the thread that refuses."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from falcon.app import App
from waiting import PATIENCE, wait_until

from api.app import create_server
from api.serving.connections import Listener
from api.serving.lanes import Lanes
from api.serving.precedence import Precedence
from api.serving.request_parser import RequestParser
from api.serving.server import Server
from netstab.units import Seconds

MIB = 1024 * 1024
ASK = b"GET /dashboard HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have it noted of each connection that is accepted how many were open then."""
    accept, noted = Listener._accept, list[int]()

    def watched(listener: Listener) -> bool:
        taken = accept(listener)
        noted.extend([len(listener.active_channels)] * taken)
        return taken

    monkeypatch.setattr(Listener, "_accept", watched)
    return noted


def started(
    stack: ExitStack, application: Any, precedence: Precedence | None = None, **bounds: Any
) -> Server:
    server = create_server(application, "127.0.0.1", 0, precedence, **bounds)
    server.start()
    stack.callback(server.stop, Seconds(PATIENCE))
    return server


def connect(stack: ExitStack, server: Server, sent: bytes = b"") -> socket.socket:
    made = stack.enter_context(closing(socket.create_connection(("127.0.0.1", server.port), PATIENCE)))
    made.sendall(sent)
    return made


def open_at(server: Server) -> int:
    return len(server._server.active_channels)


def test_all_of_an_answer_that_is_in_memory_counts_however_little_of_it_is_read(
    stack: ExitStack, accepted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each client was answered with another version, so that none of it is shared."""
    piece, pieces = 64 * 1024, 32

    def respond(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [("Content-Length", str(piece * pieces))])
        return tuple(bytes(piece) for _ in range(pieces))

    monkeypatch.setattr("api.serving.connections.MOST_HELD", 8 * MIB)
    monkeypatch.setattr("api.serving.owed.PATIENCE", 10 * PATIENCE)
    server = started(stack, respond)
    for _ in range(20):
        connect(stack, server, ASK)
    wait_until(lambda: len(accepted) == 20 and open_at(server) <= 5)


def test_headers_that_never_end_count(
    stack: ExitStack, app: App[Any, Any], accepted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.serving.connections.MOST_HELD", 100_000)
    server = started(stack, app)
    for _ in range(20):
        connect(stack, server, b"GET / HTTP/1.1\r\nX: ".ljust(20_000, b"x"))
    wait_until(lambda: len(accepted) == 20 and open_at(server) <= 5)


def test_connections_that_are_cut_off_take_no_descriptors_beyond_the_bound(
    stack: ExitStack, app: App[Any, Any], accepted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while a call of the EMS is under way and all others give way to it."""
    monkeypatch.setattr("api.serving.precedence._LONGEST", 0.2)
    precedence = Precedence()
    server = started(stack, app, precedence, connections=50)
    precedence.begin()
    for _ in range(200):
        connect(stack, server)
    wait_until(lambda: len(accepted) == 200)
    assert max(accepted) <= 50


def test_a_defect_in_reading_one_connection_ends_that_one_alone(
    stack: ExitStack, app: App[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    received = RequestParser.received

    def defective(parser: RequestParser, data: bytes) -> int:
        if data.startswith(b"defect"):
            raise ZeroDivisionError
        return received(parser, data)

    monkeypatch.setattr(RequestParser, "received", defective)
    server, held = started(stack, app), threading.Event()
    server._on_loop(lambda: held.wait(PATIENCE))  # what it is sent is there when it is taken
    ended = connect(stack, server, b"defect")
    held.set()
    assert ended.recv(100) == b""
    assert requests.get(f"http://127.0.0.1:{server.port}/api/status", timeout=PATIENCE).ok


@dataclass
class Request:
    path: str = ""
    command: str = "GET"
    error: Any = None


@dataclass
class Waiting:
    """A channel whose request waits."""

    requests: list[Request]
    begins: bool = True
    served: threading.Event = field(default_factory=threading.Event)

    def service(self) -> None:
        self.served.set()


def test_a_refusal_is_told_at_once_whatever_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.serving.precedence._LONGEST", PATIENCE)
    monkeypatch.setattr("api.serving.lanes.MOST_QUEUED", 0)
    precedence = Precedence()
    lanes = Lanes(("/api/status",), lambda _method, _path: False, precedence)
    precedence.begin()
    for path in ("/api/status", "/dashboard"):
        channel = Waiting([Request(path)])
        lanes.add_task(channel)
        assert channel.served.wait(PATIENCE / 2)
        assert channel.requests[0].error.code == 503
    precedence.end()
    lanes.shutdown(PATIENCE)
