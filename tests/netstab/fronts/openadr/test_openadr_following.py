"""The fleet follows what is in force: one command for each change of it, and nothing that is not its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from openadr_events import DRAW, NOON, event, setpoints
from stub_fleet import NOW, StubFleet, two_miners

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from events.commands import Activate, LiftLimit, Release, SetLimit, SetPrices
from events.state import FrontSetpoint, Limit, Order, Override, Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.fronts.link import Link
from netstab.fronts.openadr.documents import Event
from netstab.fronts.openadr.following import Following
from netstab.fronts.openadr.planned import Plan, read_plan
from netstab.fronts.openadr.pricing import Pricing
from netstab.schedules.prices import Rate
from netstab.units import Timestamp, WallTime, Watts

START = NOON / 1000
QUARTER = 900.0
RATED = 2920.0


class Site:
    """A stub of a fleet of 2.92 kW that keeps what OpenADR's setpoint is, as the fleet does."""

    def __init__(self) -> None:
        self.fleet = StubFleet(two_miners())
        self.board = FrontBoard(lambda: WallTime(NOW))
        self.board.enter("openadr", "VTN")
        self.link = Link("openadr", self.fleet, self.board, EnergyBoard(), lambda: Timestamp(NOW))
        self.following = Following(self.link, (75, 50, 0))
        self.taken = 0

    def follow(self, plan: Plan, at: float) -> list[Any]:
        """Follow at a moment in s after noon; return the commands that it took."""
        self.following.follow(plan, WallTime(START + at))
        new = [command for command, _, _ in self.fleet.given[self.taken :]]
        self.taken = len(self.fleet.given)
        for command in new:
            if isinstance(command, Activate):
                own = FrontSetpoint(
                    Source.OPENADR, command.power, command.until, "id", WallTime(START + at), 1, 1
                )
                self.change(setpoints={Source.OPENADR: own})
            elif isinstance(command, Release):
                self.change(setpoints={})
        return new

    def change(self, **changes: Any) -> None:
        state = replace(self.fleet.snapshot.state, **changes)
        self.fleet.snapshot = replace(self.fleet.snapshot, state=state)

    @property
    def clients(self) -> list[str]:
        return [client for _, _, client in self.fleet.given]

    @property
    def trouble(self) -> str:
        return self.board.statuses[0].error


def plan(*events: Event) -> Plan:
    return read_plan(events, (), DRAW)


def until(quarters: float) -> WallTime:
    return WallTime(START + quarters * QUARTER)


def of_type(kind: str, values: Sequence[float]) -> list[dict[str, Any]]:
    return [{"id": at, "payloads": [{"type": kind, "values": [value]}]} for at, value in enumerate(values)]


def relative(*values: float) -> Event:
    return event(
        intervalPeriod={"start": "2026-11-26T12:00:00Z", "duration": "PT15M"},
        intervals=of_type("DISPATCH_SETPOINT_RELATIVE", values),
    )


def level(*levels: int) -> Event:
    return event(
        id="s1",
        intervalPeriod={"start": "2026-11-26T12:00:00Z", "duration": "PT15M"},
        intervals=[
            {"id": number, "payloads": [{"type": "SIMPLE", "values": [value]}]}
            for number, value in enumerate(levels)
        ],
    )


def test_each_change_of_what_is_in_force_is_one_command_and_it_ends_by_itself_where_nothing_follows() -> None:
    site, asked = Site(), plan(setpoints(1, 2))
    assert site.follow(asked, -1) == []
    assert site.follow(asked, 0) == [Activate(Watts(1000), until(2))], "until nothing follows: no gap between"
    assert site.follow(asked, 1) == []
    assert site.follow(plan(setpoints(1, 2)), 2) == [], "another poll of the same"
    assert site.follow(asked, QUARTER) == [Activate(Watts(2000), until(2))]
    assert site.follow(asked, 2 * QUARTER) == []
    assert site.clients == ["openadr event e1 interval 0", "openadr event e1 interval 1"]


def test_an_event_that_is_gone_or_changed_is_cancelled_or_followed_as_it_is_now() -> None:
    site = Site()
    site.follow(plan(setpoints(1, 2)), 0)
    assert site.follow(plan(setpoints(2, 2)), 1) == [Activate(Watts(2000), until(2))]
    assert site.follow(plan(), 2) == [Release()]
    assert site.clients[-1] == "openadr event e1 interval 0 is over"
    assert site.follow(plan(), 3) == []


def test_nothing_is_released_that_others_have_set() -> None:
    site = Site()
    other = FrontSetpoint(Source.MQTT, Watts(1000), None, "id", WallTime(START), 1, 1)
    site.change(setpoints={Source.MQTT: other})
    assert site.follow(plan(), 0) == []


def test_a_setpoint_above_rated_is_clamped_and_said_so() -> None:
    site = Site()
    assert site.follow(plan(setpoints(9)), 0) == [Activate(Watts(RATED), until(1))]
    assert site.clients == ["openadr event e1 interval 0, 9 kW clamped to rated"]
    assert site.trouble == "openadr event e1 interval 0, 9 kW clamped to rated."


def test_levels_and_capacity_are_limits_of_their_own_and_a_level_of_0_lifts_it() -> None:
    site = Site()
    capacity = event(
        id="c1",
        intervalPeriod={"start": "2026-11-26T12:00:00Z", "duration": "PT45M"},
        intervals=[{"id": 0, "payloads": [{"type": "IMPORT_CAPACITY_LIMIT", "values": [2.5]}]}],
    )
    asked = plan(level(1, 3, 0), capacity)
    assert site.follow(asked, 0) == [
        SetLimit("openadr", Watts(2500), until(3)),
        SetLimit("openadr-simple", Watts(2190), until(2)),
    ]
    assert site.follow(asked, QUARTER) == [SetLimit("openadr-simple", Watts(0), until(2))]
    assert site.clients[-1] == "openadr event s1 interval 1 level 3"
    assert site.follow(asked, 2 * QUARTER) == [], "it has ended by itself"


@pytest.mark.parametrize(("value", "power"), [(-1, 1500), (1, RATED), (-9, 0)])
def test_a_change_is_of_the_setpoint_at_its_start_and_stays_what_it_was(value: float, power: float) -> None:
    site = Site()
    site.change(order=Order(Watts(2500), "id", Source.EMS, 1, WallTime(START)))
    asked = plan(relative(value, value))
    assert site.follow(asked, 0) == [Activate(Watts(power), until(2))]
    site.change(order=Order(Watts(power), "id", Source.OPENADR, 1, WallTime(START)))
    assert site.follow(asked, 1) == []
    assert site.follow(asked, QUARTER) == [Activate(Watts(power), until(2))], "of that without OpenADR"


def test_a_change_before_any_order_is_of_what_is_drawn() -> None:
    site = Site()
    assert site.fleet.snapshot.state.order is None
    drawn = site.fleet.snapshot.active_power
    assert site.follow(plan(relative(-1)), 0) == [Activate(Watts(drawn - 1000), until(1))]


def test_each_change_is_of_what_others_want_at_its_own_start() -> None:
    site = Site()
    site.change(order=Order(Watts(2500), "id", Source.EMS, 1, WallTime(START)))
    asked = plan(relative(-1, -0.2))
    assert site.follow(asked, 0) == [Activate(Watts(1500), until(2))]
    own = site.fleet.snapshot.state.setpoints
    ems = FrontSetpoint(Source.EMS, Watts(2000), None, "id", WallTime(START), 1, 1)
    site.change(setpoints={**own, Source.EMS: ems})
    assert site.follow(asked, 1) == [], "within an interval it stays"
    assert site.follow(asked, QUARTER) == [Activate(Watts(1800), until(2))]


def test_a_change_is_of_whom_of_the_others_would_be_in_command() -> None:
    site = Site()
    site.change(order=Order(Watts(2500), "id", Source.EMS, 1, WallTime(START)))
    asked = plan(relative(-1, -0.2))
    site.follow(asked, 0)
    stopped = FrontSetpoint(Source.EMS, None, None, "id", WallTime(START), 1, 1)
    begun_since = FrontSetpoint(Source.MQTT, Watts(2000), None, "id", WallTime(START), 2, 2)
    own = site.fleet.snapshot.state.setpoints
    site.change(setpoints={**own, Source.EMS: stopped, Source.MQTT: begun_since})
    assert site.follow(asked, QUARTER) == [Activate(Watts(1800), until(2))]


def test_a_restart_within_an_interval_says_nothing_again() -> None:
    for asked in (plan(setpoints(1, 2)), plan(relative(-1, 0))):
        before, after = Site(), Site()
        before.change(order=Order(Watts(2500), "id", Source.EMS, 1, WallTime(START)))
        before.follow(asked, 1)
        after.change(setpoints=before.fleet.snapshot.state.setpoints)
        assert after.follow(asked, 2) == []


def test_an_override_is_no_reason_to_ask_again_and_again_and_its_end_is_one_to_ask_once() -> None:
    site, asked = Site(), plan(setpoints(1, 2))
    site.fleet.refuse_with = CommandRejected(ErrorCode.MANUAL_OVERRIDE, "An operator is in command.")
    site.change(override=Override(None, "id", WallTime(START)))
    tried: list[str] = []
    site.following.follow(asked, WallTime(START))
    tried.append(site.trouble)
    site.fleet.refuse_with = AssertionError("asked again")
    for seconds in range(1, 600, 5):
        assert site.follow(asked, seconds) == []
    assert tried == ["activate was refused: An operator is in command."]
    site.fleet.refuse_with = None
    site.change(override=None)
    assert site.follow(asked, 700) == [Activate(Watts(1000), until(2))]
    site.change(override=Override(None, "id", WallTime(START)), setpoints={})
    assert site.follow(asked, 701) == []
    site.change(override=None)
    assert site.follow(asked, 702) == [Activate(Watts(1000), until(2))]


def test_an_operators_order_stands_until_something_else_is_asked_for() -> None:
    site, asked = Site(), plan(setpoints(1, 2))
    site.follow(asked, 0)
    site.change(setpoints={})
    assert site.follow(asked, 10) == []
    assert site.follow(asked, QUARTER) == [Activate(Watts(2000), until(2))]


def test_what_is_refused_is_said_again_after_a_pause_that_grows() -> None:
    site, asked = Site(), plan(setpoints(1))
    asked_at: list[int] = []

    for second in range(60):
        site.fleet.refuse_with = CommandRejected(ErrorCode.LOG_UNAVAILABLE, f"The disk is full: {second}.")
        before = site.trouble
        site.follow(asked, second)
        if site.trouble != before:
            asked_at.append(second)
    assert asked_at == [0, 2, 6, 14, 30]
    site.fleet.refuse_with = None
    assert site.follow(asked, 62) == [Activate(Watts(1000), until(1))]


def test_what_is_new_is_said_at_once_whatever_was_refused_before() -> None:
    site = Site()
    site.fleet.refuse_with = CommandRejected(ErrorCode.LOG_UNAVAILABLE, "The disk is full.")
    site.follow(plan(setpoints(1)), 0)
    site.fleet.refuse_with = None
    assert site.follow(plan(setpoints(1)), 1) == [], "the same waits"
    assert site.follow(plan(setpoints(2)), 1) == [Activate(Watts(2000), until(1))]


def test_a_limit_is_lifted_where_its_event_is_gone() -> None:
    site = Site()
    endless = {"intervalPeriod": {"start": "0001-01-01", "duration": "P9999Y"}}
    payloads = [{"type": "IMPORT_CAPACITY_LIMIT", "values": [1]}]
    [limit] = site.follow(plan(event(**endless, intervals=[{"id": 0, "payloads": payloads}])), 0)
    assert limit == SetLimit("openadr", Watts(1000), None)
    held = Limit("openadr", Watts(1000), None, "id", WallTime(START), 1)
    site.change(limits={"openadr": held})
    assert site.follow(plan(), 1) == [LiftLimit("openadr")]


def test_prices_are_handed_on_once_and_again_where_they_change() -> None:
    site = Site()
    pricing = Pricing(site.link)

    def priced(*values: float) -> Plan:
        intervals = [
            {"id": number, "payloads": [{"type": "PRICE", "values": [value]}]}
            for number, value in enumerate(values)
        ]
        period = {"start": "2026-11-26T12:00:00Z", "duration": "PT1H"}
        return plan(event(intervalPeriod=period, intervals=intervals))

    def told() -> list[Any]:
        return [command.rates for command, _, _ in site.fleet.given if isinstance(command, SetPrices)]

    pricing.look(plan(), WallTime(START))
    assert told() == []
    for seconds in (0, 30, 3700):
        pricing.look(priced(0.1, 0.1, -0.02), WallTime(START + seconds))
    hour = 3600
    assert told() == [
        (
            Rate(WallTime(START), WallTime(START + 2 * hour), 0.1),
            Rate(WallTime(START + 2 * hour), WallTime(START + 3 * hour), -0.02),
        )
    ]
    pricing.look(plan(), WallTime(START + 4000))
    assert told()[1:] == [()]
