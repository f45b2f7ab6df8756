import math
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstab.dispatch.constraints import Constraints
from netstab.dispatch.ramp import Change, Ramps, RampState, admitted, ramps, release
from netstab.dispatch.setpoint import IDLE
from netstab.units import MinerId, Seconds, Timestamp, Watts

LIMIT = Watts(5000)


def equal(limit: float) -> Ramps:
    return Ramps(Watts(limit), Watts(limit))


def changes(*steps: int) -> list[Change]:
    return [Change(MinerId(f"127.0.0.{n}"), IDLE, Watts(step)) for n, step in enumerate(steps, 1)]


def steps(released: list[Change]) -> list[Watts]:
    return [change.step for change in released]


def run(
    pending: list[Change], limit: float, times: Iterable[float]
) -> tuple[list[tuple[float, float]], list[Change]]:
    """Ask for what is left at each of the times; gives (time, step) of each release, and what remains."""
    state = RampState()
    log: list[tuple[float, float]] = []
    for now in times:
        released, state = release(pending, state, equal(limit), Timestamp(now))
        log += [(now, change.step) for change in released]
        pending = [change for change in pending if change not in released]
    return log, pending


def test_what_is_within_the_limit_is_released_at_once() -> None:
    released, _ = release(changes(2000, 3000), RampState(), equal(LIMIT), Timestamp(0))
    assert steps(released) == [2000, 3000.0]


def test_the_rest_waits_until_a_second_has_passed() -> None:
    log, left = run(changes(*[1460] * 8), LIMIT, [0, 0.5, 0.99, 1, 1.5, 2])
    assert log == [(0, 1460)] * 3 + [(1, 1460)] * 3 + [(2, 1460)] * 2
    assert left == []


def test_sheds_go_first_and_have_a_limit_of_their_own() -> None:
    released, _ = release(changes(4000, -4000, 0, -4000), RampState(), equal(LIMIT), Timestamp(0))
    assert steps(released) == [-4000.0, 0.0, 4000.0]


def test_a_change_without_a_step_never_waits() -> None:
    _, full = release(changes(5000, -5000), RampState(), equal(LIMIT), Timestamp(0))
    assert steps(release(changes(1, 0, -1), full, equal(LIMIT), Timestamp(0.5))[0]) == [0.0]


def test_a_large_step_is_not_overtaken_by_small_ones() -> None:
    log, _ = run(changes(3000, 4000, 1000), LIMIT, [0, 0.5, 1])
    assert log == [(0, 3000), (1, 4000), (1, 1000)]


def test_a_step_above_the_limit_goes_alone_and_is_paid_back() -> None:
    log, _ = run(changes(1, 15_000, 2000, 15_000), LIMIT, [0, 1, 2, 3.9, 4, 5, 8])
    assert log == [(0, 1), (1, 15_000), (4, 2000), (5, 15_000)]


def test_each_way_has_its_own_ramp() -> None:
    limits = Ramps(up=Watts(1500), down=Watts(3000))
    released, _ = release(changes(-1460, -1460, -1460, 1460, 1460), RampState(), limits, Timestamp(0))
    assert steps(released) == [-1460.0, -1460.0, 1460.0]


def test_what_is_declared_makes_no_way_faster_than_is_configured() -> None:
    assert ramps(Constraints(), 50.0) == equal(50_000)
    assert ramps(Constraints(ramp_up=Watts(2000)), 50.0) == Ramps(Watts(2000), Watts(50_000))
    assert ramps(Constraints(ramp_up=Watts(80_000), ramp_down=Watts(800)), 50.0) == Ramps(
        Watts(50_000), Watts(800)
    )


def test_no_limit_holds_nothing_back() -> None:
    log, left = run(changes(*[1460] * 1000, *[-1460] * 1000), Watts(math.inf), [0])
    assert (len(log), left) == (2000, [])


# Times in 1/64 s and whole watts: sums and differences are exact.
ticks = st.lists(st.integers(0, 100), min_size=1, max_size=60).map(
    lambda gaps: [sum(gaps[: n + 1]) / 64 for n in range(len(gaps))]
)
small_steps = st.lists(st.integers(-1500, 1500), max_size=40)
any_steps = st.lists(st.integers(-9000, 9000), max_size=25)
limits = st.integers(1500, 6000)


@pytest.mark.parametrize("sign", [-1, 1])
@settings(max_examples=200)
@given(small_steps, limits, ticks)
def test_no_second_sees_more_than_the_limit_either_way(
    sign: int, steps: list[int], limit: int, times: list[float]
) -> None:
    log, _ = run(changes(*steps), limit, times)
    for end in times:
        moved = sum(step * sign for at, step in log if end - 1 < at <= end and step * sign > 0)
        assert moved <= limit


@pytest.mark.parametrize("sign", [-1, 1])
@settings(max_examples=200)
@given(any_steps, limits, ticks)
def test_nothing_is_released_before_what_went_earlier_is_paid_back(
    sign: int, steps: list[int], limit: int, times: list[float]
) -> None:
    log, _ = run(changes(*steps), limit, times)
    one_way = [(at, step * sign) for at, step in log if step * sign > 0]
    for begin, _ in one_way:
        for end, _ in one_way:
            moved = sum(step for at, step in one_way if begin <= at < end)
            assert end < begin or moved <= limit * (end - begin + 1)


@settings(max_examples=200)
@given(any_steps, limits)
def test_everything_is_released_once_and_no_later_than_the_limit_asks(steps: list[int], limit: int) -> None:
    times = range(sum(math.ceil(abs(step) / limit) + 1 for step in steps) + 1)
    log, left = run(changes(*steps), limit, times)
    assert left == []
    assert sorted(step for _, step in log) == sorted(steps)


@settings(max_examples=100)
@given(any_steps, limits, ticks)
def test_the_state_never_holds_more_than_the_releases_that_count(
    steps: list[int], limit: int, times: list[float]
) -> None:
    pending, state = changes(*steps), RampState()
    for now in times:
        released, state = release(pending, state, equal(limit), Timestamp(now))
        pending = [change for change in pending if change not in released]
        for claims in (state.down, state.up):
            assert all(claim.until > now for claim in claims)
            assert len(claims) == 1 or sum(claim.power for claim in claims) <= limit


@given(
    st.lists(st.integers(1, 4000), max_size=30),
    st.integers(50, 5000),
    st.integers(5, 60),
    st.lists(st.integers(1, 3000), max_size=5),
)
def test_those_that_start_by_themselves_share_the_ramp_with_all_that_is_told(
    powers: list[int], up: int, spread: int, told: list[int]
) -> None:
    _, before = release(changes(*told), RampState(), equal(up), Timestamp(0))
    count, after = admitted(map(Watts, powers), before, Watts(up), Seconds(spread), Timestamp(0))
    paid_for = sum(claim.power for claim in before.up)
    assert sum(powers[:count]) <= up * spread or (count == 1 and not before.up)
    if count < len(powers):
        assert sum(powers[: count + 1]) + paid_for > up * (spread - 1)
    if count:
        paid = sum(powers[:count]) / up
        assert release(changes(1), after, equal(up), Timestamp(paid - 0.01))[0] == []
        assert release(changes(1), after, equal(up), Timestamp(paid + 1 + paid_for / up + 0.01))[0] != []
