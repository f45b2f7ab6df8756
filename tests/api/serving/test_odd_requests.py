"""Requests as they are seldom sent: every one of them gets a final answer, and soon."""

import json
import re
import socket
import time
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from stub_fleet import StubFleet
from waiting import running_time
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from api.serving.environment import waited
from api.serving.request_parser import RequestParser
from api.serving.server import Server
from netstab.units import Seconds

TIMEOUT = 60
HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
ACTIVATE = b'{"activationPowerInKw": 1}'


def statuses(port: int, data: bytes, *, then: bytes = b"", least: int = 1) -> list[int]:
    """Send bytes and give the status of each answer until the server closes.

    After so many at least it is enough that the server is silent for a moment.
    """
    with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT)) as connection:
        connection.sendall(data)
        got = bytearray()
        while chunk := connection.recv(65536):
            got += chunk
            if then and b"100 Continue" in got:
                connection.sendall(then)
                then = b""
            if sum(status >= 200 for status in found(got)) >= least and silent(connection):
                break
        return found(got)


def silent(connection: socket.socket) -> bool:
    """Whether nothing more comes for a moment."""
    connection.settimeout(0.3)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(TIMEOUT)
    return False


def found(got: bytearray) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", got)]


EXPECT = b"Expect: 100-continue\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"POST /api/deactivate HTTP/1.1\r\n" + HOST + EXPECT + b"Content-Length: 0\r\n\r\n", [200]),
        (b"POST /api/deactivate HTTP/1.1\r\n" + HOST + EXPECT + b"\r\n", [200]),
        (b"GET /api/status HTTP/1.1\r\n" + HOST + EXPECT + b"\r\n", [200]),
        (b"POST /api/deactivate HTTP/1.0\r\n" + HOST + EXPECT + b"\r\n", [200]),
        (b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"Expect: tea\r\n\r\n", [200]),
        (b"POST /api/deactivate HTTP/1.1\r\n" + HOST + HOST + b"\r\n", [400]),
        (b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"Host: rebound.example\r\n\r\n", [400]),
        (
            b"POST /api/activate HTTP/1.1\r\n" + HOST + EXPECT + b"Content-Length: 9999999\r\n\r\n",
            [413],
        ),
        (b"POST /api/activate HTTP/1.1\r\n" + HOST + EXPECT + b"Content-Length: 300000\r\n\r\n", [413]),
        (b"POST /api/activate HTTP/1.1\r\n" + HOST + EXPECT + b"Content-Length: x\r\n\r\n", [400]),
        (
            b"POST /api/deactivate HTTP/1.1\r\n"
            + HOST
            + EXPECT
            + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            [100, 200],
        ),
        (
            b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            [200],
        ),
        (
            b"POST /api/deactivate HTTP/1.1\r\n"
            + HOST
            + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            [400],
        ),
        (
            b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
            [400],
        ),
        (b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", [400]),
        (
            b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
            [400],
        ),
        (
            b"POST /api/deactivate HTTP/1.0\r\n"
            + HOST
            + b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            [400],
        ),
        (b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"Content-Length: +0\r\n\r\n", [400]),
        (b"GET /api/status HTTP/1.1\n" + b"Host: localhost\n\n", [400]),
        (b"GET /api/status HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 2000, [400]),
        (
            b"GET /api/status HTTP/1.1\r\n"
            + HOST
            + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
            + b"X: y\r\n" * 2000,
            [400],
        ),
        (b"\r\n\r\nGET /api/status HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
        (b"GET http://localhost/api/status HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
        (b"GET http://[localhost/api/status HTTP/1.1\r\n" + HOST + b"\r\n", [400]),
        (b"GET http://evil.example/api/status HTTP/1.1\r\n" + HOST + b"\r\n", [400]),
        (b"GET http://localhost/api/status HTTP/1.1\r\n\r\n", [400]),
        (b"GET //api/status HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
        (b"GET /api/%73tatus HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
        (b"HEAD /api/status HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", [404]),
        (b"OPTIONS /api/status HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
        (b"BREW /api/status HTTP/1.1\r\n" + HOST + b"\r\n", [400]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", [400]),
        (
            b"GET /api/status HTTP/1.1\r\n"
            + HOST
            + b"\r\n"
            + b"GET /api/status HTTP/1.1\r\n"
            + HOST
            + b"\r\n",
            [200] * 2,
        ),
    ],
)
def test_each_gets_a_final_answer(server: Server, request_bytes: bytes, expected: list[int]) -> None:
    assert statuses(server.port, request_bytes, least=sum(status >= 200 for status in expected)) == expected


def test_a_refusal_is_a_sentence_with_one_full_stop(server: Server) -> None:
    with closing(socket.create_connection(("127.0.0.1", server.port), TIMEOUT)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"].endswith("not supported.")


GRAIN = 0.1  # s; the kernel tells in ticks of its own, of up to 10 ms, how long data has lain there


def test_line_ends_behind_a_body_are_no_request_and_delay_none(
    server: Server, fleet: StubFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some clients end a body so; the next request is no older for it, and may come much later."""
    ages: list[float] = []

    def noted(environment: dict[str, Any]) -> Seconds:
        ages.append(waited(environment))
        return Seconds(0.0)

    monkeypatch.setattr("api.arrival.waited", noted)
    monkeypatch.setattr("api.serving.watched_channel._WHOLE_WITHIN", 0.5)
    head = b"POST /api/activate HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: %d\r\n\r\n" % len(ACTIVATE)
    with closing(socket.create_connection(("127.0.0.1", server.port), TIMEOUT)) as connection:
        for _ in range(2):
            sent = time.monotonic()
            connection.sendall(head + ACTIVATE + b"\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            assert ages.pop() <= time.monotonic() - sent + GRAIN
            time.sleep(1.3)
    assert len(fleet.given) == 2


def test_a_body_that_waits_for_leave_is_asked_for(server: Server, fleet: StubFleet) -> None:
    head = b"POST /api/activate HTTP/1.1\r\n" + HOST + JSON + EXPECT
    head += b"Content-Length: %d\r\n\r\n" % len(ACTIVATE)
    assert statuses(server.port, head, then=ACTIVATE) == [100, 200]
    assert len(fleet.given) == 1


def test_answers_come_in_the_order_of_their_requests_whoever_makes_them(server: Server) -> None:
    plotly = b"GET /static/plotly.min.js HTTP/1.1\r\n" + HOST + b"\r\n"
    status = b"GET /api/status HTTP/1.1\r\n" + HOST + b"\r\n"
    missing = b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n"
    sent = (
        (plotly + status + missing) * 3
        + b"GET /api/status HTTP/1.1\r\nConnection: close\r\n"
        + HOST
        + b"\r\n"
    )
    assert statuses(server.port, sent, least=10) == [200, 200, 404] * 3 + [200]


def test_a_request_that_never_becomes_whole_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.serving.watched_channel._WHOLE_WITHIN", 0.5)
    started = running_time()
    for begun in (b"GET /api/st", b"POST /api/activate HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n{"):
        assert statuses(server.port, begun) == [408]
    assert running_time() - started < 6


def test_who_is_refused_while_sending_reads_why(server: Server) -> None:
    """Closing at once would reset the connection, and the answer with it."""
    head = b"POST /api/activate HTTP/1.1\r\n" + HOST + b"Content-Length: 8000000\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", server.port), TIMEOUT)) as connection:
        connection.sendall(head)
        for _ in range(30):
            connection.sendall(b" " * 65536)
            time.sleep(0.005)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert set(json.loads(answer.partition(b"\r\n\r\n")[2])) == {"accepted", "message"}


@pytest.fixture
def impatient(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that waits for half a second only for what was not sent whole."""
    monkeypatch.setattr("api.serving.watched_channel._WHOLE_WITHIN", 0.5)
    return server


LINES = st.lists(
    st.sampled_from(
        [
            b"Host: localhost",
            b"Content-Length: 0",
            b"Content-Length: 2",
            b"Transfer-Encoding: chunked",
            b"Expect: 100-continue",
            b"Content-Type: application/json",
            b"Connection: close",
            b"Connection: keep-alive",
            b"Content-Encoding: gzip",
            b"X: \xff",
            b" folded",
            b"no colon",
            b"",
        ]
    ),
    max_size=6,
)


@given(
    method=st.sampled_from([b"GET", b"HEAD", b"POST", b"PUT", b"OPTIONS", b"get", b""]),
    target=st.sampled_from([b"/api/status", b"/api/deactivate", b"/", b"*", b"//", b"/%", b"http://x", b"?"]),
    version=st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"", b"HTTP/9"]),
    lines=LINES,
    body=st.sampled_from([b"", b"{}", b"0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n"]),
)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_answered(
    impatient: Server, method: bytes, target: bytes, version: bytes, lines: list[bytes], body: bytes
) -> None:
    head = b" ".join((method, target, version)) + b"\r\n" + b"".join(line + b"\r\n" for line in lines)
    with closing(socket.create_connection(("127.0.0.1", impatient.port), TIMEOUT)) as connection:
        connection.sendall(head + b"\r\n" + body + b"\r\n" * 4)
        answer = connection.recv(65536)
        while answer.startswith(b"HTTP/1.1 100") and answer.count(b"HTTP/1.") == 1:
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.")


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [
                    b"GET / HTTP/1.1\r\n",
                    b"POST //[ HTTP/1.0\r\n",
                    b"GET http://[::1 HTTP/1.1\r\n",
                    b"Content-Length: ",
                    b"9" * 5000,
                    b"Transfer-Encoding: chunked\r\n",
                    b"Host: [\r\n",
                    b"\r\n",
                    b"\r\n\r\n",
                    b"f" * 500 + b"\r\n",
                ]
            ),
        ),
        max_size=12,
    )
)
def test_whatever_is_read_the_reader_never_fails(pieces: list[bytes]) -> None:
    request = RequestParser(Adjustments())
    for piece in pieces:
        unread = piece
        while unread and not request.completed:
            unread = unread[request.received(unread) :]
