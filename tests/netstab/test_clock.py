"""The two clocks, and what the one shows of the other's moments."""

import math
from datetime import UTC, datetime

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from netstab.clock import STEP, Correction, steady_clock, wall_clock
from netstab.units import Seconds, Timestamp, WallTime, on_wall, rfc3339

START = 1_768_921_500.0
changes = st.lists(st.tuples(st.integers(1, 1000), st.just(0.0) | st.floats(-1e6, 1e6)), max_size=30)


class Host:
    """A steady clock and a host's clock that the test sets."""

    def __init__(self) -> None:
        self.passed, self.ahead = 0.0, 0.0

    def steady(self) -> Timestamp:
        return Timestamp(START + self.passed)

    def wall(self) -> WallTime:
        return WallTime(START + self.passed + self.ahead)


@given(changes)
def test_whatever_the_hosts_clock_does_shown_moments_are_within_a_second_of_it_once_it_was_read(
    moves: list[tuple[int, float]],
) -> None:
    host = Host()
    correction = Correction(host.steady, host.wall)
    for seconds, step in moves:
        host.passed += seconds / 10
        host.ahead += step
        told = correction.follow()
        assert abs(on_wall(host.steady(), correction.seconds) - host.wall()) < 1.0
        assert told is None or abs(told) >= STEP
        assert told is not None or abs(step) < STEP + 0.1


def test_small_drift_is_followed_unsaid_and_adds_up_to_no_step() -> None:
    host = Host()
    correction = Correction(host.steady, host.wall)
    for _ in range(1000):
        host.ahead += 0.03
        assert correction.follow() is None
    assert correction.seconds == pytest.approx(30.0)


def test_what_lies_between_two_readings_of_the_clocks_does_not_move_what_is_shown() -> None:
    host = Host()
    correction = Correction(host.steady, host.wall)
    for between in (0.001, -0.004, 0.01):
        host.ahead = between
        correction.follow()
    assert correction.seconds == 0.0


@pytest.mark.parametrize("waits", [0, 1, 4, 99], ids=["never", "once", "nearly each time", "each time"])
def test_a_thread_that_waits_between_two_readings_of_the_clocks_sees_no_drift(waits: int) -> None:
    host = Host()
    delays = iter([0.0] + [0.15] * waits)

    def wall_after_a_wait() -> WallTime:
        host.passed += next(delays, 0.0)
        return host.wall()

    correction = Correction(host.steady, wall_after_a_wait)
    assert correction.follow() is None
    assert correction.seconds == pytest.approx(0.0)


def test_the_hosts_clock_is_read_anew_each_time_and_the_steady_one_is_not_set_with_it() -> None:
    with freeze_time("2026-01-20T15:05:00Z", ignore=["netstab.clock"]):
        clock = steady_clock()
    before = clock()
    with freeze_time("2031-06-01T00:00:00Z"):
        assert rfc3339(wall_clock()) == "2031-06-01T00:00:00.000Z"
    assert 0 <= clock() - before < 60


def test_a_moment_is_shown_in_utc_with_its_zone() -> None:
    at = Timestamp(datetime(2026, 1, 20, 15, 5, tzinfo=UTC).timestamp())
    assert rfc3339(on_wall(at, Seconds(7200.0))) == "2026-01-20T17:05:00.000Z"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (253_402_300_799.9996, "9999-12-31T23:59:59.999Z"),
        (253_402_343_999.0, "9999-12-31T23:59:59.999Z"),
        (math.inf, "9999-12-31T23:59:59.999Z"),
        (-62_135_596_800.0, "0001-01-01T00:00:00.000Z"),
        (-62_135_647_200.0, "0001-01-01T00:00:00.000Z"),
        (-math.inf, "0001-01-01T00:00:00.000Z"),
        (math.nan, "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_that_no_calendar_has_is_written_as_the_nearest(moment: float, written: str) -> None:
    assert rfc3339(WallTime(moment)) == written
