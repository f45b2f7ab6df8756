"""The EMS's three endpoints: documented bodies, and nothing happens on bad input."""

import json
from dataclasses import replace

import pytest
from dashboard import is_refusal
from falcon.testing.client import Result, TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from stub_fleet import StubFleet, StubHistory, fleet_snapshot, registered, two_miners, unreachable

from actors.snapshot import FleetPhase
from events.commands import Activate, Deactivate
from events.state import Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.units import Watts, asked_watts

JSON = {"Content-Type": "application/json"}


def post(client: TestClient, path: str, body: str | bytes, headers: dict[str, str] = JSON) -> Result:
    return client.simulate_post(path, body=body, headers=headers)


def test_status_has_the_four_documented_keys(client: TestClient) -> None:
    answer = client.simulate_get("/api/status")
    assert answer.status_code == 200
    assert answer.json == {
        "isAvailableForDispatch": True,
        "runningStatus": 2,
        "ratedPowerInKw": 2.92,
        "activePowerInKw": 2.92,
    }


def test_running_status_is_1_while_no_miner_hashes(client: TestClient, fleet: StubFleet) -> None:
    fleet.snapshot = two_miners(hashing=0)
    assert client.simulate_get("/api/status").json["runningStatus"] == 1


def test_status_is_503_while_no_miner_is_reachable(client: TestClient, fleet: StubFleet) -> None:
    miners = (registered("127.0.1.56"),)
    fleet.snapshot = fleet_snapshot(miners, (unreachable("127.0.1.56"),), phase=FleetPhase.FAULT)
    answer = client.simulate_get("/api/status")
    assert is_refusal(answer, 503, "FLEET_OFFLINE")
    assert "none of 1 miners is reachable" in answer.json["message"]


def test_status_is_503_while_no_miner_is_registered(client: TestClient, fleet: StubFleet) -> None:
    fleet.snapshot = fleet_snapshot(())
    answer = client.simulate_get("/api/status")
    assert is_refusal(answer, 503, "FLEET_OFFLINE")
    assert "registered" in answer.json["message"]


def test_status_answers_while_the_fleet_initializes(client: TestClient, fleet: StubFleet) -> None:
    miners = (registered("127.0.1.56"),)
    fleet.snapshot = fleet_snapshot(miners, phase=FleetPhase.INITIALIZING)
    assert client.simulate_get("/api/status").status_code == 200


def test_activate_gives_the_command_in_watts_with_its_origin(client: TestClient, fleet: StubFleet) -> None:
    answer = post(client, "/api/activate", '{"activationPowerInKw": 2.0}')
    assert answer.status_code == 200
    assert answer.json == {"accepted": True, "message": "as worded by the fleet"}
    assert fleet.given == [(Activate(Watts(2000.0)), Source.EMS, "127.0.0.1")]


def test_activate_ignores_what_else_the_ems_sends(client: TestClient, fleet: StubFleet) -> None:
    answer = post(client, "/api/activate", '{"activationPowerInKw": 1, "ems": {"id": [7]}}')
    assert answer.status_code == 200
    assert fleet.given[0][0] == Activate(Watts(1000.0))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        "7",
        '"text"',
        '{"activationPowerInKw": true}',
        '{"activationPowerInKw": "2.0"}',
        '{"activationPowerInKw": null}',
        '{"activationPowerInKw": [2.0]}',
        '{"activationPowerInKw": NaN}',
        '{"activationPowerInKw": Infinity}',
        '{"activationPowerInKw": -Infinity}',
        '{"activationPowerInKw": 1e400}',
        '{"activationPowerInKw": ' + "9" * 400 + "}",
        '{"activationPowerInKw": ' + "9" * 9000 + "}",
        '{"activationpowerinkw": 2.0}',
        '{"activationPowerInKw": 2.0',
        '{"activationPowerInKw": 2.0}}',
        '{"activationPowerInKw": 2.0, "x": ' + "[" * 5_000 + "]" * 5_000 + "}",
        b'{"activationPowerInKw": 2.0, "x": "\xff"}',
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\xef\xbb\xbf" + b'{"activationPowerInKw": 2.0}',
        b"\x00",
        b"\xff\xfe",
    ],
)
def test_what_is_not_a_finite_number_is_refused_and_nothing_happens(
    client: TestClient, fleet: StubFleet, body: str | bytes
) -> None:
    answer = post(client, "/api/activate", body)
    assert is_refusal(answer, 400, "INVALID_POWER")
    assert "activationPowerInKw must be a finite number" in answer.json["message"]
    assert fleet.given == []


def test_a_refused_power_is_named_with_its_bound(client: TestClient) -> None:
    message = post(client, "/api/activate", '{"activationPowerInKw": "much"}').json["message"]
    assert message == (
        "activationPowerInKw must be a finite number of kW from 0 to the rated power. "
        'activationPowerInKw must be a finite number, got "much".'
    )


@pytest.mark.parametrize(
    ("asked", "watts"),
    [
        (0, 0),
        (-0.0, 0),
        (2.0, 2000),
        (1.1, 1100),
        (2.92, 2920),
        (2.9204, 2921),
        (2.9200001, 2921),
        (-0.0004, -1),
        (-5, -5000),
        (5e-324, 0),
        (1e308, 1.7976931348623157e308),
    ],
)
def test_rounding_to_watts_never_hides_an_excess(asked: float, watts: float) -> None:
    assert float(asked_watts(asked)) == watts


@given(st.integers(min_value=0, max_value=10**9))
def test_a_power_with_three_decimals_is_taken_exactly(thousandths: int) -> None:
    assert float(asked_watts(thousandths / 1000)) == thousandths


def test_every_finite_number_reaches_the_fleet_which_records_the_refusal(
    client: TestClient, fleet: StubFleet
) -> None:
    for text in ("1e308", "-1e308", "-1", "2.9204", "99999"):
        assert post(client, "/api/activate", f'{{"activationPowerInKw": {text}}}').status_code == 200
    assert len(fleet.given) == 5


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("INVALID_POWER", 400),
        ("MANUAL_OVERRIDE", 409),
        ("FAULT_STATE", 409),
        ("FLEET_OFFLINE", 503),
        ("INTERNAL_ERROR", 500),
    ],
)
def test_each_documented_error_has_its_status_and_body(
    client: TestClient, fleet: StubFleet, code: str, status: int
) -> None:
    fleet.refuse_with = CommandRejected(ErrorCode(code), "Requested power exceeds rated limits.")
    answer = post(client, "/api/activate", '{"activationPowerInKw": 3}')
    assert is_refusal(answer, status, code)
    assert answer.json["message"] == "Requested power exceeds rated limits."


@pytest.mark.parametrize(
    "body",
    ["", "{}", '{"reason": "grid"}', "[]", "null", "7", b"\xef\xbb\xbf{}", b"\xef\xbb\xbf", "{", "\x00"],
)
def test_deactivate_needs_nothing_and_takes_anything(
    client: TestClient, fleet: StubFleet, body: bytes | str
) -> None:
    assert post(client, "/api/deactivate", body).json == {
        "accepted": True,
        "message": "as worded by the fleet",
    }
    assert fleet.given == [(Deactivate(), Source.EMS, "127.0.0.1")]


def test_a_byte_order_mark_before_the_json_is_taken(client: TestClient, fleet: StubFleet) -> None:
    assert post(client, "/api/activate", b'\xef\xbb\xbf{"activationPowerInKw": 2.0}').status_code == 200
    assert fleet.given[0][0] == Activate(Watts(2000.0))


def test_a_number_of_any_length_comes_back_cut(client: TestClient, fleet: StubFleet) -> None:
    for number in ("9" * 400, "-" + "9" * 9000, "1e400", "0." + "1" * 400 + "e999"):
        message = post(client, "/api/activate", f'{{"activationPowerInKw": {number}}}').json["message"]
        assert f"got {number[:20]}" in message
        assert len(message) < 250
    assert fleet.given == []


@pytest.mark.parametrize("path", ["/api/activate", "/api/deactivate"])
def test_a_body_longer_than_a_command_can_be_is_413_before_it_is_read(
    client: TestClient, fleet: StubFleet, path: str
) -> None:
    answer = post(client, path, '{"x": "' + "x" * 20_000 + '"}')
    assert is_refusal(answer, 413, "BODY_TOO_LARGE")
    assert "16384 bytes" in answer.json["message"]
    assert fleet.given == []


@pytest.mark.parametrize("path", ["/api/activate", "/api/deactivate"])
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity", "x" * 5000])
def test_an_encoded_body_is_415_with_the_name_of_the_header(
    client: TestClient, fleet: StubFleet, path: str, encoding: str
) -> None:
    answer = post(client, path, '{"activationPowerInKw": 1}', JSON | {"Content-Encoding": encoding})
    assert is_refusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert "Content-Encoding" in answer.json["message"]
    assert len(answer.json["message"]) < 200
    assert fleet.given == []


@pytest.mark.parametrize(
    "path", ["/api/status", "/healthz", "/dashboard/api/health", "/dashboard/api/history/export", "/"]
)
def test_head_is_get_without_its_body(client: TestClient, history: StubHistory, path: str) -> None:
    got, head = client.simulate_get(path), client.simulate_head(path)
    assert (head.status_code, head.content) == (200, b"")
    for header in ("Content-Type", "ETag") if path.endswith("export") else ("Content-Length", "ETag"):
        assert head.headers.get(header) == got.headers.get(header), header


def test_a_head_of_an_export_leaves_room_for_the_next(client: TestClient, history: StubHistory) -> None:
    assert {client.simulate_head("/dashboard/api/history/export").status_code for _ in range(5)} == {200}


def test_a_trailing_slash_is_the_same_route(client: TestClient, fleet: StubFleet) -> None:
    assert client.simulate_get("/api/status/").json == client.simulate_get("/api/status").json
    assert client.simulate_get("/dashboard/api/miners/127.0.1.56/").status_code == 200
    assert post(client, "/api/activate/", '{"activationPowerInKw": 1}').status_code == 200
    assert post(client, "/api/deactivate/", "").status_code == 200
    assert [given[0] for given in fleet.given] == [Activate(Watts(1000.0)), Deactivate()]
    assert is_refusal(client.simulate_get("/api/status/now"), 404, "NOT_FOUND")


def test_a_path_of_any_length_comes_back_cut(client: TestClient) -> None:
    answer = client.simulate_get("/" + "x" * 5000)
    assert is_refusal(answer, 404, "NOT_FOUND")
    assert len(answer.json["message"]) < 200


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "json", ""])
def test_a_body_of_another_media_type_is_415(client: TestClient, fleet: StubFleet, media_type: str) -> None:
    answer = post(client, "/api/activate", '{"activationPowerInKw": 1}', {"Content-Type": media_type})
    assert is_refusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert fleet.given == []


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/ems+json"]
)
def test_json_is_taken_however_its_type_is_written(client: TestClient, media_type: str) -> None:
    headers = {"Content-Type": media_type}
    assert post(client, "/api/activate", '{"activationPowerInKw": 1}', headers).status_code == 200


@pytest.mark.parametrize("path", ["/api/activate", "/api/deactivate"])
def test_a_body_without_a_type_is_not_taken_for_json(client: TestClient, fleet: StubFleet, path: str) -> None:
    answer = post(client, path, '{"activationPowerInKw": 1}', {})
    assert is_refusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert fleet.given == []


def test_a_call_without_a_body_needs_no_type(client: TestClient) -> None:
    assert post(client, "/api/deactivate", "", {}).status_code == 200


def test_an_empty_body_of_any_media_type_is_taken(client: TestClient) -> None:
    assert post(client, "/api/deactivate", "", {"Content-Type": "text/plain"}).status_code == 200


def test_a_defect_is_answered_without_its_trace_and_logged(
    client: TestClient, fleet: StubFleet, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.refuse_with = ZeroDivisionError("secret")
    answer = post(client, "/api/activate", '{"activationPowerInKw": 1}')
    assert is_refusal(answer, 500, "INTERNAL_ERROR")
    assert "secret" not in answer.text
    assert "secret" in caplog.text


def test_an_unknown_route_and_a_wrong_method_have_the_same_shape(client: TestClient) -> None:
    assert is_refusal(client.simulate_get("/api/nothing"), 404, "NOT_FOUND")
    answer = client.simulate_delete("/api/activate")
    assert is_refusal(answer, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["Allow"]


def test_an_unchanged_status_is_304_to_who_has_it(client: TestClient, fleet: StubFleet) -> None:
    first = client.simulate_get("/api/status")
    again = client.simulate_get("/api/status", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    fleet.snapshot = replace(fleet.snapshot, active_power=Watts(1.0))
    changed = client.simulate_get("/api/status", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
BODIES = st.binary(max_size=200) | JSON_VALUES.map(lambda value: json.dumps(value).encode())


@given(body=BODIES, path=st.sampled_from(["/api/activate", "/api/deactivate"]))
@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_at_all_lead_to_a_defect(client: TestClient, body: bytes, path: str) -> None:
    answer = post(client, path, body)
    assert answer.status_code in (200, 400)
    assert set(answer.json) == {"accepted", "message"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_standby_does_not_tell_the_ems_what_it_cannot_see(
    client: TestClient, fleet: StubFleet, method: str
) -> None:
    fleet.leads = False
    answer = client.simulate_request(method, "/api/status")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "STANDBY")
    assert client.simulate_get("/dashboard/api/health").json["role"] == "standby"
    if method == "GET":
        assert is_refusal(answer, 503, "STANDBY")
        assert "This server is a standby" in answer.json["message"]


def test_less_than_nothing_that_rounds_to_nothing_is_nothing() -> None:
    assert [str(asked_watts(asked)) for asked in (-0.0, -1e-10, 0.0)] == ["0.0"] * 3
