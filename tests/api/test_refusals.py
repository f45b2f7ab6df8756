import math

import pytest
from dashboard import refused, send
from falcon.testing import TestClient
from stub_fleet import StubFleet

from api.refusals import in_our_words
from api.schemas.dispatch import LimitBody
from api.schemas.ems import Activation
from api.schemas.power import OverrideChange, PowerTarget
from netstab.errors import BadValue, CommandRejected, ErrorCode, Parameter, Rule


def worded(bad: BadValue | None, body: type | None, text: str = "as recorded") -> str:
    return in_our_words(CommandRejected(ErrorCode.INVALID_POWER, text, bad), body).message


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (Activation, "activationPowerInKw"),
        (OverrideChange, "target_power_kw"),
        (PowerTarget, "target_power_kw"),
        (LimitBody, "power_kw"),
    ],
)
def test_a_power_is_named_as_the_body_names_it_and_told_in_kw(body: type, name: str) -> None:
    below = BadValue(Parameter.POWER, Rule.AT_LEAST, 0.0, -500.0)
    assert worded(below, body) == f"{name} must be 0 or more, got -0.5."
    no_number = BadValue(Parameter.POWER, Rule.AT_LEAST, 0.0, math.nan)
    assert worded(no_number, body) == f"{name} must be a finite number of 0 or more."


def test_an_end_that_has_come_is_told_with_the_time_of_the_server() -> None:
    past = BadValue(Parameter.UNTIL, Rule.LATER_THAN, 1768919400.0, 1768919399.0)
    assert worded(past, LimitBody) == "until must be later than now, 2026-01-20T14:30:00.000Z."


def test_what_is_no_bad_value_or_has_the_contracts_words_stays_as_it_is() -> None:
    above = BadValue(Parameter.POWER, Rule.AT_MOST, 2920.0, 3000.0)
    assert worded(above, Activation) == "as recorded"
    assert worded(None, Activation) == "as recorded"
    assert worded(BadValue(Parameter.POWER, Rule.AT_LEAST, 0.0, -1.0), None) == "as recorded"


def test_an_answer_has_the_words_of_its_own_body_and_not_those_that_are_recorded(
    client: TestClient, fleet: StubFleet
) -> None:
    bad = BadValue(Parameter.POWER, Rule.AT_LEAST, 0.0, -500.0)
    fleet.refuse_with = CommandRejected(ErrorCode.INVALID_POWER, "power must be 0 W or more", bad)
    for answer, name in (
        (send(client, "/limits/grid", {"power_kw": 1}, method="PUT"), "power_kw"),
        (send(client, "/power/apply", {"target_power_kw": 1}), "target_power_kw"),
        (client.simulate_post("/api/activate", json={"activationPowerInKw": 1}), "activationPowerInKw"),
    ):
        assert refused(answer, 400, "INVALID_POWER", f"{name} must be 0 or more, got -0.5.")
