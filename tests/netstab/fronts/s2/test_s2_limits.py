"""A CEM that limits the fleet by power envelopes."""

from dataclasses import replace
from typing import Any

import pytest
from s2_conversation import LIMIT, NOON, OFFER, Conversation

from events.commands import LiftLimit, SetLimit
from netstab.units import WallTime, Watts


def limit(power: float, until: float) -> SetLimit:
    return SetLimit("s2", Watts(power), WallTime(NOON + until))


@pytest.fixture
def talk() -> Conversation:
    conversation = Conversation()
    conversation.open(LIMIT)
    return conversation


def test_the_offer_is_limits_from_idle_to_rated_and_what_is_not_hashed_vanishes(talk: Conversation) -> None:
    said = talk.said[1]
    assert said["message_type"] == "PEBC.PowerConstraints"
    assert said["consequence_type"] == "VANISH"
    upper, lower = said["allowed_limit_ranges"]
    assert upper["range_boundary"] == {"start_of_range": 1000.0, "end_of_range": 41000.0}
    assert lower["range_boundary"] == {"start_of_range": 0.0, "end_of_range": 0.0}


def test_an_envelope_is_a_limit_step_by_step_with_no_gap_and_a_natural_end(talk: Conversation) -> None:
    instruction = talk.limit((20000, 60), (20000, 60), (30000, 60))
    assert talk.told == [limit(20000, 135)]  # longer than its step, so that the next one takes its place
    talk.fleet_takes()
    assert talk.states(instruction) == ["ACCEPTED", "STARTED"]
    talk.wait(119)
    assert len(talk.told) == 1
    talk.wait(1)
    assert talk.told[1:] == [limit(30000, 180)]
    talk.fleet_takes()
    talk.wait(60)
    assert talk.states(instruction) == ["SUCCEEDED"]
    assert len(talk.told) == 2


def test_an_envelope_for_later_begins_at_its_time(talk: Conversation) -> None:
    instruction = talk.limit((20000, 60), after=30)
    assert (talk.states(instruction), talk.told) == (["ACCEPTED"], [])
    talk.wait(30)
    assert talk.told == [limit(20000, 90)]
    talk.fleet_takes()
    assert talk.states(instruction) == ["STARTED"]


def test_one_whose_time_has_passed_begins_now(talk: Conversation) -> None:
    talk.limit((20000, 60), after=-3600)
    assert talk.told == [limit(20000, 60)]


def test_a_newer_one_takes_the_place_of_the_older(talk: Conversation) -> None:
    older = talk.limit((20000, 600))
    talk.fleet_takes()
    newer = talk.limit((30000, 60))
    talk.fleet_takes()
    assert (talk.states(older), talk.states(newer)) == (["ABORTED"], ["ACCEPTED", "STARTED"])
    talk.wait(61)
    assert talk.told == [limit(20000, 600), limit(30000, 60)]


@pytest.mark.parametrize(
    "fields",
    [
        {"power_constraints_id": "of-yesterday"},
        {"power_envelopes": "L1"},
        {"power_envelopes": "twice"},
    ],
)
def test_one_that_does_not_fit_the_constraints_in_force_is_rejected(
    talk: Conversation, fields: dict[str, str]
) -> None:
    envelope = {
        "id": "e-1",
        "commodity_quantity": "ELECTRIC.POWER.3_PHASE_SYMMETRIC",
        "power_envelope_elements": [{"duration": 1, "upper_limit": 20000, "lower_limit": 0}],
    }
    given = {"L1": [envelope | {"commodity_quantity": "ELECTRIC.POWER.L1"}], "twice": [envelope, envelope]}
    replaced: dict[str, Any] = {name: given.get(value, value) for name, value in fields.items()}
    talk.limit((20000, 60), **replaced)
    assert (talk.reception(), talk.states(), talk.told) == ("OK", ["REJECTED"], [])


@pytest.mark.parametrize("power", [999 - 1, 41002, -5])
def test_a_limit_out_of_bounds_is_rejected(talk: Conversation, power: float) -> None:
    talk.limit((20000, 60), (power, 60))
    assert (talk.states(), talk.told) == (["REJECTED"], [])
    assert "upper_limit must be from 1000 to 41000" in talk.notes[-1]


def test_constraints_that_were_replaced_are_no_basis_any_more(talk: Conversation) -> None:
    before = talk.session.described
    talk.sees(offer=replace(OFFER, rated=Watts(30000.0), highest=Watts(30000.0)))
    talk.wait(5)
    assert talk.kinds()[0] == "PEBC.PowerConstraints"
    talk.limit((20000, 60), power_constraints_id=before)
    assert talk.states() == ["REJECTED"]
    talk.limit((20000, 60))
    assert len(talk.told) == 1


def test_one_that_is_revoked_is_lifted(talk: Conversation) -> None:
    instruction = talk.limit((20000, 600))
    talk.fleet_takes()
    talk.hear("RevokeObject", object_type="PEBC.Instruction", object_id=instruction)
    assert talk.told[-1] == LiftLimit("s2")
    assert talk.states(instruction) == ["REVOKED"]


def test_a_refused_limit_is_rejected_and_a_refused_step_aborts(talk: Conversation) -> None:
    first = talk.limit((20000, 60))
    talk.fleet_refuses()
    assert talk.states(first) == ["REJECTED"]
    second = talk.limit((20000, 60), (30000, 60))
    talk.fleet_takes()
    talk.wait(60)
    talk.fleet_refuses()
    assert talk.states(second) == ["ABORTED"]


def test_a_lost_session_leaves_the_limit_in_force_to_its_end_step_by_step(talk: Conversation) -> None:
    talk.limit((20000, 60), (30000, 60))
    talk.fleet_takes()
    talk.now = WallTime(talk.now + 60)
    talk.lose()
    assert (talk.said, len(talk.told)) == ([], 1)  # whoever would carry it out is gone
    talk.wait(0)
    assert talk.told == [limit(20000, 75), limit(30000, 120)]
    talk.fleet_takes()
    talk.open(LIMIT, key=2)
    talk.wait(60)
    assert talk.states() == []


def test_an_envelope_of_no_duration_is_over_at_once(talk: Conversation) -> None:
    instruction = talk.limit((20000, 0))
    assert talk.states(instruction) == ["ACCEPTED", "STARTED", "SUCCEEDED"]
    assert talk.told == []
