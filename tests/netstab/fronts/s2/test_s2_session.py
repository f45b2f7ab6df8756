"""How a session with a CEM begins and ends, and what is answered to what makes no sense."""

from dataclasses import replace
from uuid import UUID

import pytest
from s2_conversation import LIMIT, MODE, OFFER, STANDS, Conversation

from events.commands import Activate, Release
from netstab.fronts.s2.session import Frame, Opened
from netstab.fronts.s2.terms import NO_ID
from netstab.units import Watts


def test_a_session_begins_with_a_handshake_details_and_a_measurement() -> None:
    talk = Conversation()
    (hello,) = talk.on(Opened(UUID(int=7)))
    assert (hello["role"], hello["supported_protocol_versions"]) == ("RM", ["0.0.2-beta"])
    assert [each["status"] for each in talk.hear("Handshake", role="CEM")] == ["OK"]
    talk.hear("HandshakeResponse", selected_protocol_version="0.0.2-beta")
    assert talk.kinds() == ["ReceptionStatus", "ResourceManagerDetails", "PowerMeasurement"]
    details = talk.said[1]
    assert details["resource_id"] == "fleet-1"
    assert details["available_control_types"] == [MODE, LIMIT]
    assert "currency" not in details


def test_another_version_or_another_resource_manager_ends_the_session() -> None:
    for kind, fields in (
        ("HandshakeResponse", {"selected_protocol_version": "2.0"}),
        ("Handshake", {"role": "RM"}),
    ):
        talk = Conversation()
        talk.on(Opened(UUID(int=7)))
        talk.hear(kind, **fields)
        assert talk.reception() == "INVALID_CONTENT"
        assert talk.closed is not None


def test_nothing_is_instructed_before_the_handshake_nor_before_a_control_type_is_selected() -> None:
    talk = Conversation()
    talk.on(Opened(UUID(int=7)))
    talk.hear("SelectControlType", control_type=MODE)
    assert talk.reception() == "INVALID_CONTENT"
    talk.open(control="")
    talk.session = replace(talk.session, offer=OFFER)
    talk.instruct("mining")
    assert talk.reception() == "INVALID_CONTENT"
    assert talk.told == []


def test_a_control_type_that_is_not_offered_is_refused_and_the_one_before_stays() -> None:
    talk = Conversation()
    talk.open()
    for unknown in ("FILL_RATE_BASED_CONTROL", "NOT_CONTROLABLE"):
        talk.hear("SelectControlType", control_type=unknown)
        assert talk.reception() == "INVALID_CONTENT"
    talk.instruct("mining")
    assert talk.reception() == "OK"


@pytest.mark.parametrize(
    ("frame", "status", "subject"),
    [
        ("no JSON", "INVALID_DATA", NO_ID),
        (b"\x00\xff", "INVALID_DATA", NO_ID),
        ('["a list"]', "INVALID_DATA", NO_ID),
        ('{"message_type": "Handshake"}', "INVALID_DATA", NO_ID),
        ('{"message_type": "Handshake", "message_id": "m-1"}', "INVALID_MESSAGE", "m-1"),
        ('{"message_type": "FRBC.Instruction", "message_id": "m-1"}', "INVALID_MESSAGE", "m-1"),
        (
            '{"message_type": "SelectControlType", "message_id": "m-1", "control_type": "NOT_CONTROLABLE"}',
            "INVALID_CONTENT",
            "m-1",
        ),
    ],
)
def test_what_is_not_understood_is_answered_and_the_session_goes_on(
    frame: str | bytes, status: str, subject: str
) -> None:
    talk = Conversation()
    talk.open()
    (answer,) = talk.on(Frame(frame))
    assert (answer["status"], answer["subject_message_id"]) == (status, subject)
    assert answer["diagnostic_label"]
    assert talk.closed is None
    talk.instruct("mining")
    assert talk.reception() == "OK"


def test_an_answer_is_never_answered() -> None:
    talk = Conversation()
    talk.open()
    assert talk.on(Frame('{"message_type": "ReceptionStatus"}')) == []
    assert talk.hear("ReceptionStatus", subject_message_id="m-1", status="OK") == []


def test_a_cem_that_terminates_lets_go_of_its_setpoint_and_one_that_reconnects_does_not() -> None:
    for request, told in (("TERMINATE", [Release()]), ("RECONNECT", [])):
        talk = Conversation()
        talk.open()
        talk.instruct("mining")
        talk.fleet_takes(**STANDS)
        talk.told.clear()
        talk.hear("SessionRequest", request=request)
        assert talk.reception() == "OK"
        assert talk.told == told
        assert talk.closed is not None


def test_a_cem_that_controls_otherwise_lets_go_of_what_it_has_instructed() -> None:
    talk = Conversation()
    talk.open()
    now, later = talk.instruct("mining"), talk.instruct("mining", after=60)
    talk.fleet_takes(**STANDS)
    talk.hear("SelectControlType", control_type=LIMIT)
    assert talk.told[-1] == Release()
    assert (talk.states(now), talk.states(later)) == (["ABORTED"], ["ABORTED"])
    assert talk.kinds()[-1] == "PEBC.PowerConstraints"


def test_what_the_fleet_has_not_answered_yet_is_let_go_of_as_well() -> None:
    talk = Conversation()
    talk.open()
    talk.instruct("mining")
    talk.hear("SessionRequest", request="TERMINATE")
    assert talk.told == [Activate(Watts(41000.0)), Release()]


def test_a_lost_session_leaves_the_setpoint_to_the_failsafe_and_drops_what_was_for_later() -> None:
    talk = Conversation()
    talk.open()
    talk.instruct("mining")
    talk.fleet_takes(**STANDS, target=Watts(41000.0))
    talk.instruct("standby", after=60)
    talk.lose()
    talk.wait(60)
    assert talk.told == [Activate(Watts(41000.0))]
    talk.open(key=2)
    status = next(each for each in talk.said if each["message_type"] == "OMBC.Status")
    assert status["previous_operation_mode_id"] == talk.mode("standby")


def test_ids_of_messages_never_come_again() -> None:
    talk = Conversation()
    seen: list[str] = []
    for key in (1, 2):
        talk.lose()
        for said in (talk.open(key=key), talk.wait(10)):
            seen += [each["message_id"] for each in said if "message_id" in each]
    assert len(seen) == len(set(seen)) > 4


def test_a_temporary_error_has_a_message_sent_once_more_and_a_permanent_one_ends_the_session() -> None:
    talk = Conversation()
    described = talk.open()[1]
    for again in ([described], []):
        said = talk.hear(
            "ReceptionStatus", subject_message_id=described["message_id"], status="TEMPORARY_ERROR"
        )
        assert said == again
    talk.hear("ReceptionStatus", subject_message_id=described["message_id"], status="PERMANENT_ERROR")
    assert talk.closed is not None
