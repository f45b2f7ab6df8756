import math
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from netstab.schedules.in_force import InForce, Plans, Site, in_force, outlook
from netstab.schedules.interval import Interval, Kind
from netstab.schedules.price_rule import NONE
from netstab.schedules.prices import PriceRule, Prices, Rate
from netstab.schedules.schedule import Day, Otherwise, Schedule, Weekly
from netstab.units import Seconds, WallTime, Watts

HOUR = 3600.0
T0 = datetime.fromisoformat("2026-12-01T00:00:00Z").timestamp()
SITE = Site(Watts(1_000_000.0), Watts(50_000.0), Seconds(10.0), Seconds(60.0), "one")


def planned(begin: float, end: float, kind: Kind, kilowatts: float, priority: int = 0) -> Interval:
    return Interval(
        WallTime(T0 + begin * HOUR), WallTime(T0 + end * HOUR), kind, Watts(1000 * kilowatts), priority
    )


def limit(begin: float, end: float, kilowatts: float) -> Interval:
    return planned(begin, end, Kind.LIMIT, kilowatts)


def setpoint(begin: float, end: float, kilowatts: float, priority: int = 0) -> Interval:
    return planned(begin, end, Kind.SETPOINT, kilowatts, priority)


def found(plans: Plans, seconds: float) -> InForce:
    return in_force(plans, WallTime(T0 + seconds))


def powers(plans: Plans, seconds: float) -> tuple[float | None, float | None]:
    what = found(plans, seconds)
    return (
        None if what.setpoint is None else what.setpoint.power / 1000,
        None if what.limit is None else what.limit.power / 1000,
    )


def test_of_limits_the_lowest_holds_and_of_setpoints_the_priority_then_the_later_entered() -> None:
    plans = Plans(
        Schedule(
            (
                *(limit(0, 4, 500), limit(1, 2, 300)),
                *(setpoint(0, 4, 100, 1), setpoint(0, 4, 200), setpoint(1, 2, 400, 1)),
            )
        )
    )
    assert powers(plans, 0.5 * HOUR) == (100, 500)
    assert powers(plans, 1.5 * HOUR) == (400, 300)
    assert powers(plans, 5 * HOUR) == (None, None)


def test_a_dated_interval_counts_as_entered_after_the_weekly_rules() -> None:
    weekly = Weekly(tuple(Day), "00:00", "24:00", Kind.SETPOINT, Watts(1.0))
    plans = Plans(Schedule((setpoint(0, 1, 100),), (weekly,)))
    assert (powers(plans, 0), powers(plans, HOUR)) == ((100, None), (0.001, None))


def test_power_is_down_at_the_start_and_up_no_earlier_than_the_end() -> None:
    plans = Plans(Schedule((limit(1, 2, 0),)), site=SITE)
    lead, delay = 1000 / 50 + 10, SITE.delay(limit(1, 2, 0))
    assert 0 <= delay < 60
    assert powers(plans, HOUR - lead - 1) == (None, None)
    assert powers(plans, HOUR - lead) == (None, 0)
    assert powers(plans, 2 * HOUR + delay - 0.5) == (None, 0)
    assert powers(plans, 2 * HOUR + delay) == (None, None)


def test_sites_return_at_times_of_their_own_and_always_at_the_same() -> None:
    event = limit(1, 2, 0)
    delays = {replace(SITE, name=str(each)).delay(event) for each in range(50)}
    assert len(delays) == 50
    assert max(delays) < 60
    assert SITE.delay(event) == SITE.delay(event) != SITE.delay(limit(1, 3, 0))


def test_a_setpoint_that_is_lower_begins_early_and_a_higher_one_at_its_start() -> None:
    plans = Plans(Schedule((setpoint(0, 1, 800), setpoint(1, 2, 200), setpoint(2, 3, 900))), site=SITE)
    assert powers(plans, HOUR - 27) == (800, None)
    assert powers(plans, HOUR - 26) == (200, None)
    assert powers(plans, 2 * HOUR - 1) == (200, None)
    assert powers(plans, 2 * HOUR) == (900, None)


def test_a_setpoint_after_nothing_begins_early_only_where_others_ask_for_more() -> None:
    """From standby power goes up: it would be drawn before it is to be."""
    plans = Plans(Schedule((setpoint(1, 2, 200),)), site=SITE)
    assert (powers(plans, HOUR - 1), powers(plans, HOUR)) == ((None, None), (200, None))
    above = replace(plans, site=replace(SITE, elsewhere=Watts(800_000.0)))
    assert (powers(above, HOUR - 27), powers(above, HOUR - 26)) == ((None, None), (200, None))
    below = replace(plans, site=replace(SITE, elsewhere=Watts(100_000.0)))
    assert (powers(below, HOUR - 1), powers(below, HOUR)) == ((None, None), (200, None))


def test_what_holds_otherwise_follows_a_lower_setpoint_late_and_a_higher_one_at_once() -> None:
    otherwise = (Otherwise(Kind.SETPOINT, Watts(500_000.0)),)
    low = Plans(Schedule((setpoint(1, 2, 200),), otherwise=otherwise), site=SITE)
    high = Plans(Schedule((setpoint(1, 2, 900),), otherwise=otherwise), site=SITE)
    delay = SITE.delay(setpoint(1, 2, 200))
    assert powers(low, 0) == (500, None)
    assert powers(low, 2 * HOUR + delay / 2) == (200, None)
    assert powers(low, 2 * HOUR + delay) == (500, None)
    assert powers(high, 2 * HOUR) == (500, None)


def test_it_holds_until_the_next_change() -> None:
    plans = Plans(Schedule((limit(1, 2, 0),)))
    assert found(plans, 0).until == T0 + HOUR
    assert found(plans, HOUR).until == T0 + 2 * HOUR
    assert found(plans, 2 * HOUR).until is None


def test_a_price_has_its_say_beside_the_schedule() -> None:
    rates = (
        Rate(WallTime(T0), WallTime(T0 + HOUR), 0.05),
        Rate(WallTime(T0 + HOUR), WallTime(T0 + 9e4), 0.2),
    )
    plans = Plans(Schedule((limit(0, 2, 300),)), Prices(rates, PriceRule(off_above=0.1)))
    before, after = found(plans, 0), found(plans, HOUR)
    assert before.price is not None
    assert after.price is not None
    assert (before.price.worth, after.price.worth, after.price.rate) == (math.inf, NONE, rates[1])
    assert (before.until, after.limit) == (T0 + HOUR, before.limit)


kinds = st.sampled_from(Kind)
entries = st.builds(
    planned,
    st.integers(-5, 30),
    st.integers(31, 60),
    kinds,
    st.sampled_from([0.0, 100.0, 500.0, 1000.0, 2000.0]),
    st.integers(0, 2),
)
short = st.builds(
    lambda begin, length, kind, power: planned(begin / 60, (begin + length) / 60, kind, power),
    st.integers(0, 300),
    st.integers(1, 90),
    kinds,
    st.sampled_from([0.0, 250.0, 900.0]),
)
rules = st.builds(
    Weekly,
    st.lists(st.sampled_from(Day), min_size=1, unique=True).map(tuple),
    st.sampled_from(["00:00", "01:30", "02:30"]),
    st.sampled_from(["03:00", "24:00", "01:00"]),
    kinds,
    st.sampled_from([Watts(0.0), Watts(400_000.0)]),
)
otherwise = st.sampled_from([(), (Otherwise(Kind.SETPOINT, Watts(600_000.0)),)])
prices = st.lists(st.sampled_from([-1.0, 0.05, 0.2, 5.0]), max_size=8).map(
    lambda values: Prices(
        tuple(
            Rate(WallTime(T0 + place * 900), WallTime(T0 + place * 900 + 900), value)
            for place, value in enumerate(values)
        ),
        PriceRule(0.1, 3.0, 1.0, 0.06, 7.0, 3),
    )
)
schedules = st.builds(
    lambda dated, weekly, rest, zone: Schedule(tuple(dated), tuple(weekly), rest, zone),
    st.lists(entries | short, max_size=6),
    st.lists(rules, max_size=3),
    otherwise,
    st.sampled_from(["UTC", "America/Chicago", "Europe/Berlin"]),
)


@given(schedules, prices, st.floats(0, 6 * HOUR), st.floats(0, 1))
def test_the_fold_over_any_schedule_is_total_and_piecewise_constant(
    schedule: Schedule, series: Prices, after: float, share: float
) -> None:
    plans = Plans(schedule, series, site=SITE)
    begin, end = WallTime(T0 + after), WallTime(T0 + after + 3 * HOUR)
    segments = outlook(plans, begin, end)
    assert (segments[0].start, segments[-1].end) == (begin, end)
    assert all(one.end == other.start and one.what != other.what for one, other in pairwise(segments))
    for segment in segments:
        between = WallTime(segment.start + share * 0.999 * (segment.end - segment.start))
        what = in_force(plans, between)
        assert what._replace(until=None) == segment.what
        assert what.until is None or what.until > between
