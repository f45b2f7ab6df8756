import math
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.signal_forecast import LEADS, SignalForecast, look_ahead
from netstab.power.look_ahead import NO_LOOK_AHEAD
from netstab.units import Seconds, Timestamp, Watts

EVERY = 4
WAKE = Seconds(95.0)


def followed(
    targets: Iterable[float], begun: SignalForecast | None = None
) -> tuple[SignalForecast, Timestamp]:
    """Return what is known after targets that came every few seconds, and when the last one came."""
    signal, now = begun or SignalForecast(), Timestamp(0.0)
    for place, target in enumerate(targets):
        now = Timestamp(float(place * EVERY))
        signal = signal.ordered(Watts(target), now).looked(now)
    return signal, now


def test_a_target_of_which_nothing_is_known_stands() -> None:
    signal, now = followed([40_000.0])
    assert signal.expected(WAKE) == (40_000.0, 0.0)
    assert look_ahead(signal, WAKE, now) == NO_LOOK_AHEAD


def test_what_climbs_for_minutes_is_expected_to_go_on_and_believed_the_more_the_longer_it_has() -> None:
    ahead = 50 * 96 / EVERY
    for looks, least, most in ((150, 0.3, 0.6), (900, 0.5, 0.8)):
        signal, now = followed(20_000.0 + 50.0 * place for place in range(looks))
        climb = signal.expected(WAKE).power - (20_000.0 + 50.0 * (looks - 1))
        assert least * ahead < climb < most * ahead
        assert look_ahead(signal, WAKE, now).start > climb


def test_what_turns_within_the_time_of_a_start_is_expected_back_at_its_mean() -> None:
    signal, now = followed(40_000.0 + 8_000.0 * math.sin(2 * math.pi * place / 15) for place in range(300))
    low = signal.ordered(Watts(32_000.0), now)
    assert low.expected(Seconds(32.0)).power > 36_000.0


def test_after_a_fall_units_are_kept_for_a_moment_and_none_is_started_the_less_for_it() -> None:
    signal, now = followed([40_000.0, 39_900.0, 40_000.0])
    at_once, soon, later = (Timestamp(now + after) for after in (1.0, 10.0, 60.0))
    fallen = signal.ordered(Watts(30_000.0), at_once)
    kept = [
        look_ahead(replace(fallen, moved_at=moment), WAKE, moment).keep for moment in (at_once, soon, later)
    ]
    assert 9_000.0 < kept[0] < 10_000.0
    assert 3_000.0 < kept[1] < 6_000.0
    assert kept[2] < 100.0
    assert look_ahead(fallen, WAKE, at_once).start >= 0


def test_jitter_moves_nobody_who_is_needed_in_the_mean() -> None:
    chance = Random(1)
    signal, now = followed(40_000.0 * (1 + chance.uniform(-0.01, 0.01)) for _ in range(200))
    for jittered in (39_600.0, 40_400.0):
        moved = signal.ordered(Watts(jittered), now)
        assert moved.expected(Seconds(48.0)).power == pytest.approx(40_000.0, rel=0.007)


def test_a_step_among_jitter_is_not_expected_to_turn_as_that_did() -> None:
    chance = Random(1)
    signal, now = followed(30_000.0 * (1 + chance.uniform(-0.01, 0.01)) for _ in range(300))
    stepped = signal.ordered(Watts(40_000.0), Timestamp(now + EVERY))
    assert stepped.expected(WAKE).power > 39_000.0


def test_what_stands_for_a_while_is_no_signal() -> None:
    signal, now = followed(40_000.0 + 3_000.0 * math.sin(place) for place in range(100))
    assert look_ahead(signal, WAKE, now) != NO_LOOK_AHEAD
    assert look_ahead(signal, WAKE, Timestamp(now + 13.0)) == NO_LOOK_AHEAD


def test_after_a_long_stand_it_is_not_expected_back_where_it_was_before() -> None:
    chance, off, targets = Random(3), 0.0, []
    for _ in range(600):
        off = 0.9 * off + chance.gauss(0, 3_000)
        targets.append(40_000 + off)
    signal, now = followed(targets)
    stood = signal.ordered(Watts(10_000.0), now)
    for _ in range(3):
        now = Timestamp(now + EVERY)
        stood = stood.looked(now)
    now = Timestamp(now + 3600)
    moved = stood.ordered(Watts(11_000.0), now)
    assert 9_900 < moved.expected(WAKE).power < 11_100
    assert look_ahead(moved, WAKE, now).start < 2_000


def test_a_fleet_that_starts_within_seconds_is_started_for_a_climb_and_kept_for_nothing() -> None:
    climbing, now = followed(20_000.0 + 50.0 * place for place in range(150))
    falling, later = followed(40_000.0 - 50.0 * place for place in range(150))
    assert 50 < look_ahead(climbing, Seconds(8.0), now).start < 200
    assert not look_ahead(climbing, Seconds(8.0), now).keep
    assert not look_ahead(falling, Seconds(8.0), later).start
    assert look_ahead(falling, Seconds(8.0), later).keep < 1.0 + 50.0


def test_standby_is_no_move_and_what_comes_after_it_is_none_either() -> None:
    signal, now = followed(40_000.0 + 3_000.0 * math.sin(place) for place in range(100))
    again = signal.ordered(None, Timestamp(now + 4)).ordered(Watts(20_000.0), Timestamp(now + 8))
    assert again.expected(WAKE).power == 20_000.0
    assert again.fits == signal.fits


@given(st.lists(st.floats(1.0, 1e8), min_size=1, max_size=60))
def test_whatever_was_ordered_it_stays_bounded_and_says_a_power(targets: list[float]) -> None:
    signal, now = followed(targets)
    assert len(signal.looks) <= LEADS[-1] / EVERY
    for lead in LEADS:
        expected = signal.expected(lead)
        assert math.isfinite(expected.power)
        assert 0 <= expected.spread < 1e10
    assert look_ahead(signal, WAKE, now).keep >= 0
