"""What becomes of a CEM's instructions by operation modes."""

from s2_conversation import NOON, STANDS, Conversation

from events.commands import Activate, Deactivate, Release
from netstab.fronts.s2.session import Answered
from netstab.units import Watts


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


def test_an_answer_to_something_else_is_of_no_account() -> None:
    talk = Conversation()
    talk.open()
    talk.instruct("mining")
    talk.on(Answered("another-ticket", "no"))
    assert talk.states() == []
