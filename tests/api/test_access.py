"""Who may ask what: networks and tokens of each surface."""

import logging

import falcon
import pytest
from clients_at import client_of, given_by, serving
from dashboard import COMMANDS, is_refusal
from hypothesis import given
from hypothesis import strategies as st
from stub_fleet import StubFleet, StubHistory, dependencies, two_miners

from api.access import Access
from api.app import create_app, create_ems_app
from api.ems import EMS_PATHS
from api.turned_away import TurnedAway
from netstab.errors import ErrorCode

EMS, OPERATOR, VIEWER = "ems-0123456789abcdef", "operator-0123456789", "viewer-0123456789abc"
TOKENS = {"EMS_TOKEN": EMS, "DASHBOARD_TOKEN": f"alice:{OPERATOR}", "VIEWER_TOKEN": VIEWER}
JSON = {"Content-Type": "application/json"}
READS = ("/dashboard/api/miners", "/dashboard/api/status", "/dashboard/api/config", "/nothing/here")
PRODUCT = ("/", "/docs", "/docs/page.js", "/openapi.json", "/static/script/main.js", "/static/plotly.min.js")


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "10.1.2.3",
        "172.31.255.255",
        "192.168.0.9",
        "169.254.3.4",
        "fd12::7",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:192.168.0.9",
    ],
)
def test_loopback_and_private_addresses_are_served_without_any_setting(
    fleet: StubFleet, address: str
) -> None:
    client = serving(fleet, address)
    assert client.simulate_get("/api/status").status_code == 200
    assert client.simulate_get("/dashboard/api/status").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.32.0.1",
        "192.169.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "2001:db8::1",
        "::ffff:8.8.8.8",
        "127.0.0.1.evil.example",
        "::",
    ],
)
def test_no_other_address_reads_or_commands_anything_without_a_setting(
    fleet: StubFleet, address: str
) -> None:
    client = serving(fleet, address)
    for method, path, body in COMMANDS:
        answer = client.simulate_request(method, path, body=body, headers=JSON if body else {})
        assert is_refusal(answer, 403, "NETWORK_NOT_ALLOWED")
        setting = "EMS" if path in EMS_PATHS else "DASHBOARD"
        assert f"{setting}_ALLOWED_NETWORKS" in answer.json["message"]
    for path in (*READS, *PRODUCT, "/api/status", "/healthz", "/readyz"):
        assert is_refusal(client.simulate_get(path), 403, "NETWORK_NOT_ALLOWED"), path
    assert fleet.given == []


def test_each_surface_has_networks_of_its_own(fleet: StubFleet) -> None:
    settings = {"EMS_ALLOWED_NETWORKS": "198.51.100.7", "DASHBOARD_ALLOWED_NETWORKS": "203.0.113.0/24"}
    ems, operator = serving(fleet, "198.51.100.7", **settings), serving(fleet, "203.0.113.9", **settings)
    assert ems.simulate_get("/api/status").status_code == 200
    assert operator.simulate_get("/dashboard/api/status").status_code == 200
    for path in (*READS, *PRODUCT, "/api", "/api/status/x", "//api/status"):
        assert is_refusal(ems.simulate_get(path), 403, "NETWORK_NOT_ALLOWED"), path
    for path in (*EMS_PATHS, "/api/status/"):
        assert is_refusal(operator.simulate_get(path), 403, "NETWORK_NOT_ALLOWED"), path
    assert is_refusal(serving(fleet, **settings).simulate_get("/"), 403, "NETWORK_NOT_ALLOWED")


def test_whoever_has_either_surface_may_ask_for_the_health(fleet: StubFleet) -> None:
    settings = {"EMS_ALLOWED_NETWORKS": "198.51.100.7", "DASHBOARD_ALLOWED_NETWORKS": "203.0.113.0/24"}
    for address in ("198.51.100.7", "203.0.113.9"):
        answer = serving(fleet, address, **settings, **TOKENS).simulate_get("/healthz")
        assert answer.status_code == 200, address


def test_on_the_port_of_the_ems_its_networks_and_tokens_count_alone(fleet: StubFleet) -> None:
    given = given_by(EMS_ALLOWED_NETWORKS="198.51.100.7", **TOKENS)
    app = create_ems_app(dependencies(fleet, StubHistory(), None, given))
    ems = client_of(app, "198.51.100.7")
    assert ems.simulate_get("/api/status", headers=bearing(EMS)).status_code == 200
    assert is_refusal(ems.simulate_get("/api/status", headers=bearing(OPERATOR)), 401, "TOKEN_REQUIRED")
    assert is_refusal(ems.simulate_get("/dashboard/api/miners", headers=bearing(EMS)), 404, "NOT_FOUND")
    assert is_refusal(client_of(app, "10.0.0.1").simulate_get("/"), 403, "NETWORK_NOT_ALLOWED")


def test_without_tokens_none_is_asked_for_and_one_that_is_sent_does_no_harm(fleet: StubFleet) -> None:
    client = serving(fleet)
    for method, path, body in COMMANDS:
        headers = (JSON if body else {}) | bearing("whatever")
        assert client.simulate_request(method, path, body=body, headers=headers).status_code == 200


WRONG: tuple[dict[str, str], ...] = (
    {},
    bearing(""),
    bearing("wrong-0123456789abcdef"),
    bearing(EMS[:-1]),
    bearing(EMS + "x"),
    bearing(EMS.upper()),
    bearing(f"{OPERATOR}, Bearer {EMS}"),
    {"Authorization": EMS},
    {"Authorization": f"Basic {EMS}"},
    {"Authorization": f"Bearer\t{EMS}"},
    {"Authorization": "Bearer \xff\xfe"},
    {"X-Authorization": f"Bearer {EMS}"},
    {"Cookie": f"token={EMS}"},
    bearing(f"ems:{EMS}"),
)


@pytest.mark.parametrize("headers", WRONG)
def test_without_the_right_token_nothing_is_read_or_commanded(
    fleet: StubFleet, headers: dict[str, str]
) -> None:
    client = serving(fleet, **TOKENS)
    for method, path, body in COMMANDS:
        answer = client.simulate_request(method, path, body=body, headers=(JSON if body else {}) | headers)
        assert is_refusal(answer, 401, "TOKEN_REQUIRED"), path
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="netstab"'
    for path in (*READS, "/api/status", "/metrics"):
        for shown in (path, f"{path}?token={OPERATOR}&access_token={EMS}"):
            assert is_refusal(client.simulate_get(shown, headers=headers), 401, "TOKEN_REQUIRED"), path
    assert fleet.given == []


def test_a_token_of_one_surface_opens_nothing_of_the_other(fleet: StubFleet) -> None:
    client = serving(fleet, **TOKENS)
    for token in (OPERATOR, VIEWER):
        for path in EMS_PATHS:
            answer = client.simulate_get(path, headers=bearing(token))
            assert is_refusal(answer, 401, "TOKEN_REQUIRED")
    for path in READS:
        assert is_refusal(client.simulate_get(path, headers=bearing(EMS)), 401, "TOKEN_REQUIRED")


def test_the_right_token_opens_each_surface(fleet: StubFleet) -> None:
    client = serving(fleet, **TOKENS)
    for method, path, body in COMMANDS:
        token = EMS if path in EMS_PATHS else OPERATOR
        headers = (JSON if body else {}) | bearing(token)
        assert client.simulate_request(method, path, body=body, headers=headers).status_code == 200, path
    assert client.simulate_get("/api/status", headers={"authorization": f"bearer {EMS}"}).status_code == 200


def test_a_viewer_reads_and_commands_nothing(fleet: StubFleet) -> None:
    client = serving(fleet, **TOKENS)
    assert client.simulate_get("/dashboard/api/miners", headers=bearing(VIEWER)).status_code == 200
    assert client.simulate_head("/dashboard/api/status", headers=bearing(VIEWER)).status_code == 200
    for method, path, body in COMMANDS:
        if path not in EMS_PATHS:
            headers = (JSON if body else {}) | bearing(VIEWER)
            answer = client.simulate_request(method, path, body=body, headers=headers)
            assert is_refusal(answer, 403, "READ_ONLY_TOKEN"), path
            assert "reading alone" in answer.json["message"]
    assert fleet.given == []


def test_the_page_and_the_documents_load_without_a_token_for_they_tell_nothing_of_this_fleet(
    fleet: StubFleet,
) -> None:
    client = serving(fleet, **TOKENS)
    for path in PRODUCT:
        assert client.simulate_get(path).status_code == 200, path


@given(st.text(max_size=40))
def test_whatever_stands_in_the_header_is_refused_in_order(text: str) -> None:
    fleet = StubFleet(two_miners())
    environment = {"HTTP_AUTHORIZATION": text.encode().decode("latin-1")}
    answer = serving(fleet, **TOKENS).simulate_get("/api/status", extras=environment)
    assert is_refusal(answer, 401, "TOKEN_REQUIRED")


def test_no_token_is_in_an_answer_a_log_or_what_shows_itself(
    fleet: StubFleet, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = given_by(**TOKENS)
    access = Access(settings.access)
    client = client_of(create_app(dependencies(fleet, StubHistory(), None, settings), access), "127.0.0.1")
    answers = [
        client.simulate_get("/dashboard/api/miners", headers=bearing(token + "x"))
        for token in (EMS, OPERATOR)
    ]
    answers.append(client.simulate_post("/dashboard/api/override", headers=bearing(VIEWER)))
    shown = "".join([caplog.text, repr(settings), repr(settings.access), str(vars(access))])
    shown += "".join(answer.text + str(answer.headers) for answer in answers)
    for token in (EMS, OPERATOR, VIEWER):
        assert token not in shown
    assert "127.0.0.1" in caplog.text


class _Broken:
    """A resource with a defect that shows all it was asked with."""

    def on_get(self, request: falcon.Request, _response: falcon.Response) -> None:
        raise ValueError(f"{request.env} {request.headers} {vars(request.context)}")


def test_the_trace_of_a_defect_holds_no_token(fleet: StubFleet, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(dependencies(fleet, StubHistory(), None, given_by(**TOKENS)))
    app.add_route("/dashboard/api/broken", _Broken())
    answer = client_of(app, "127.0.0.1").simulate_get("/dashboard/api/broken", headers=bearing(OPERATOR))
    assert is_refusal(answer, 500, "INTERNAL_ERROR")
    assert "REMOTE_ADDR" in caplog.text or "HTTP_HOST" in caplog.text
    assert OPERATOR not in caplog.text


def test_a_standby_asks_for_tokens_too(fleet: StubFleet) -> None:
    fleet.leads = False
    client = serving(fleet, **TOKENS)
    assert is_refusal(client.simulate_get("/api/status"), 401, "TOKEN_REQUIRED")
    assert is_refusal(client.simulate_get("/api/status", headers=bearing(EMS)), 503, "STANDBY")
    assert is_refusal(client.simulate_get("/dashboard/api/miners"), 401, "TOKEN_REQUIRED")
    assert client.simulate_get("/healthz").status_code == 503


def test_refusals_are_all_counted_and_told_at_a_bounded_rate(
    fleet: StubFleet, caplog: pytest.LogCaptureFixture
) -> None:
    settings = given_by(**TOKENS)
    access = Access(settings.access)
    app = create_app(dependencies(fleet, StubHistory(), None, settings), access)
    for number in range(600):
        client_of(app, f"10.0.0.{number % 200}").simulate_get("/api/status", headers=bearing("no"))
    assert access.turned_away.counts() == {ErrorCode.TOKEN_REQUIRED: 600}
    assert len(caplog.records) == 20
    assert "10.0.0.7" in caplog.text


def test_what_was_not_told_of_a_minute_is_told_in_one_line_of_the_next(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [100.0]
    monkeypatch.setattr("api.turned_away.time.monotonic", lambda: now[0])
    turned_away = TurnedAway()
    for number in range(30):
        for _ in range(2):
            turned_away.note(ErrorCode.TOKEN_REQUIRED, f"10.0.0.{number}", "no")
    caplog.clear()
    now[0] += 61
    turned_away.note(ErrorCode.TOKEN_REQUIRED, "10.0.0.99", "no")
    [before, one] = [record.getMessage() for record in caplog.records]
    assert "10.0.0.0 1 times more (no)" in before
    assert "others 20 times" in before
    assert one.startswith("Refused 10.0.0.99")
