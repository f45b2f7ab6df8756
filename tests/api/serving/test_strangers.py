"""Clients of networks that are not served are refused before their bodies are read."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from clients_at import given_by
from stub_fleet import StubFleet, StubHistory, dependencies
from waiting import PATIENCE

from api.access import Access
from api.app import create_app, create_server
from api.serving.server import Server
from netstab.errors import ErrorCode
from netstab.units import Seconds

EMS, OPERATOR, PROXY, STRANGER = "127.0.0.9", "127.0.0.8", "127.0.0.7", "127.0.0.1"
HOST = b"Host: localhost\r\n"
ACTIVATE = b"POST /api/activate HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
OVERRIDE = ACTIVATE.replace(b"/api/activate", b"/dashboard/api/override")


@pytest.fixture
def access() -> Access:
    networks = {"EMS_ALLOWED_NETWORKS": EMS, "DASHBOARD_ALLOWED_NETWORKS": OPERATOR, "TRUSTED_PROXIES": PROXY}
    return Access(given_by(**networks).access)


@pytest.fixture
def guarded(fleet: StubFleet, access: Access, patient: None) -> Iterator[Server]:
    given = given_by(TRUSTED_PROXIES=PROXY)
    app = create_app(dependencies(fleet, StubHistory(), None, given), access)
    server = create_server(app, "127.0.0.1", 0, stranger=access.refusal)
    server.start()
    yield server
    server.stop(Seconds(PATIENCE))


def answer(server: Server, source: str, data: bytes, until: bytes = b"") -> bytes:
    """Send bytes from an address; gives what comes until the server closes, or until it holds `until`."""
    where = ("127.0.0.1", server.port)
    with closing(socket.create_connection(where, PATIENCE, source_address=(source, 0))) as connection:
        connection.sendall(data)
        got = b""
        while chunk := connection.recv(65536):
            got += chunk
            if until and until in got:
                break
        return got


@pytest.mark.parametrize("source", [STRANGER, OPERATOR])
@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 30\r\n\r\n",
        b"Expect: 100-continue\r\nContent-Length: 30\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"X-Forwarded-For: 127.0.0.9\r\nContent-Length: 30\r\n\r\n",
        b"Authorization: Bearer 0123456789abcdef\r\nContent-Length: 30\r\n\r\n",
    ],
)
def test_a_stranger_is_refused_and_cut_off_before_it_has_sent_a_body(
    guarded: Server, fleet: StubFleet, access: Access, source: str, rest: bytes
) -> None:
    got = answer(guarded, source, ACTIVATE + rest)
    assert got.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"X-Error-Code: NETWORK_NOT_ALLOWED" in got
    assert b"EMS_ALLOWED_NETWORKS lists the networks" in got
    assert source.encode() in got
    assert b"100 Continue" not in got
    assert fleet.given == []
    assert access.turned_away.counts() == {ErrorCode.NETWORK_NOT_ALLOWED: 1}


def test_a_stranger_gets_no_second_request_in_behind_the_first(guarded: Server, fleet: StubFleet) -> None:
    health = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    command = b"POST /api/deactivate HTTP/1.1\r\n" + HOST + b"\r\n"
    got = answer(guarded, OPERATOR, health + command + command)
    assert re.findall(rb"HTTP/1.1 (\d+) ", got) == [b"200", b"403"]
    assert fleet.given == []


@pytest.mark.parametrize("path", [b"/api/activate", b"/api/activate/", b"//api/activate", b"/api/%61ctivate"])
def test_the_ems_is_served_however_it_writes_the_path(guarded: Server, fleet: StubFleet, path: bytes) -> None:
    body = b'{"activationPowerInKw": 1}'
    request = ACTIVATE.replace(b"/api/activate", path) + b"Content-Length: %d\r\n\r\n" % len(body) + body
    assert answer(guarded, EMS, request, b"}").startswith(b"HTTP/1.1 200 OK")
    assert len(fleet.given) == 1


@pytest.mark.parametrize("path", [b"/dashboard/api/override", b"/api/%2e%2e/dashboard/api/override", b"/api"])
def test_the_ems_reaches_nothing_of_the_dashboard(guarded: Server, fleet: StubFleet, path: bytes) -> None:
    got = answer(
        guarded, EMS, OVERRIDE.replace(b"/dashboard/api/override", path) + b"Content-Length: 9\r\n\r\n"
    )
    assert got.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"DASHBOARD_ALLOWED_NETWORKS" in got
    assert fleet.given == []


def test_whom_a_trusted_proxy_asks_for_is_judged_once_all_is_read(guarded: Server, fleet: StubFleet) -> None:
    body = b'{"activationPowerInKw": 1}'
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    for client, status in ((EMS, b"200 OK"), (STRANGER, b"403 Forbidden")):
        forwarded = b"X-Forwarded-For: " + client.encode() + b"\r\n"
        assert answer(guarded, PROXY, ACTIVATE + forwarded + length + body, b"}")[9:].startswith(status)
    assert len(fleet.given) == 1
