"""What a CEM is told without asking: the offer, where the fleet stands, what it draws."""

from dataclasses import replace
from itertools import pairwise

import pytest
from s2_conversation import LIMIT, MODE, OFFER, STANDS, Conversation

from events.commands import Activate
from netstab.units import Seconds, Watts


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


def test_an_offer_that_changes_again_and_again_is_described_every_two_seconds() -> None:
    talk = Conversation()
    talk.open()
    described = []
    for step in range(1, 41):
        talk.sees(offer=replace(OFFER, highest=Watts(41000.0 - 500 * step)))
        talk.wait(0.25)
        described += [talk.now for kind in talk.kinds() if kind == "OMBC.SystemDescription"]
    assert [later - earlier for earlier, later in pairwise(described)] == [2.0] * 4


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
    assert timers == {on: "2026-01-20T12:10:00.000Z", off: "2026-01-20T12:00:00.000Z"}
    talk.wait(60)
    talk.instruct("standby")
    talk.fleet_takes(target=None)
    timers = {each["timer_id"]: each["finished_at"] for each in talk.said if "timer_id" in each}
    assert timers == {on: "2026-01-20T12:01:00.000Z", off: "2026-01-20T12:06:00.000Z"}


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
