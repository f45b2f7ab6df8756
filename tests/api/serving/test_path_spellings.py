"""However a path is spelled: what comes to a call of the EMS is served as one, and nothing else is."""

import socket
from types import SimpleNamespace

import pytest
import requests
from stub_fleet import StubFleet, dependencies
from waiting import PATIENCE
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from api.app import FOR_EMS, create_ems_app, create_ems_server
from api.routes import may_wait
from api.serving.lanes import Lanes
from api.serving.precedence import Precedence
from api.serving.request_parser import RequestParser
from api.serving.server import Server
from netstab.units import Seconds

SAME = ("//api/status", "///api/status", "/api%2fstatus", "/api/%73tatus", "/%61pi/status/", "/api/status%2F")
OTHER = (
    "/api//status",
    "/API/status",
    "/api/status;x",
    "/api;x/status",
    "/api%5cstatus",
    "/api\\status",
    "/api%252fstatus",
    "/api/status//",
    "/api/./status",
    "/x/../api/status",
    "/%2e%2e/api/status",
    "/api/status%00",
    "/api/status%20",
)


def asked(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def parsed(path: str) -> RequestParser:
    request = RequestParser(Adjustments())
    request.received(asked(path))
    assert request.completed
    return request


@pytest.mark.parametrize("path", [*SAME, *OTHER])
def test_a_spelling_has_the_threads_of_the_ems_if_and_only_if_it_is_a_call_of_the_ems(
    server: Server, path: str
) -> None:
    request = parsed(path)
    lanes = Lanes(FOR_EMS, may_wait, Precedence())
    try:
        reserved = lanes.is_reserved(SimpleNamespace(requests=[request]))
    finally:
        lanes.shutdown(PATIENCE)
    assert reserved == (path in SAME)
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        connection.sendall(asked(path))
        served = connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert served == reserved


def test_no_spelling_leads_from_the_port_of_the_ems_to_anything_else(fleet: StubFleet) -> None:
    server = create_ems_server(create_ems_app(dependencies(fleet)), "127.0.0.1", 0, Precedence(), 50)
    server.start()
    try:
        for path in (
            "//dashboard/api/miners",
            "/dashboard%2fapi/miners",
            "/api/..%2fdashboard/api/miners",
            "/api/%2e%2e/dashboard/api/miners",
            "/api/status;/dashboard/api/miners",
            "/healthz/..;/dashboard/api/miners",
        ):
            prepared = requests.Request("GET", f"http://127.0.0.1:{server.port}/").prepare()
            prepared.url = f"http://127.0.0.1:{server.port}{path}"
            with requests.Session() as session:
                assert session.send(prepared, timeout=PATIENCE).status_code == 404, path
    finally:
        server.stop(Seconds(PATIENCE))
