"""The table of error codes: every code that the product knows has one status, and no other has."""

import pytest
from falcon.testing import TestClient
from stub_fleet import StubFleet, dependencies, two_miners

from api.app import create_app
from netstab.errors import CommandRejected, ErrorCode
from netstab.statuses import STATUSES


def test_every_code_has_a_status_of_a_refusal() -> None:
    assert set(STATUSES) == set(ErrorCode)
    assert all(400 <= status < 600 for status in STATUSES.values())


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_is_answered_with_its_status_and_named_in_the_header(code: ErrorCode) -> None:
    fleet = StubFleet(two_miners(), refuse_with=CommandRejected(code, "A reason."))
    client = TestClient(create_app(dependencies(fleet)), headers={"Host": "localhost"})
    answer = client.simulate_post("/api/deactivate")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (STATUSES[code], code.value)
    assert answer.json == {"accepted": False, "message": "A reason."}
    assert (int(answer.headers.get("Retry-After", 0)) >= 1) is (answer.status_code == 503)
