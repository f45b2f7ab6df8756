import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.trend import Ordered, aim, remembered
from netstab.units import Seconds, Timestamp, Watts


def signal(*targets: int, every: int = 4) -> tuple[Ordered, ...]:
    orders: tuple[Ordered, ...] = ()
    for place, target in enumerate(targets):
        orders = remembered(orders, Ordered(Timestamp(place * every), Watts(target)))
    return orders


def aimed(orders: tuple[Ordered, ...], wake: float = 8.0, later: float = 0.0) -> float:
    last = orders[-1]
    return aim(last.target, orders, Seconds(wake), 5.0, Timestamp(last.at + later))


def test_a_rising_signal_is_met_where_it_will_be() -> None:
    assert aimed(signal(40_000, 40_400, 40_800, 41_200)) == pytest.approx(42_000)


def test_it_never_goes_beyond_the_tolerance_band() -> None:
    assert aimed(signal(20_000, 30_000, 40_000)) == pytest.approx(42_000)


@pytest.mark.parametrize(
    "orders", [signal(41_000, 40_500, 40_000), signal(40_000, 41_000), signal(40_000, 40_000, 40_000)]
)
def test_what_does_not_rise_is_taken_as_it_is(orders: tuple[Ordered, ...]) -> None:
    assert aimed(orders) == orders[-1].target


def test_a_signal_that_falls_silent_is_a_setpoint() -> None:
    orders = signal(40_000, 40_400, 40_800)
    assert aimed(orders, later=5) > 40_800
    assert aimed(orders, later=7) == 40_800


def test_a_fleet_that_wakes_slowly_does_not_look_ahead() -> None:
    assert aimed(signal(40_000, 40_400, 40_800), wake=95) == 40_800


@given(
    st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 1e6)), min_size=1, max_size=20),
    st.floats(0, 300),
    st.floats(0, 30),
)
def test_an_aim_lies_between_the_target_and_the_end_of_its_band(
    steps: list[tuple[float, ...]], wake: float, later: float
) -> None:
    orders: tuple[Ordered, ...] = ()
    now = 0.0
    for pause, target in steps:
        now += pause
        orders = remembered(orders, Ordered(Timestamp(now), Watts(target)))
    found = aimed(orders, wake, later)
    assert orders[-1].target <= found <= orders[-1].target * 1.05 + 1e-6
