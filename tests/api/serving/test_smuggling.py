"""Requests that two readers could understand differently: each is refused, and does nothing."""

import json
import socket
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stub_fleet import StubFleet
from waiting import PATIENCE
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from api.protection import PROTECTION
from api.serving.request_parser import RequestParser
from api.serving.server import Server

HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = b"POST /api/deactivate HTTP/1.1\r\n" + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\n"


def shed(*headers: bytes, target: bytes = b"/api/deactivate", host: bytes = HOST) -> bytes:
    return (
        b"POST " + target + b" HTTP/1.1\r\n" + host + b"".join(each + b"\r\n" for each in headers) + b"\r\n"
    )


def answer(port: int, data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes; give status, headers and body of all that comes until the server closes."""
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as connection:
        connection.sendall(data)
        got = b""
        while chunk := connection.recv(65536):
            got += chunk
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body


AMBIGUOUS = (
    shed(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
    shed(b"Transfer-Encoding: chunked", b"Content-Length: 0"),
    shed(b"Content-Length: 0", b"Content-Length: 0"),
    shed(b"Content-Length: 0", b"Content-Length: 2"),
    shed(b"Content-Length: 0, 0"),
    shed(b"Content-Length: 0x0"),
    shed(b"Content-Length: +0"),
    shed(b"Content-Length:"),
    shed(b"Content-Length : 0"),
    shed(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    shed(b"Transfer-Encoding : chunked"),
    shed(b"Transfer-Encoding: \x0bchunked"),
    shed(b"Content-Type: application/json", b"Content-Type: text/plain"),
    shed(b"X: folded", b" away"),
    shed(b"X: folded", b"\tTransfer-Encoding: chunked"),
    shed(b"X: a\nTransfer-Encoding: chunked"),
    shed(b"X: a\rb"),
    shed(host=HOST + HOST),
    shed(host=HOST + b"Host: rebound.example\r\n"),
    shed(host=HOST + HOST, target=b"http://localhost/api/deactivate"),
    shed(host=b"Host: rebound.example\r\n", target=b"http://localhost/api/deactivate"),
    shed(target=b"http://rebound.example/api/deactivate"),
    shed(target=b"ftp://localhost/api/deactivate"),
    shed(target=b"api/deactivate"),
    shed(target=b"/api/deacti\tvate"),
    CHUNKED + b"0;x=y\r\n\r\n",
    CHUNKED + b"2;x\r\n{}\r\n0\r\n\r\n",
    CHUNKED + b"2 \r\n{}\r\n0\r\n\r\n",
    CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n",
    CHUNKED + b"2\n{}\r\n0\r\n\r\n",
    CHUNKED + b"2\r\n{}\n0\r\n\r\n",
    CHUNKED + b"2\r\n{}\r\n0\n\n",
    CHUNKED + b"2\r\n{}x\r\n0\r\n\r\n",
    CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n",
    CHUNKED + b"fffffffff\r\n{}\r\n0\r\n\r\n",
)


@pytest.mark.parametrize("data", AMBIGUOUS)
def test_what_can_be_read_in_two_ways_is_refused_and_the_connection_closed(
    server: Server, fleet: StubFleet, data: bytes
) -> None:
    status, headers, body = answer(server.port, data + b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"\r\n")
    assert status == 400
    assert set(json.loads(body)) == {"accepted", "message"}
    assert fleet.given == []
    assert PROTECTION.items() <= headers.items()


def test_a_transfer_encoding_that_is_not_known_is_501(server: Server, fleet: StubFleet) -> None:
    for encoding in (b"chunked, identity", b"gzip, chunked", b"xchunked"):
        status, headers, _ = answer(server.port, shed(b"Transfer-Encoding: " + encoding))
        assert status == 501
        assert PROTECTION.items() <= headers.items()
    assert fleet.given == []


def test_a_whole_url_that_names_what_host_names_is_its_path(server: Server, fleet: StubFleet) -> None:
    asked = shed(b"Connection: close", target=b"http://LOCALHOST/api/deactivate")
    assert answer(server.port, asked)[0] == 200
    assert len(fleet.given) == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (shed(b"Content-Type: application/json", b"Content-Length: 300000", b"Expect: 100-continue"), 413),
        (b"GARBAGE\r\n\r\n", 400),
    ],
)
def test_what_the_server_refuses_by_itself_is_as_protected_as_any_answer(
    server: Server, data: bytes, expected: int
) -> None:
    status, headers, body = answer(server.port, data)
    assert status == expected
    assert PROTECTION.items() <= headers.items()
    assert set(json.loads(body)) == {"accepted", "message"}


@given(
    st.lists(st.binary(min_size=1, max_size=60), max_size=6),
    st.lists(st.integers(min_value=1, max_value=30), min_size=1, max_size=40),
    st.booleans(),
)
def test_a_body_in_chunks_is_the_same_wherever_it_is_cut(
    chunks: list[bytes], cuts: list[int], trailer: bool
) -> None:
    coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    coded += b"0\r\n" + (b"X: y\r\n" if trailer else b"") + b"\r\n"
    request, unread = RequestParser(Adjustments()), CHUNKED + coded + b"GET"
    while unread and not request.completed:
        piece = unread[: cuts[len(unread) % len(cuts)]]
        unread = unread[request.received(piece) :]
    assert request.completed
    assert request.error is None
    assert request.get_body_stream().read() == b"".join(chunks)
    assert unread == b"GET"
