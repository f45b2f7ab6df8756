from hypothesis import given
from hypothesis import strategies as st

from netstab.power.unit import COMMON_IDLE_POWER, Capabilities, OperatingPoint, PowerRange, Unit
from netstab.units import GigahashPerSecond, MinerId, Watts

STEPS = tuple(
    OperatingPoint(Watts(power), GigahashPerSecond(power * 10), setting)
    for setting, power in ((300, 600.0), (500, 1000.0), (650, 1460.0))
)
RANGE = PowerRange(Watts(2000.0), Watts(3400.0), Watts(50.0), GigahashPerSecond(100_000.0))


def a_unit(capabilities: Capabilities, rated: float, factor: float = 1.0) -> Unit:
    return Unit(MinerId("127.0.0.1"), capabilities, Watts(rated), None, None, 0.0, power_factor=factor)


def test_a_unit_draws_its_rating_at_its_full_point_and_what_it_was_found_to_draw_of_it() -> None:
    unit = a_unit(Capabilities(steps=STEPS), 1400.0, 0.9)
    assert unit.power_at(unit.full_point) == 1260.0


def test_a_rating_scales_every_point() -> None:
    assert a_unit(Capabilities(steps=STEPS), 730.0).power_at(STEPS[1]) == 500.0


def test_a_unit_that_sleeps_draws_what_it_says_and_else_what_others_were_seen_to() -> None:
    assert Capabilities(switchable=True, asleep=Watts(13.0)).idle_power == 13.0
    assert Capabilities(switchable=True, asleep=Watts(0.0)).idle_power == 0.0
    assert Capabilities(switchable=True).idle_power == COMMON_IDLE_POWER > 0.0
    assert Capabilities(steps=STEPS).idle_power == Capabilities().idle_power == 0.0


def test_of_an_unknown_point_the_rating_is_all_that_is_known() -> None:
    assert a_unit(Capabilities(), 3250.0).power_at(None) == 3250.0


def test_numeric_settings_between_and_beyond_the_steps_are_estimated() -> None:
    capabilities = Capabilities(steps=STEPS)
    points = [capabilities.point_of(each) for each in (400, 650, 700)]
    assert [point and point.power for point in points] == [800.0, 1460.0, 1460 + 460 / 3]


def test_a_profile_that_is_not_listed_says_nothing_of_power() -> None:
    assert Capabilities(steps=STEPS).point_of("turbo") is None


def test_what_has_one_point_is_at_it_whatever_it_says_that_it_is_set_to() -> None:
    switched = Capabilities(switchable=True, steps=STEPS[:1])
    assert [switched.point_of(each) for each in (300, 400, "turbo")] == [STEPS[0]] * 3


@given(st.floats(-1e6, 1e6))
def test_a_range_takes_any_power_to_its_nearest_step_within_its_bounds(power: float) -> None:
    point = RANGE.point(Watts(power))
    bounded = min(max(power, RANGE.lowest), RANGE.highest)
    assert RANGE.lowest <= point.power <= RANGE.highest
    assert abs(point.power - bounded) <= RANGE.step / 2
    assert Capabilities(range=RANGE).point_of(point.setting) == point


def test_of_steps_those_are_left_that_can_be_reached_and_at_the_least_what_can_be_drawn() -> None:
    names = [(1000.0, "low"), (2000.0, "middle"), (3000.0, "high")]
    steps = tuple(OperatingPoint(Watts(power), GigahashPerSecond(power), name) for power, name in names)
    can = Capabilities(switchable=True, steps=steps, restarts_on_change=False)
    assert can.within(None) is can
    assert can.within(Watts(3000.0)) is can
    assert can.within(Watts(2500.0)).steps == steps[:2]
    (only,) = can.within(Watts(700.0)).steps
    assert (only.power, only.setting) == (700.0, "low")
