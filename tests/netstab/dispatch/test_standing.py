from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.standing import LONGEST, Standing
from netstab.units import Seconds, Timestamp, Watts

TOLERANCE = 5.0


def after(*orders: tuple[float, float]) -> Standing:
    standing = Standing()
    for at, target in orders:
        standing = standing.after(Watts(target), TOLERANCE, Timestamp(at))
    return standing


def expected(standing: Standing, now: float) -> Seconds:
    return standing.expected(Timestamp(now))


def test_a_first_target_tells_nothing_of_a_next_one() -> None:
    assert expected(after((10, 2000)), 10) == LONGEST


def test_a_signal_is_not_expected_to_stand() -> None:
    signal = after(*((4 * place, 2000 + 300 * (place % 3)) for place in range(100)))
    assert expected(signal, 396) == Seconds(4.0)


def test_what_stands_on_is_expected_to_stand_for_as_long_again() -> None:
    signal = after((0, 2000), (4, 2300), (8, 2600))
    assert expected(signal, 308) == Seconds(300.0)


def test_a_setpoint_that_jitters_by_a_percent_stands() -> None:
    jitter = after(*((4 * place, 2000 + 20 * (place % 3)) for place in range(100)))
    assert jitter.moved_at == after((0, 2000)).moved_at


def test_what_goes_no_further_than_it_was_told_is_jitter() -> None:
    jitter = after((0, 2000), (4, 1985), (8, 2020))
    found = [jitter.is_jitter(Watts(power), Timestamp(12)) for power in (1984, 1985, 2003, 2020, 2021)]
    assert found == [False, True, True, True, False]


def test_a_signal_has_no_jitter_until_it_has_stood_for_minutes() -> None:
    signal = after(*((4 * place, 2000 + 300 * (place % 3)) for place in range(100)))
    assert not signal.is_jitter(Watts(2000), Timestamp(695))
    assert signal.is_jitter(Watts(2000), Timestamp(696))


def test_a_step_after_one_that_stood_may_jitter_at_once() -> None:
    assert after((0, 2000), (900, 2600)).is_jitter(Watts(2600), Timestamp(904))


def test_of_what_was_long_ago_nothing_is_jitter_but_what_it_was_told() -> None:
    assert after((0, 2000)).is_jitter(Watts(2000), Timestamp(10_000))
    assert not after((0, 2000)).is_jitter(Watts(2010), Timestamp(10_000))


def test_a_drift_that_adds_up_is_a_move() -> None:
    drift = after(*((4 * place, 2000 + 20 * place) for place in range(100)))
    assert expected(drift, 396) < 60


def test_what_was_long_ago_tells_nothing() -> None:
    assert expected(after((0, 2000), (4, 3000), (8, 2000), (4000, 3000)), 4000) == LONGEST


@given(st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 10_000)), max_size=40), st.floats(0, 10_000))
def test_whatever_was_ordered_it_is_bounded(steps: list[tuple[float, float]], later: float) -> None:
    now, orders = 0.0, list[tuple[float, float]]()
    for wait, target in steps:
        now += wait
        orders.append((now, target))
    standing = after(*orders)
    assert 0 <= expected(standing, now + later) <= LONGEST
    assert len(standing.moved_at) <= 8
