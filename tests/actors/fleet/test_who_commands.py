"""Who commands where several ways in ask for power: any sequence of words, against a model in plain words."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many_fronts import Site
from plain_authority import WORDS, Both

from events.authority import commanding, holds_back, priority_of
from events.commands import Activate, ApplyPower, Deactivate, Release, SetLimit
from events.state import FRONTS, Source
from events.store import replay
from netstab.dispatch.failsafe import FailsafeAction
from netstab.errors import LogUnavailable
from netstab.units import Seconds, Timestamp, WallTime, Watts

OPERATOR = Source.DASHBOARD
REST, MODBUS, MQTT, S2 = Source.EMS, Source.MODBUS, Source.MQTT, Source.S2


@settings(max_examples=150)
@given(words=st.lists(WORDS, max_size=25), priority=st.permutations(FRONTS).map(tuple))
def test_the_one_in_force_is_what_the_rule_says_in_plain_words(
    words: list[Any], priority: tuple[Source, ...]
) -> None:
    both = Both(priority)
    site, model = both.site, both.model
    for word in words:
        both.take(*word)
        order, state = site.state.order, site.state
        assert (order is None) == model.nothing
        if order is not None:
            assert order.target == model.left
            assert model.by is None or order.source is model.by
            assert (
                order.source not in FRONTS or order.source in model.spoke
            )  # who never speaks never commands
        assert {each: one.target for each, one in state.setpoints.items()} == {
            each: one.power for each, one in model.words.items()
        }
        found = commanding(state.setpoints, priority)
        assert (found.source if found else None) == (model.by if model.words else None)
        for each in state.setpoints:
            holder = holds_back(state.setpoints, priority, each)
            assert (holder is None) == (each is model.by)
            assert holder is None or holder in state.setpoints


@settings(max_examples=60)
@given(words=st.lists(WORDS, max_size=25), priority=st.permutations(FRONTS).map(tuple))
def test_the_log_tells_who_was_in_command_at_each_version_without_the_settings(
    words: list[Any], priority: tuple[Source, ...]
) -> None:
    """Events say the outcome: they are folded here in a room that knows no priority."""
    both = Both(priority)
    for word in words:
        both.take(*word)
    site = both.site
    fleet = None
    for event in site.log.events:
        fleet = replay(fleet, [event])
        assert fleet is not None
        assert fleet.state == site.log.states[fleet.version - 1]


few = st.sampled_from([REST, MQTT])
few_words = st.one_of(
    st.tuples(st.just("activate"), few, st.sampled_from([0.0, 500.0]), st.none()),
    st.tuples(st.just("standby"), few, st.none(), st.none()),
    st.tuples(st.just("restart"), st.permutations(FRONTS).map(tuple)),
    WORDS,
)


@settings(max_examples=100)
@given(words=st.lists(few_words, min_size=4, max_size=25))
def test_a_restart_moves_nobody_and_other_priorities_count_from_the_next_word(words: list[Any]) -> None:
    both = Both(FRONTS)
    site, model = both.site, both.model
    for word in words:
        if word[0] == "restart":
            before = site.state.order
            site.restart(word[1])
            model.priority = word[1]
            assert site.state.order == before
            both.take("wait", REST, None, 1.0)  # it plans for that
        else:
            both.take(*word)
        order = site.state.order
        assert (order is None) == model.nothing
        if order is not None:
            assert (order.target, model.by in (None, order.source)) == (model.left, True)


def test_a_front_below_waits_and_its_answer_says_for_whom() -> None:
    site = Site()
    site.taken(Activate(Watts(2920.0)), REST)
    version = site.state.order.version if site.state.order else 0
    told = site.taken(Activate(Watts(500.0)), MQTT)
    assert told.message == "0.5 kW noted, and waits: REST is in command at 2.92 kW"
    order = site.state.order
    assert order is not None
    assert (order.source, order.version, told.version) == (REST, version, version + 1)
    assert site.taken(Deactivate(), S2).message == "Standby noted, and waits: REST is in command at 2.92 kW"
    told = site.taken(Release(), REST)
    assert told.message == "REST has let go of its setpoint; MQTT is in command at 0.5 kW"
    order = site.state.order
    assert order is not None
    assert (order.source, order.target, order.version) == (MQTT, 500.0, told.version)


def test_a_standby_holds_against_who_ran_before_and_not_against_who_asks_later() -> None:
    site = Site()
    site.taken(Activate(Watts(1460.0)), MQTT)
    site.taken(Deactivate(), REST)
    assert site.target is None
    told = site.taken(Activate(Watts(2920.0)), MQTT)  # goes on with what it had begun before
    assert told.message == "2.92 kW noted, and waits: REST holds standby"
    assert site.target is None
    site.taken(Activate(Watts(500.0)), S2)
    assert site.target == 500.0
    site.taken(Release(), MQTT)
    site.taken(Activate(Watts(2920.0)), MQTT)
    assert site.target == 2920.0


def test_a_standby_that_is_said_again_stops_who_began_since_and_is_a_heartbeat_else() -> None:
    site = Site()
    for _ in range(3):
        first = site.taken(Deactivate(), REST)
    site.taken(Activate(Watts(1460.0)), MQTT)
    again = site.taken(Deactivate(), REST)
    assert (site.target, again.version > first.version) == (None, True)
    assert again.message.startswith("Fleet deactivation command accepted.")
    assert site.taken(Deactivate(), REST).version == again.version


def test_an_operator_s_order_ends_all_setpoints() -> None:
    site = Site()
    for front in (REST, MODBUS, Source.SCHEDULE):
        site.taken(Activate(Watts(1460.0)), front)
    site.taken(ApplyPower(Watts(2920.0)), OPERATOR)
    assert (site.target, dict(site.state.setpoints)) == (2920.0, {})
    site.taken(Activate(Watts(500.0)), Source.SCHEDULE)
    assert site.target == 500.0


def test_a_setpoint_that_ends_by_itself_hands_over_and_the_log_says_so() -> None:
    site = Site()
    site.taken(Activate(Watts(1460.0)), Source.SCHEDULE)
    site.taken(Activate(Watts(2920.0), WallTime(site.now + 5)), Source.OPENADR)
    site.wait(4)
    assert site.target == 2920.0
    site.wait(2)
    assert site.target == 1460.0
    released = site.log.events[-1]
    assert (released.source, released.parameters) == ("openadr", {"cause": "ended"})
    assert released.message == (
        "OpenADR has a setpoint no more: its time is over; the schedule is in command at 1.46 kW"
    )
    site.taken(Activate(Watts(1460.0), WallTime(site.now + 3)), Source.SCHEDULE)
    site.wait(4)
    assert site.target is None
    assert site.log.events[-1].message.startswith(
        "The schedule has a setpoint no more: its time is over; nob"
    )


def test_ends_that_have_come_are_recorded_before_the_next_command_is_ruled_by_them() -> None:
    site = Site()
    site.taken(Activate(Watts(2920.0), WallTime(site.now + 5)), REST)
    site.controller.now = Timestamp(site.now + 6)  # nobody has looked since
    told = site.taken(Activate(Watts(500.0)), S2)
    assert (site.target, site.log.names()[-2:]) == (500.0, ["Released", "Activated"])
    assert told.message.startswith("Fleet activated successfully at 500W")


@pytest.mark.parametrize("lasts", [None, 30.0])
def test_a_front_that_says_its_setpoint_each_second_leaves_one_event_a_minute(lasts: float | None) -> None:
    """Also where its end moves on each time, as a reversion timer's does; it never ends meanwhile."""
    site = Site()
    site.controller.loop._rules = replace(site.rules, ems_timeout=Seconds(0.0))
    for _ in range(300):
        until = None if lasts is None else WallTime(site.now + lasts)
        site.taken(Activate(Watts(1460.0), until), MODBUS)
        site.wait(1)
        assert site.target == 1460.0
        [shown] = site.controller.loop.snapshot().setpoints
        assert shown.until == until  # recorded or not
    counted = site.log.names("Activated", "SetpointRepeated", "Released")
    assert counted == ["Activated", *["SetpointRepeated"] * (len(counted) - 1)]
    assert len(counted) <= 6
    if lasts is not None:
        site.wait(lasts + 1)
        assert (site.target, site.log.names()[-1]) == (None, "Released")


def test_each_front_is_silent_by_itself_and_the_next_one_takes_over() -> None:
    site = Site(failsafe=Watts(500.0))
    site.taken(Activate(Watts(1460.0)), MQTT)
    site.taken(Activate(Watts(2920.0)), MODBUS)
    for _ in range(15):
        site.controller.loop.listen({MQTT: site.controller.now})
        site.wait(1)
    assert site.target == 2920.0
    for _ in range(8):
        site.controller.loop.listen({MQTT: site.controller.now})
        site.wait(1)
    assert site.target == 1460.0
    assert site.state.failsafe is None
    assert site.log.events[-1].message == (
        "Modbus has a setpoint no more: it is silent; MQTT is in command at 1.46 kW"
    )
    site.wait(22)
    failsafe: Any = site.state.failsafe
    assert (failsafe.front, failsafe.action, site.target) == (MQTT, FailsafeAction.POWER, 500.0)
    assert site.log.events[-1].message.startswith("MQTT silent since 2026-01-20T15:05:")
    [error, *_] = site.controller.loop.snapshot().errors
    assert error.startswith("MQTT has been silent since 2026-01-20T15:05:")
    site.taken(Activate(Watts(1460.0)), MQTT)
    assert site.target == 1460.0
    assert site.state.failsafe is None


def test_what_a_protocol_finds_lost_falls_back_at_once_and_without_a_time_out() -> None:
    site = Site(failsafe="standby")
    site.controller.loop._rules = replace(site.rules, ems_timeout=Seconds(0.0))
    site.taken(Activate(Watts(2920.0)), MODBUS)
    site.wait(3)
    site.loses(MODBUS)
    assert (site.target, site.state.failsafe is not None) == (None, True)
    site.taken(Activate(Watts(2920.0)), MODBUS)
    site.wait(60)
    assert site.target == 2920.0
    assert site.state.failsafe is None


def test_a_failsafe_that_holds_lets_the_front_go_and_another_in() -> None:
    site = Site()
    site.taken(Activate(Watts(2920.0)), MODBUS)
    site.wait(25)
    assert (site.target, dict(site.state.setpoints)) == (2920.0, {})
    site.taken(Release(), MODBUS)
    assert site.target is None
    assert site.state.failsafe is None
    site.taken(Activate(Watts(2920.0)), MODBUS)
    site.wait(25)
    assert site.state.failsafe is not None
    site.taken(Activate(Watts(500.0)), MQTT)
    assert site.target == 500.0
    assert site.state.failsafe is None


@pytest.mark.parametrize("says", [REST, MQTT])
def test_a_priority_that_is_set_otherwise_counts_from_the_next_word_also_one_that_was_said_before(
    says: Source,
) -> None:
    site = Site()
    powers = {REST: Watts(2920.0), MQTT: Watts(500.0)}
    for front, power in powers.items():
        site.taken(Activate(power), front)
    site.controller.loop._rules = replace(site.rules, priority=priority_of(("mqtt", "rest")))
    site.taken(Activate(powers[says]), says)
    order = site.state.order
    assert order is not None
    assert (order.source, order.target) == (MQTT, 500.0)
    before = len(site.log.events)
    for front, power in powers.items():
        site.taken(Activate(power), front)
    assert len(site.log.events) == before  # heartbeats again


@pytest.mark.parametrize("first", [Source.SCHEDULE, REST])
def test_setpoints_that_end_while_nothing_can_be_recorded_end_all_the_same(
    first: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that waits does not keep the one in force from its end."""
    site = Site()
    other = REST if first is Source.SCHEDULE else Source.SCHEDULE
    powers = {REST: Watts(2920.0), Source.SCHEDULE: Watts(1460.0)}
    for front, seconds in ((first, 5), (other, 10)):
        site.taken(Activate(powers[front], WallTime(site.now + seconds)), front)

    def stands_still(*_args: Any, **_fields: Any) -> None:
        raise LogUnavailable("The log stands still.")

    monkeypatch.setattr(site.log, "record", stands_still)
    monkeypatch.setattr(site.log, "check", stands_still)
    site.wait(12)
    state = site.controller.loop.view().state
    assert state.order is not None
    assert (state.order.target, dict(state.setpoints)) == (None, {})


def test_nothing_is_recorded_of_a_front_that_lets_go_of_nothing() -> None:
    site = Site()
    before = len(site.log.events)
    for _ in range(3):
        assert site.taken(Release(), S2).message == "S2 has no setpoint: nothing changes"
    assert len(site.log.events) == before


def test_the_server_s_own_word_for_a_silent_front_is_no_word_of_it() -> None:
    site = Site()
    site.taken(Activate(Watts(500.0)), MQTT)
    site.taken(Activate(Watts(2920.0)), REST)
    said = site.state.last_ems_command
    for _ in range(25):
        site.controller.loop.listen({MQTT: site.controller.now})
        site.wait(1)
    assert (site.target, site.state.last_ems_command) == (500.0, said)


def test_setpoints_of_all_fronts_are_capped_by_the_least_of_all_limits() -> None:
    site = Site()
    site.taken(SetLimit("site", Watts(1460.0)), OPERATOR)
    told = site.taken(Activate(Watts(2920.0)), REST)
    assert told.message.endswith("limits leave 1.46 kW of the 2.92 kW ordered")
    assert site.target == 2920.0
    site.taken(Activate(Watts(2920.0)), MQTT)
    assert site.taken(Release(), REST).message.endswith(
        "MQTT is in command at 2.92 kW; limits leave 1.46 kW of the 2.92 kW ordered"
    )


def test_priorities_are_named_as_the_setting_names_them() -> None:
    named = priority_of(("schedule", "rest"))
    assert named[:3] == (Source.SCHEDULE, Source.PRICE, REST)
    assert sorted(named) == sorted(FRONTS)
