"""What is said to a CEM and told to the fleet, event by event."""

from dataclasses import replace
from uuid import UUID

import pytest
from s2_conversation import LIMIT, MODE, NOON, OFFER, Conversation

from events.commands import Activate, Deactivate, Release
from netstab.fronts.s2.session import Answered, Frame, Opened
from netstab.fronts.s2.terms import NO_ID
from netstab.units import Seconds, Watts

STANDS = {"ordered": True, "holds": True, "commands": True}


def test_a_session_begins_with_a_handshake_details_and_a_measurement() -> None:
    talk = Conversation()
    (hello,) = talk.on(Opened(uuid()))
    assert (hello["role"], hello["supported_protocol_versions"]) == ("RM", ["0.0.2-beta"])
    assert [each["status"] for each in talk.hear("Handshake", role="CEM")] == ["OK"]
    talk.hear("HandshakeResponse", selected_protocol_version="0.0.2-beta")
    assert talk.kinds() == ["ReceptionStatus", "ResourceManagerDetails", "PowerMeasurement"]
    details = talk.said[1]
    assert details["resource_id"] == "fleet-1"
    assert details["available_control_types"] == [MODE, LIMIT]
    assert "currency" not in details


def uuid() -> UUID:
    return UUID(int=7)


def test_another_version_or_another_resource_manager_ends_the_session() -> None:
    for kind, fields in (
        ("HandshakeResponse", {"selected_protocol_version": "2.0"}),
        ("Handshake", {"role": "RM"}),
    ):
        talk = Conversation()
        talk.on(Opened(uuid()))
        talk.hear(kind, **fields)
        assert talk.reception() == "INVALID_CONTENT"
        assert talk.closed is not None
        assert not talk.closed.again


def test_nothing_is_instructed_before_the_handshake_nor_before_a_control_type_is_selected() -> None:
    talk = Conversation()
    talk.on(Opened(uuid()))
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


def test_the_offer_is_described_with_the_mode_that_the_fleet_is_in() -> None:
    talk = Conversation(ordered=True, target=Watts(22000.0))
    said = talk.open()
    assert talk.kinds() == ["ReceptionStatus", "OMBC.SystemDescription", "OMBC.Status"]
    standby, mining = said[1]["operation_modes"]
    assert (standby["diagnostic_label"], mining["diagnostic_label"]) == ("standby", "mining")
    (power,) = mining["power_ranges"]
    assert (power["start_of_range"], power["end_of_range"]) == (3000.0, 41000.0)
    status = said[2]
    assert (status["active_operation_mode_id"], status["operation_mode_factor"]) == (mining["id"], 0.5)
    assert "previous_operation_mode_id" not in status


def test_an_instruction_becomes_a_setpoint_and_is_followed_to_its_end() -> None:
    talk = Conversation()
    talk.open()
    instruction = talk.instruct("mining", 0.5)
    assert talk.told == [Activate(Watts(22000.0))]
    assert (talk.reception(), talk.states()) == ("OK", [])
    talk.fleet_takes(**STANDS, target=Watts(22000.0))
    assert talk.states(instruction) == ["ACCEPTED", "STARTED"]
    status = talk.said[-1]
    assert status["message_type"] == "OMBC.Status"
    assert status["operation_mode_factor"] == 0.5
    assert status["previous_operation_mode_id"] == talk.mode("standby")
    assert status["transition_timestamp"] == "2026-01-20T12:00:00.000Z"
    talk.sees(settled=True)
    talk.wait(1)
    assert talk.states() == []  # what was settled may have been the order before
    talk.wait(2)
    assert talk.states(instruction) == ["SUCCEEDED"]
    talk.wait(1)
    assert talk.states() == []


def test_standby_is_a_deactivation() -> None:
    talk = Conversation()
    talk.open()
    talk.instruct("standby", 0.0)
    assert talk.told == [Deactivate()]


def test_what_the_fleet_refuses_is_rejected() -> None:
    talk = Conversation(override_since=NOON)
    talk.open()
    instruction = talk.instruct("mining")
    talk.fleet_refuses()
    assert talk.states(instruction) == ["REJECTED"]
    assert "An operator has command." in talk.notes[-1]


def test_an_unknown_mode_is_invalid_content_and_a_factor_out_of_range_is_rejected() -> None:
    talk = Conversation()
    talk.open()
    talk.instruct("mining", operation_mode_id="another-mode")
    assert (talk.reception(), talk.states()) == ("INVALID_CONTENT", [])
    for factor in (-0.01, 1.01):
        talk.instruct("mining", factor)
        assert (talk.reception(), talk.states()) == ("OK", ["REJECTED"])
    assert talk.told == []


def test_an_id_in_use_is_refused() -> None:
    talk = Conversation()
    talk.open()
    instruction = talk.instruct("mining", after=60)
    talk.instruct("mining", after=90, id=instruction)
    assert talk.reception() == "INVALID_CONTENT"


def test_an_instruction_for_later_waits_for_its_time_and_holds_until_that_of_the_next() -> None:
    talk = Conversation()
    talk.open()
    later = talk.instruct("mining", 0.0, after=60)
    assert talk.states() == ["ACCEPTED"]
    latest = talk.instruct("mining", 1.0, after=120)
    talk.wait(59)
    assert talk.told == []
    talk.wait(1)
    assert talk.told == [Activate(Watts(3000.0))]
    talk.fleet_takes(**STANDS, target=Watts(3000.0))
    assert talk.states(later) == ["STARTED"]
    talk.wait(60)
    assert talk.told[-1] == Activate(Watts(41000.0))
    talk.fleet_takes(target=Watts(41000.0))
    assert talk.states(later) == ["ABORTED"]
    assert talk.states(latest) == ["STARTED"]


def test_of_instructions_that_come_due_at_once_the_newest_is_carried_out() -> None:
    talk = Conversation()
    talk.open()
    first, second = talk.instruct("mining", 0.0, after=60), talk.instruct("mining", 1.0, after=60)
    talk.wait(100)
    assert talk.states(first) == ["ABORTED"]
    assert talk.told == [Activate(Watts(41000.0))]
    talk.fleet_takes(**STANDS)
    assert talk.states(second) == ["STARTED"]


def test_while_the_fleet_has_not_answered_nothing_more_is_told() -> None:
    talk = Conversation()
    talk.open()
    talk.instruct("mining", 0.0)
    overtaken, newest = talk.instruct("mining", 0.5), talk.instruct("mining", 1.0)
    assert len(talk.told) == 1
    talk.fleet_takes(**STANDS)
    assert talk.states(overtaken) == ["REJECTED"]
    assert talk.told[-1] == Activate(Watts(41000.0))
    talk.fleet_takes()
    assert talk.states(newest) == ["ACCEPTED", "STARTED"]


def test_one_refused_at_its_time_is_aborted() -> None:
    talk = Conversation()
    talk.open()
    instruction = talk.instruct("mining", after=60)
    talk.wait(60)
    talk.fleet_refuses()
    assert talk.states(instruction) == ["ABORTED"]


def test_one_that_waits_for_another_front_starts_once_it_is_in_force() -> None:
    talk = Conversation()
    talk.open()
    instruction = talk.instruct("mining")
    talk.fleet_takes(ordered=True, holds=True, commands=False)
    assert talk.states(instruction) == ["ACCEPTED"]
    talk.sees(commands=True)
    talk.wait(1)
    assert talk.states(instruction) == ["STARTED"]


def test_one_whose_setpoint_an_operator_takes_away_is_aborted() -> None:
    talk = Conversation()
    talk.open()
    instruction = talk.instruct("mining")
    talk.fleet_takes(**STANDS)
    talk.sees(holds=False, commands=False)
    talk.wait(1)
    assert talk.states(instruction) == ["ABORTED"]


def test_an_instruction_can_be_revoked_before_its_time_and_after_it() -> None:
    talk = Conversation()
    talk.open()
    later = talk.instruct("mining", after=60)
    talk.hear("RevokeObject", object_type="OMBC.Instruction", object_id=later)
    assert (talk.reception(), talk.states(later), talk.told) == ("OK", ["REVOKED"], [])
    now = talk.instruct("mining")
    talk.fleet_takes(**STANDS)
    talk.hear("RevokeObject", object_type="PEBC.Instruction", object_id=now)
    assert talk.reception() == "INVALID_CONTENT"
    talk.hear("RevokeObject", object_type="OMBC.Instruction", object_id=now)
    assert (talk.states(now), talk.told[-1]) == (["REVOKED"], Release())
    talk.hear("RevokeObject", object_type="OMBC.Instruction", object_id=now)
    assert talk.reception() == "INVALID_CONTENT"


def test_what_the_fleet_answers_to_a_revoked_instruction_is_of_no_account() -> None:
    talk = Conversation()
    talk.open()
    first = talk.instruct("mining", 0.0)
    talk.fleet_takes(**STANDS)
    second = talk.instruct("mining", 1.0)
    ticket = talk.tickets[-1]
    talk.hear("RevokeObject", object_type="OMBC.Instruction", object_id=second)
    assert talk.told[-2:] == [Activate(Watts(41000.0)), Release()]
    talk.on(Answered(ticket, "refused"))
    assert talk.states() == []
    talk.sees(holds=False)
    talk.wait(1)
    assert talk.states(first) == ["ABORTED"]


def test_no_more_than_a_hundred_wait() -> None:
    talk = Conversation()
    talk.open()
    for second in range(100):
        talk.instruct("mining", after=60 + second)
        assert talk.states() == ["ACCEPTED"]
    talk.instruct("mining", after=10)
    assert talk.states() == ["REJECTED"]


def test_a_change_of_capacity_is_described_anew_with_the_same_modes_and_the_setpoint_stays() -> None:
    talk = Conversation()
    talk.open()
    instruction, modes = talk.instruct("mining"), [talk.mode("standby"), talk.mode("mining")]
    talk.fleet_takes(**STANDS, target=Watts(41000.0))
    talk.sees(offer=replace(OFFER, highest=Watts(40800.0)))  # ripples are not told
    talk.wait(5)
    assert "OMBC.SystemDescription" not in talk.kinds()
    talk.sees(offer=replace(OFFER, highest=Watts(30000.0)))
    said = talk.wait(5)
    assert talk.kinds()[:2] == ["OMBC.SystemDescription", "OMBC.Status"]
    assert [mode["id"] for mode in said[0]["operation_modes"]] == modes
    assert said[1]["operation_mode_factor"] == 1.0
    assert talk.states(instruction) == []
    talk.instruct("mining", 1.0)
    assert talk.told[-1] == Activate(Watts(30000.0))


def test_nothing_is_described_before_the_miners_were_looked_for() -> None:
    talk = Conversation(offer=None)
    talk.open()
    assert talk.kinds() == ["ReceptionStatus"]
    talk.hear(
        "OMBC.Instruction",
        id="i-1",
        execution_time="2026-01-20T12:00:00Z",
        operation_mode_id="any",
        operation_mode_factor=1,
        abnormal_condition=False,
    )
    assert (talk.reception(), talk.states()) == ("OK", ["REJECTED"])
    talk.sees(offer=OFFER)
    talk.wait(1)
    assert talk.kinds() == ["OMBC.SystemDescription", "OMBC.Status"]


@pytest.mark.parametrize(
    ("control", "kind", "described"),
    [
        (MODE, "OMBC.SystemDescription", "OMBC.SystemDescription"),
        (LIMIT, "PEBC.PowerConstraints", "PEBC.PowerConstraints"),
    ],
)
def test_an_override_that_lasts_withdraws_the_offer_until_it_ends(
    control: str, kind: str, described: str
) -> None:
    talk = Conversation()
    talk.open(control)
    offered = talk.session.described
    talk.sees(override_since=talk.now)
    talk.wait(29)
    assert "RevokeObject" not in talk.kinds()
    said = talk.wait(1)
    revoked = next(each for each in said if each["message_type"] == "RevokeObject")
    assert (revoked["object_type"], revoked["object_id"]) == (kind, offered)
    if control == MODE:
        refused = talk.instruct("mining")
        talk.fleet_refuses()  # it is asked all the same, and records it
        assert talk.states(refused) == ["REJECTED"]
    talk.sees(override_since=None)
    talk.wait(1)
    assert talk.kinds()[0] == described


def test_minimum_times_are_timers_of_the_transitions_from_and_to_standby() -> None:
    offer = replace(OFFER, min_on=Seconds(600.0), min_off=Seconds(300.0), wake=Seconds(180.0))
    talk = Conversation(offer=offer)
    said = talk.open()
    on, off = (timer["id"] for timer in said[1]["timers"])
    assert [timer["duration"] for timer in said[1]["timers"]] == [600_000, 300_000]
    up, down = said[1]["transitions"]
    assert (up["start_timers"], up["blocking_timers"], up["transition_duration"]) == ([on], [off], 180_000)
    assert (down["start_timers"], down["blocking_timers"]) == ([off], [on])
    assert "transition_duration" not in down
    assert talk.kinds()[3:] == ["OMBC.TimerStatus"] * 2
    talk.instruct("mining")
    talk.fleet_takes(**STANDS, target=Watts(41000.0))
    timers = {each["timer_id"]: each["finished_at"] for each in talk.said if "timer_id" in each}
    assert timers[on] == "2026-01-20T12:10:00.000Z"


def test_power_is_told_when_it_changes_and_every_ten_seconds() -> None:
    talk = Conversation(power=Watts(1000.0))
    talk.open()
    talk.wait(5)
    talk.sees(power=Watts(1400.0))
    talk.wait(1)
    assert "PowerMeasurement" not in talk.kinds()
    talk.sees(power=Watts(1600.0))
    (measured,) = talk.wait(1)
    assert measured["values"] == [{"value": 1600.0, "commodity_quantity": "ELECTRIC.POWER.3_PHASE_SYMMETRIC"}]
    talk.wait(9)
    assert talk.said == []
    talk.wait(1)
    assert talk.kinds() == ["PowerMeasurement"]
    talk.sees(power=None)
    talk.wait(20)
    assert talk.said == []


def test_a_cem_that_terminates_lets_go_of_its_setpoint_and_one_that_reconnects_does_not() -> None:
    for request, told, again in (("TERMINATE", [Release()], False), ("RECONNECT", [], True)):
        talk = Conversation()
        talk.open()
        talk.instruct("mining")
        talk.fleet_takes(**STANDS)
        talk.told.clear()
        talk.hear("SessionRequest", request=request)
        assert talk.reception() == "OK"
        assert talk.told == told
        assert talk.closed is not None
        assert talk.closed.again is again


def test_a_cem_that_controls_otherwise_lets_go_of_what_it_has_instructed() -> None:
    talk = Conversation()
    talk.open()
    now, later = talk.instruct("mining"), talk.instruct("mining", after=60)
    talk.fleet_takes(**STANDS)
    talk.hear("SelectControlType", control_type=LIMIT)
    assert talk.told[-1] == Release()
    assert (talk.states(now), talk.states(later)) == (["ABORTED"], ["ABORTED"])
    assert talk.kinds()[-1] == "PEBC.PowerConstraints"


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


def test_an_answer_to_something_else_is_of_no_account() -> None:
    talk = Conversation()
    talk.open()
    talk.instruct("mining")
    talk.on(Answered("another-ticket", "no"))
    assert talk.states() == []
