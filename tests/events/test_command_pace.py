"""How often what machines ask for may change: bounded whatever they do, and never in the way of a standby."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.authority import Spoken, said
from events.commands import Activate, Command, Deactivate, LiftLimit, Release, SetLimit, SetOverride
from events.pace import AT_ONCE, PER_SECOND, Pace, takes_turns
from events.state import FleetState, Limit, Source
from netstab.power.allocation import PowerMode
from netstab.units import Timestamp, WallTime, Watts

AT = WallTime(1_768_921_500.0)
STATE = FleetState(1, PowerMode.ON_OFF)


@given(st.lists(st.floats(0.0, 20.0, allow_subnormal=False), max_size=200))
def test_no_sequence_of_moments_makes_more_changes_than_the_store_and_what_fills_it(
    waits: list[float],
) -> None:
    pace, now, made = Pace(MappingProxyType({Source.MQTT: (5.0, Timestamp(0.0))})), 0.0, 0
    for wait in waits:
        now += wait
        if pace.left(Source.MQTT, Timestamp(now)) >= 1:
            pace, made = pace.after(Source.MQTT, Timestamp(now)), made + 1
    assert made <= 5 + PER_SECOND * now + 1e-6


def test_each_source_has_a_store_of_its_own_that_fills_again_and_no_further() -> None:
    pace, now = Pace(), Timestamp(100.0)
    for _ in range(AT_ONCE):
        pace = pace.after(Source.EMS, now)
    assert (pace.left(Source.EMS, now), pace.left(Source.MQTT, now)) == (0, AT_ONCE)
    assert pace.left(Source.EMS, Timestamp(101.0)) == PER_SECOND
    assert pace.left(Source.EMS, Timestamp(1e6)) == AT_ONCE


@pytest.mark.parametrize(
    "command",
    [Deactivate(), Release(), Activate(Watts(0.0)), SetLimit("grid", Watts(0.0)), SetOverride(True, None)],
)
def test_what_stops_the_fleet_never_waits_for_its_turn(command: Command) -> None:
    assert not takes_turns(STATE, command, Source.MQTT, AT)


@pytest.mark.parametrize(
    "command",
    [
        Activate(Watts(1.0)),
        SetLimit("grid", Watts(1.0)),
        LiftLimit("grid"),
        Activate(Watts(0.0), WallTime(AT + 60)),
        SetLimit("grid", Watts(0.0), WallTime(AT + 60)),
    ],
)
def test_what_changes_nothing_but_an_end_waits_like_what_raises(command: Command) -> None:
    limit = Limit("grid", Watts(0.0), None, "one", AT, 1)
    setpoints = said({}, Source.MQTT, Watts(0.0), None, Spoken("one", 1, AT))
    stopped = replace(STATE, setpoints=setpoints, limits=MappingProxyType({"grid": limit}))
    assert takes_turns(stopped, command, Source.MQTT, AT)
