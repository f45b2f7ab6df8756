"""What the front of the schedule says, in virtual time, to a fleet that keeps what it is told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from stub_fleet import NOW, StubFleet, two_miners

from actors.energy_board import EnergyBoard
from actors.front_board import FrontBoard
from actors.messages import CommandResult
from actors.planned import PRICE, SCHEDULE, plans_of
from actors.port import Sender
from actors.snapshot import FleetSnapshot
from events.commands import Activate, Command, LiftLimit, Release, SetLimit
from events.state import FrontSetpoint, Limit, Order, Override, Source
from netstab.errors import CommandRejected, ErrorCode
from netstab.fronts.link import Link
from netstab.fronts.schedule.front import ScheduleFront
from netstab.schedules.in_force import outlook
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.prices import PriceRule, Prices, Rate
from netstab.schedules.schedule import Otherwise, Schedule
from netstab.units import Seconds, Timestamp, WallTime, Watts

HOUR = 3600.0


def planned(begin: float, end: float, kind: Kind, power: float, reason: str = "") -> Interval:
    return Interval(WallTime(NOW + begin), WallTime(NOW + end), kind, Watts(power), reason=reason)


@dataclass
class Fleet(StubFleet):
    """Keeps setpoints and limits, as the log would."""

    at: Timestamp = NOW
    said: list[tuple[Command, Source, str]] = field(default_factory=list)

    def submit(self, command: Command, source: Source, sender: Sender) -> CommandResult:
        if self.refuse_with is not None:
            self.said.append((command, source, sender.address))
            raise self.refuse_with
        self.said.append((command, source, sender.address))
        state, wall = self.snapshot.state, WallTime(self.at)
        setpoints, limits = dict(state.setpoints), dict(state.limits)
        version = state.version + 1
        match command:
            case Activate(power):
                setpoints[source] = FrontSetpoint(source, power, None, "", wall, version, version)
            case Release():
                del setpoints[source]
            case SetLimit(name, power, until, efficiency):
                limits[name] = Limit(name, power, until, "", wall, version, efficiency)
            case LiftLimit(name):
                del limits[name]
        self.put(version=version, setpoints=MappingProxyType(setpoints), limits=MappingProxyType(limits))
        return CommandResult("", version, "")

    def put(self, **changes: Any) -> None:
        self.snapshot = replace(self.snapshot, state=replace(self.snapshot.state, **changes))


class Site:
    """A front beside a fleet, and a clock that is moved."""

    def __init__(self, schedule: Schedule, prices: Prices = Prices(), stagger: float = 0.0) -> None:  # noqa: B008
        self.fleet = Fleet(two_miners())
        rules = replace(self.fleet.snapshot.view.rules, return_within=Seconds(stagger), fleet_id="a site")
        view = replace(self.fleet.snapshot.view, rules=rules)
        self.fleet.snapshot = replace(self.fleet.snapshot, view=view)
        self.fleet.put(schedule=replace(schedule, version=5), prices=prices)
        self.board = FrontBoard(lambda: WallTime(self.fleet.at))
        self.board.enter("schedule", "")
        self.restart()

    def restart(self) -> None:
        self.front = ScheduleFront()
        self.link = Link("schedule", self.fleet, self.board, EnergyBoard(), lambda: self.fleet.at)

    def after(self, seconds: float) -> list[Command]:
        """Have it that late, and return what is said then."""
        said = len(self.fleet.said)
        self.fleet.at = Timestamp(NOW + seconds)
        self.front.tick(self.link)
        return [command for command, _, _ in self.fleet.said[said:]]

    @property
    def cause(self) -> str:
        return self.fleet.said[-1][2]

    def lead(self, interval: Interval) -> float:
        return plans_of(self.snapshot).site.lead(interval)

    @property
    def snapshot(self) -> FleetSnapshot:
        return self.fleet.snapshot


def test_only_changes_are_said_each_with_the_interval_that_causes_it() -> None:
    event = planned(HOUR, 2 * HOUR, Kind.LIMIT, 1000.0, "4CP watch")
    site = Site(Schedule((event,), otherwise=(Otherwise(Kind.SETPOINT, Watts(2000.0)),)))
    assert site.after(0) == [Activate(Watts(2000.0))]
    assert site.fleet.said[-1][1:] == (Source.SCHEDULE, "schedule otherwise")
    assert site.after(1) == site.after(60) == []
    down = HOUR - site.lead(event)
    assert down <= HOUR - 30
    assert site.after(down - 1) == []
    assert site.after(down) == [SetLimit(SCHEDULE, Watts(1000.0))]
    assert site.cause == "schedule 2026-01-20T15:30Z to 2026-01-20T16:30Z 4CP watch"
    assert site.after(2 * HOUR - 1) == []
    assert site.after(2 * HOUR) == [LiftLimit(SCHEDULE)]
    assert site.cause == "schedule 2026-01-20T15:30Z to 2026-01-20T16:30Z 4CP watch is over"


def test_a_restart_within_an_interval_says_nothing_again() -> None:
    site = Site(Schedule((planned(0, HOUR, Kind.LIMIT, 0.0), planned(0, HOUR, Kind.SETPOINT, 500.0))))
    assert site.after(0) == [Activate(Watts(500.0)), SetLimit(SCHEDULE, Watts(0.0))]
    site.restart()
    assert site.after(10) == []
    site.restart()
    assert site.after(HOUR) == [Release(), LiftLimit(SCHEDULE)]


def test_a_setpoint_above_rated_is_clamped_to_it() -> None:
    site = Site(Schedule(otherwise=(Otherwise(Kind.SETPOINT, Watts(9e9)),)))
    assert site.after(0) == [Activate(site.snapshot.rated_power)]
    assert site.after(1) == []


def test_it_yields_to_an_override_and_says_what_is_in_force_once_that_ends() -> None:
    site = Site(Schedule(otherwise=(Otherwise(Kind.SETPOINT, Watts(2000.0)),)))
    site.after(0)
    operators = Order(Watts(0.0), "", Source.DASHBOARD, 20, WallTime(NOW + 10))
    site.fleet.put(override=Override(Watts(0.0), "", WallTime(NOW + 10)), order=operators, setpoints={})
    assert site.after(10) == site.after(100) == []
    site.fleet.put(override=None)
    assert site.after(101) == [Activate(Watts(2000.0))]
    assert site.after(102) == []


def test_an_operators_order_stands_until_something_else_is_planned() -> None:
    later = planned(HOUR, 2 * HOUR, Kind.SETPOINT, 2500.0)
    site = Site(Schedule((later,), otherwise=(Otherwise(Kind.SETPOINT, Watts(2000.0)),)))
    site.after(0)
    site.fleet.put(order=Order(Watts(0.0), "", Source.DASHBOARD, 20, WallTime(NOW + 10)), setpoints={})
    assert site.after(11) == site.after(HOUR - 1) == []
    assert site.after(HOUR) == [Activate(Watts(2500.0))]


def test_the_order_of_another_front_is_no_reason_to_say_nothing() -> None:
    site = Site(Schedule(otherwise=(Otherwise(Kind.SETPOINT, Watts(2000.0)),)))
    site.fleet.put(order=Order(Watts(0.0), "", Source.EMS, 20, WallTime(NOW + 10)))
    assert site.after(11) == [Activate(Watts(2000.0))]


def test_what_is_refused_is_said_again_after_a_pause_that_grows() -> None:
    site = Site(Schedule(otherwise=(Otherwise(Kind.SETPOINT, Watts(2000.0)),)))
    site.fleet.refuse_with = CommandRejected(ErrorCode.FLEET_OFFLINE, "Fleet is offline.")
    moments = [second for second in range(200) if site.after(second)]
    assert moments == [0, 2, 6, 14, 30, 62, 122, 182]
    [status] = site.board.statuses
    assert "Fleet is offline." in (status.error or "")
    site.fleet.refuse_with = None
    assert site.after(243) == [Activate(Watts(2000.0))]


def test_a_schedule_that_was_never_entered_lifts_nobodys_limit() -> None:
    site = Site(Schedule())
    site.fleet.submit(SetLimit(SCHEDULE, Watts(1.0)), Source.DASHBOARD, Sender(""))
    site.fleet.put(schedule=Schedule())
    assert site.after(0) == []
    site.fleet.put(schedule=Schedule(version=9))
    assert site.after(1) == [LiftLimit(SCHEDULE)]


def test_a_price_limits_to_the_units_that_are_worth_running() -> None:
    rates = tuple(
        Rate(WallTime(NOW + each * HOUR), WallTime(NOW + (each + 1) * HOUR), value)
        for each, value in enumerate([0.01, 0.5, 0.01])
    )
    site = Site(Schedule(), Prices(rates, PriceRule(), 40.0, version=6))
    assert site.after(0) == []
    assert site.after(HOUR) == [SetLimit(PRICE, Watts(0.0), None, 0.0)]
    assert site.fleet.said[-1][1:] == (Source.PRICE, "price 0.5 per kWh from 2026-01-20T15:30Z")
    assert site.after(HOUR + 20) == []
    assert site.after(2 * HOUR) == [LiftLimit(PRICE)]


edges = st.integers(0, 12).map(lambda each: each * 900.0)
entries = st.builds(
    lambda begin, length, kind, power: planned(begin, begin + length, kind, power),
    edges,
    st.sampled_from([30.0, 900.0, 4000.0]),
    st.sampled_from(Kind),
    st.sampled_from([0.0, 800.0, 1500.0, 2500.0]),
)
series = st.lists(st.sampled_from([-0.1, 0.02, 0.2]), max_size=10).map(
    lambda values: Prices(
        tuple(
            Rate(WallTime(NOW + each * 900), WallTime(NOW + each * 900 + 900), value)
            for each, value in enumerate(values)
        ),
        PriceRule(0.1, 5.0, None, 0.05, 8.0, 2),
        48.0,
        version=6,
    )
)


@given(st.lists(entries, max_size=4), st.booleans(), series)
def test_what_the_outlook_says_is_what_then_happens(
    dated: list[Interval], otherwise: bool, prices: Prices
) -> None:
    rest = (Otherwise(Kind.SETPOINT, Watts(2000.0)),) if otherwise else ()
    site = Site(Schedule(tuple(dated), otherwise=rest), prices, stagger=60.0)
    plans = plans_of(site.snapshot)
    for segment in outlook(plans, WallTime(NOW), WallTime(NOW + 4 * HOUR)):
        for at in (segment.start, min(segment.start + 1, segment.end - 0.001), segment.end - 0.001):
            site.after(at - NOW)
            state, what = site.snapshot.state, segment.what
            setpoint, limits = state.setpoints.get(Source.SCHEDULE), powers(state.limits)
            wanted = None if what.setpoint is None else what.setpoint.power
            assert (None if setpoint is None else setpoint.target) == wanted
            assert limits.get(SCHEDULE) == (None if what.limit is None else what.limit.power)
            worth = math.inf if what.price is None else what.price.worth
            judged = state.limits.get(PRICE)
            assert (math.inf if judged is None else judged.efficiency) == worth


def powers(limits: Mapping[str, Limit]) -> dict[str, Watts]:
    return {name: limit.power for name, limit in limits.items()}


def test_what_other_ways_in_ask_for_is_known_and_their_standby_asks_for_nothing() -> None:
    snapshot = two_miners()
    for target, elsewhere in ((Watts(1500.0), 1500.0), (None, 0.0)):
        said = {
            source: FrontSetpoint(source, power, None, "id", WallTime(NOW), version, version)
            for version, (source, power) in enumerate(
                ((Source.SCHEDULE, Watts(2000.0)), (Source.MQTT, target)), 5
            )
        }
        asked = replace(snapshot, state=replace(snapshot.state, setpoints=said))
        assert plans_of(asked).site.elsewhere == elsewhere
