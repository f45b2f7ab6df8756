"""What is recorded of how a command was followed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstab.dispatch.delivery import (
    HELD_FOR,
    Deliveries,
    DeliveryRecord,
    Disobedience,
    Ending,
    Result,
    Sample,
    result,
)
from netstab.units import MinerId, Timestamp, Watts

BEGUN = 1000.0
IDLE = 100.0


def sample(
    second: float, power: float, *, order: int = 7, target: float | None = 2000.0, settled: bool = False
) -> Sample:
    asked = None if target is None else Watts(target)
    return Sample(Timestamp(BEGUN + second), order, asked, Watts(power), Watts(IDLE), settled)


def nobody() -> list[Disobedience]:
    return []


def records(*samples: Sample, disobedient: Callable[..., Any] = nobody) -> list[DeliveryRecord]:
    deliveries = Deliveries(5.0)
    for each in samples:
        deliveries.observe(each, disobedient)
    return deliveries.take()


RISE = (sample(0, 100), sample(10, 200), sample(20, 400), sample(30, 1500), sample(40, 1950))


def test_a_command_is_recorded_once_when_it_settles() -> None:
    (record,) = records(*RISE, sample(50, 1950, settled=True), sample(60, 1950, settled=True))
    assert (record.order, record.target, record.ending) == (7, 2000.0, Ending.SETTLED)
    assert (record.begun_at, record.ended_at) == (BEGUN, BEGUN + 50)
    assert (record.power_before, record.power_at_end) == (100.0, 1950.0)


def test_reaction_is_the_time_to_a_tenth_of_the_step_and_band_that_to_the_tolerance() -> None:
    (record,) = records(*RISE, sample(50, 1950, settled=True))
    assert (record.reaction_delay, record.time_to_band) == (20.0, 40.0)
    assert record.share_in_band == pytest.approx(10 / 50)


def test_energy_is_the_area_under_the_power_and_the_shortfall_what_was_missing_of_it() -> None:
    (record,) = records(sample(0, 0), sample(1800, 2000), sample(3600, 4000), sample(3600, 4000, order=8))
    assert record.asked_energy == pytest.approx(2000)
    assert record.delivered_energy == pytest.approx(2000)
    assert record.shortfall_energy == pytest.approx(500)


def test_a_command_that_another_overtakes_is_recorded_with_all_its_time() -> None:
    overtaken = sample(60, 1990, order=9, target=500.0)
    settled, superseded = records(*RISE, sample(50, 1950, settled=True), overtaken)
    assert (settled.ending, superseded.ending) == (Ending.SETTLED, Ending.SUPERSEDED)
    assert superseded.order == 7
    assert superseded.ended_at == BEGUN + 60
    assert superseded.delivered_energy > settled.delivered_energy


def test_a_command_that_changes_nothing_settles_at_once() -> None:
    (record,) = records(sample(0, 2010, settled=True))
    assert (record.ending, record.reaction_delay, record.time_to_band) == (Ending.SETTLED, 0.0, 0.0)
    assert (record.share_in_band, record.delivered_energy) == (1.0, 0.0)


def test_a_command_whose_units_are_set_has_not_settled_while_they_still_climb() -> None:
    climbing = [sample(second, 100 + 4 * second, settled=True) for second in range(0, 450, 5)]
    assert records(*climbing) == []
    (record,) = records(*climbing, sample(450, 1900, settled=True))
    assert (record.ending, record.settled_after, record.time_to_band) == (Ending.SETTLED, 450.0, 450.0)
    assert result(record) is Result.REACHED


def test_a_command_that_falls_short_has_settled_once_power_stands_and_nothing_is_waited_for_longer() -> None:
    short = [sample(second, 1500, settled=True) for second in range(5, 30, 5)]
    (record,) = records(sample(0, 100), *short)
    assert (record.settled_after, result(record)) == (20.0, Result.PARTLY)
    restless = [sample(second, 1000 + 5 * (second % 50), settled=True) for second in range(5, 620, 5)]
    (record,) = records(sample(0, 100), *restless)
    assert record.settled_after == 605.0


def test_a_repeated_command_has_a_record_of_its_own() -> None:
    found = records(*RISE, sample(50, 1950, settled=True), sample(60, 1950, order=8, settled=True))
    assert [(record.order, record.ending) for record in found] == [
        (7, Ending.SETTLED),
        (7, Ending.SUPERSEDED),
        (8, Ending.SETTLED),
    ]


def test_standby_is_reached_when_no_more_than_idle_draw_is_left() -> None:
    down = [sample(n, power, target=None) for n, power in enumerate((2900, 2900, 1500, 104))]
    (record,) = records(*down, sample(4, 101, target=None, settled=True))
    assert (record.reaction_delay, record.time_to_band) == (2.0, 3.0)
    assert (record.asked_energy, record.shortfall_energy) == (0.0, 0.0)


def test_power_that_goes_the_wrong_way_is_no_reaction() -> None:
    (record,) = records(sample(0, 1000), sample(10, 100), sample(25, 100, settled=True))
    assert (record.reaction_delay, record.time_to_band) == (None, None)
    assert record.share_in_band == 0.0


def test_the_disobedient_are_those_of_the_commands_own_last_sample_and_bounded() -> None:
    deliveries = Deliveries(5.0)
    deliveries.observe(
        sample(0, 100), lambda: [Disobedience(MinerId(f"127.0.0.{n}"), "locked") for n in range(99)]
    )
    deliveries.observe(sample(1, 100, order=8), list)
    (record,) = deliveries.take()
    assert (len(record.disobedient), record.disobedient_total) == (5, 99)


def test_records_are_given_once() -> None:
    deliveries = Deliveries(5.0)
    deliveries.observe(sample(0, 2000, settled=True), nobody)
    assert len(deliveries.take()) == 1
    assert deliveries.take() == []


@given(
    powers=st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0, 5000)), min_size=2, max_size=30),
    target=st.none() | st.floats(0, 5000),
    tolerance=st.floats(0, 100),
)
def test_figures_stay_within_their_bounds(
    powers: list[tuple[float, ...]], target: float | None, tolerance: float
) -> None:
    deliveries, now = Deliveries(tolerance), 0.0
    for seconds, power in powers:
        now += seconds
        deliveries.observe(sample(now, power, target=target), nobody)
    deliveries.observe(sample(now, 0.0, order=8), nobody)
    for record in deliveries.take():
        watched = record.ended_at - record.begun_at
        assert 0 <= record.share_in_band <= 1
        assert 0 <= record.shortfall_energy <= record.asked_energy + 1e-9
        assert record.asked_energy - record.delivered_energy <= record.shortfall_energy + 1e-6
        assert record.time_to_band is None or record.time_to_band <= watched + 1e-6


def words(*samples: Sample) -> list[Result]:
    return [result(record) for record in records(*samples)]


OTHER = sample(90, 1400, order=8, target=500.0)


@pytest.mark.parametrize(
    ("samples", "word"),
    [
        ((*RISE, sample(50, 1950, settled=True)), Result.REACHED),
        ((sample(0, 1000), sample(60, 1000, settled=True)), Result.MISSED),
        ((sample(0, 100), sample(45, 1400), sample(60, 1400, settled=True)), Result.PARTLY),
        (
            (
                sample(0, 2900, target=None),
                sample(45, 1500, target=None),
                sample(60, 1500, target=None, settled=True),
            ),
            Result.PARTLY,
        ),
        ((sample(0, 2900, target=None), sample(60, 2900, target=None, settled=True)), Result.MISSED),
        ((sample(0, 100), sample(60, 1400), OTHER), Result.REPLACED),
        ((*RISE, sample(89, 1950), OTHER), Result.REACHED),
        ((*RISE, sample(41, 2500), sample(89, 2500), sample(90, 2500, order=8)), Result.PARTLY),
    ],
)
def test_a_word_says_what_came_of_a_command(samples: tuple[Sample, ...], word: Result) -> None:
    assert words(*samples)[-1] is word


def test_a_command_that_settled_short_of_its_target_stays_missed_when_another_takes_over() -> None:
    stuck = (sample(0, 1000), sample(60, 1000, settled=True), sample(70, 1000))
    assert words(*stuck, sample(90, 1000, order=8)) == [Result.MISSED, Result.MISSED]


def test_a_command_is_reached_once_power_stays_in_the_band_though_a_miner_never_settles() -> None:
    held = [sample(40 + second, 1950) for second in range(1, int(HELD_FOR) + 20)]
    (record,) = records(*RISE, *held)
    assert (record.ending, result(record), record.settled_after) == (Ending.IN_BAND, Result.REACHED, None)
    assert record.ended_at == BEGUN + 40 + HELD_FOR


def test_a_command_that_settles_after_it_was_reached_is_recorded_once_more() -> None:
    held = [sample(40 + second, 1950) for second in range(1, 30)]
    found = records(*RISE, *held, sample(70, 1950, settled=True), sample(71, 1950, settled=True))
    assert [record.ending for record in found] == [Ending.IN_BAND, Ending.SETTLED]


@given(
    st.lists(st.tuples(st.floats(0, 4000), st.booleans()), min_size=1, max_size=40),
    st.none() | st.floats(0, 4000),
)
def test_every_record_has_a_word_and_no_word_praises_what_was_never_in_the_band(
    powers: list[tuple[float, bool]], target: float | None
) -> None:
    samples = [sample(n, power, target=target, settled=done) for n, (power, done) in enumerate(powers)]
    for record in records(*samples, sample(len(powers), 0.0, order=8)):
        word = result(record)
        assert word is not Result.REACHED or record.time_to_band is not None
        assert word is not Result.REPLACED or record.settled_after is None


def test_of_a_time_in_which_nobody_knew_the_power_no_energy_and_no_share_is_made() -> None:
    gap = [replace(sample(second, 0.0), seen=False) for second in range(1800, 5400, 60)]
    seen = [sample(second, 2000.0) for second in (*range(0, 1800, 60), *range(5400, 7201, 60))]
    known = sorted([*seen, *gap], key=lambda each: each.at)
    last = sample(7260, 2000.0, order=8)
    *_, record = records(*known, last)
    hours = (1740 + 1860) / 3600
    assert record.asked_energy == pytest.approx(2000.0 * hours)
    assert record.delivered_energy == pytest.approx(2000.0 * hours)
    assert (record.shortfall_energy, record.share_in_band) == (0.0, 1.0)


def test_0_w_of_a_fleet_that_nobody_sees_is_no_standby_reached() -> None:
    unseen = [replace(sample(second, 0.0, target=None), seen=False) for second in range(60)]
    *_, record = records(*unseen, replace(sample(60, 0.0, order=8), seen=False))
    assert (record.reaction_delay, record.time_to_band, record.share_in_band) == (None, None, 0.0)
