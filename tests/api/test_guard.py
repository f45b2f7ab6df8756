"""The server answers to its own names, and takes no command from another site's page."""

import fcntl
import socket
import struct
from contextlib import closing
from typing import Any

import falcon.inspect
import falcon.testing
import pytest
from dashboard import COMMANDS, is_refusal
from falcon.app import App
from falcon.testing.client import TestClient
from hypothesis import given
from hypothesis import strategies as st
from stub_fleet import StubFleet, StubHistory, dependencies, settings

from api.app import create_app
from api.guard import Hosts
from api.protection import PROTECTION
from events.telemetry import TelemetryReader

JSON = {"Content-Type": "application/json"}
SIOCGIFADDR = 0x8915
FOREIGN = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "http://localhost"},
    {"Origin": "https://localhost:8000"},
    {"Origin": "http://localhost:8000.evil.example"},
    {"Origin": "http://localhost:8000@evil.example"},
    {"Origin": "http://evil.example#http://localhost:8000"},
    {"Origin": "http://localhost:8000, http://evil.example"},
    {"Origin": ""},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"Origin": "http://localhost:8000"},
    {"Origin": "HTTP://LOCALHOST:8000", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_page_of_another_site_commands_anything(
    client: TestClient, fleet: StubFleet, headers: dict[str, str]
) -> None:
    for method, path, body in COMMANDS:
        answer = client.simulate_request(method, path, body=body, headers=(JSON if body else {}) | headers)
        assert is_refusal(answer, 403, "FOREIGN_SITE"), path
    assert fleet.given == []


@pytest.mark.parametrize("headers", OWN)
def test_the_own_page_and_the_contracts_clients_command_as_ever(
    client: TestClient, fleet: StubFleet, headers: dict[str, str]
) -> None:
    for method, path, body in COMMANDS:
        answer = client.simulate_request(method, path, body=body, headers=(JSON if body else {}) | headers)
        assert answer.status_code == 200, (path, answer.text)
    assert len(fleet.given) == len(COMMANDS)


def test_every_route_that_changes_anything_is_guarded(
    app: App[Any, Any], client: TestClient, fleet: StubFleet
) -> None:
    for route in falcon.inspect.inspect_app(app).routes:
        for method in {one.method for one in route.methods if not one.internal} - {"GET", "HEAD"}:
            path = route.path.replace("{miner_id}", "127.0.1.56").replace("{miner_ip}", "127.0.1.56")
            answer = client.simulate_request(method, path, headers={"Origin": "http://evil.example"})
            assert is_refusal(answer, 403, "FOREIGN_SITE"), path
    assert fleet.given == []


def test_a_form_of_another_site_needs_no_header_of_its_browser_to_be_refused(
    client: TestClient, fleet: StubFleet
) -> None:
    """A body without a type, or with one of a form's, is all that a page sends without asking first."""
    for content_type in (
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        headers = {} if content_type is None else {"Content-Type": content_type}
        for method, path, body in COMMANDS:
            if body:
                answer = client.simulate_request(method, path, body=body, headers=headers)
                assert is_refusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert fleet.given == []


@pytest.mark.parametrize("path", ["/api/status", "/dashboard/api/miners", "/", "/nothing", "/openapi.json"])
def test_under_a_name_that_is_not_its_own_nothing_is_read(client: TestClient, path: str) -> None:
    answer = client.simulate_get(path, headers={"Host": "rebound.evil.example:8000"})
    assert is_refusal(answer, 400, "UNKNOWN_HOST")
    assert "rebound.evil.example" in answer.json["message"]


def test_no_host_is_400(app: App[Any, Any]) -> None:
    client = falcon.testing.TestClient(app)
    answer = client.simulate_get("/api/status", http_version="1.0")
    assert is_refusal(answer, 400, "UNKNOWN_HOST")


@pytest.mark.parametrize("path", ["/", "/api/status", "/nothing", "/dashboard/api/health", "/openapi.json"])
def test_no_answer_may_be_framed_or_taken_for_another_type(client: TestClient, path: str) -> None:
    headers = client.simulate_get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_name_that_is_allowed_is_answered_to(
    fleet: StubFleet, history: StubHistory, telemetry: TelemetryReader | None
) -> None:
    given = settings(host="127.0.0.1", allowed_hosts=("fleet.example", "10.0.0.7"))
    app = create_app(dependencies(fleet, history, telemetry, given))
    client = falcon.testing.TestClient(app)
    for host, status in (("Fleet.Example:80", 200), ("10.0.0.7", 200), ("10.0.0.8", 400), ("example", 400)):
        assert client.simulate_get("/api/status", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "localhost:8000", "127.0.0.1", "127.9.9.9:1", "[::1]:8000", "[::1]"]
)
@pytest.mark.parametrize("listening", ["0.0.0.0", "127.0.0.1", "10.0.0.5", "::"])
def test_loopback_is_always_its_own(host: str, listening: str) -> None:
    assert Hosts(listening).know(host)


def test_where_all_addresses_are_listened_on_no_name_is_its_own() -> None:
    for listening in ("0.0.0.0", "::"):
        hosts = Hosts(listening)
        assert not any(hosts.know(host) for host in ("fleet.example", "10.1.2.3.nip.io", "127.1", "0x7f.1"))


def test_where_one_address_is_listened_on_no_other_is_its_own() -> None:
    hosts = Hosts("10.0.0.5")
    assert hosts.know("10.0.0.5:8000")
    assert hosts.know("[::ffff:10.0.0.5]")
    assert not hosts.know("10.0.0.6:8000")
    assert not hosts.know("[2001:db8::1]")


@given(st.text(max_size=40))
def test_nothing_else_is_its_own(text: str) -> None:
    known = Hosts("10.0.0.5").know(text)
    assert not known or text.lower().startswith(("localhost", "127.", "[", "10.0.0.5"))


@pytest.mark.parametrize(
    "host",
    ["", ":8000", "localhost, localhost", "a@localhost", "localhost:x", "localhost/", " localhost", "[::1"],
)
def test_what_is_no_host_is_not_known(host: str) -> None:
    assert not Hosts("0.0.0.0").know(host)


def test_an_address_of_another_machine_is_not_its_own_wherever_it_listens() -> None:
    for listening in ("0.0.0.0", "::", "127.0.0.1"):
        hosts = Hosts(listening)
        assert not any(hosts.know(host) for host in ("203.0.113.9:80", "[2001:db8::1]:8000", "224.0.0.1"))
        assert Hosts(listening, ("203.0.113.9",)).know("203.0.113.9:80")


def test_each_address_of_this_machine_is_its_own() -> None:
    for listening in ("0.0.0.0", "::", "127.0.0.1"):
        assert all(Hosts(listening).know(f"{host}:8000") for host in own_addresses())


def own_addresses() -> list[str]:
    """Return what other machines reach this one by, and loopback's."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asked:
        found = [_address_of(asked, name) for _, name in socket.if_nameindex()]
    return ["127.0.0.1", *filter(None, found)]


def _address_of(asked: socket.socket, interface: str) -> str:
    try:
        told = fcntl.ioctl(asked, SIOCGIFADDR, struct.pack("256s", interface.encode()))
    except OSError:  # it has none
        return ""
    return socket.inet_ntoa(told[20:24])


def test_where_tls_ends_in_front_the_browser_says_that_its_page_is_the_servers(client: TestClient) -> None:
    own = {"Origin": "https://localhost:8000", "Sec-Fetch-Site": "same-origin"}
    assert client.simulate_post("/api/deactivate", headers=own).status_code == 200


ANSWERS = (
    ("GET", "/api/status", 200),
    ("GET", "/dashboard/api/miners", 200),
    ("GET", "/dashboard/api/history/export", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/healthz", 200),
    ("POST", "/api/deactivate", 200),
    ("POST", "/api/activate", 400),
    ("GET", "/nothing", 404),
    ("GET", "/static/nothing", 404),
    ("PUT", "/api/status", 405),
    ("OPTIONS", "/api/status", 200),
)


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_of_the_api_has_all_that_protects_and_is_never_kept(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.simulate_request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in PROTECTION} == PROTECTION


@pytest.mark.parametrize("path", ["/", "/docs", "/static/style/now.css"])
def test_a_page_has_a_policy_of_its_own_and_may_be_kept_as_long_as_it_is_the_newest(
    client: TestClient, path: str
) -> None:
    answer = client.simulate_get(path)
    own = {"Content-Security-Policy", "Cache-Control"}
    assert {name: answer.headers[name] for name in PROTECTION.keys() - own} == {
        name: PROTECTION[name] for name in PROTECTION.keys() - own
    }
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
