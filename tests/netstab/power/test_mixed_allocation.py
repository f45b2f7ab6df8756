"""Fleets in which some units are tuned without a restart, others run whole."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_units import S9, TUNED, carried_out, fleet_of, fleets, in_steps, in_watts, on_off, targets, unit
from points import at

from netstab.power.allocation import Action, Allocation, PowerMode, allocate
from netstab.power.unit import Unit
from netstab.units import MinerId, Seconds, Watts


def test_units_that_are_tuned_take_up_what_whole_ones_leave() -> None:
    allocation = on_off(10_000, fleet_of(S9, S9, S9, S9, TUNED, TUNED))
    assert allocation.power == 10_000.0
    assert {told.action for told in allocation.assignments[:4]} <= {Action.FULL, Action.IDLE}


def test_a_coarse_unit_stays_no_further_off_than_the_finest_step_of_all_though_idle() -> None:
    coarse = in_steps(300, 898)
    running = replace(unit(1, coarse), running_at=coarse.steps[0])
    assert on_off(1, [running, unit(2, TUNED)]).power == 0.0


def test_those_that_are_tuned_stand_near_their_middle() -> None:
    tuned = [told.power for told in on_off(14_600 + 2 * 2700, fleet_of(*[S9] * 12, TUNED, TUNED)).assignments]
    assert 2 * 2350 <= sum(tuned[12:]) <= 2 * 3050


def test_one_more_runs_before_those_that_run_have_no_room_for_a_rise() -> None:
    fleet = fleet_of(*[TUNED] * 9)
    before = carried_out(fleet, on_off(12_000, fleet))
    running = sum(one.running_at is not None for one in before)
    least, most = 2000 * running, 3400 * running
    for share, more in ((0.0, False), (0.92, True), (1.0, True)):
        told = on_off(round(least + share * (most - least)), before)
        assert (sum(each.point is not None for each in told.assignments) > running) is more


def half_tunable(**changes: Any) -> list[Unit]:
    """Nine S9 and three that are tuned, all of which hash."""
    fleet = fleet_of(*[S9] * 9, *[TUNED] * 3)
    return [replace(one, running_at=one.full_point, **changes) for one in fleet]


def told_to_run(fleet: Sequence[Unit], target: float) -> tuple[int, int]:
    """How many S9 and how many that are tuned are to run."""
    runs = [told.point is not None for told in on_off(target, fleet).assignments]
    return sum(runs[:9]), sum(runs[9:])


@pytest.mark.parametrize("seconds", [8, 95])
def test_whole_units_are_stopped_before_those_that_are_tuned(seconds: float) -> None:
    fleet = half_tunable()
    fleet[:9] = [replace(one, start_seconds=Seconds(seconds)) for one in fleet[:9]]
    for target in (21_000, 14_000, 8_000):
        assert told_to_run(fleet, target)[1] == 3


def test_who_starts_soon_is_switched_before_who_does_not() -> None:
    slow_ones = [replace(one, start_seconds=Seconds(300)) for one in half_tunable()[9:]]
    fleet = [*half_tunable(start_seconds=Seconds(10))[:9], *slow_ones]
    assert told_to_run(fleet, 0.6 * sum(one.power_at(one.running_at) for one in fleet))[1] == 3


def test_a_fast_move_that_the_tuned_can_take_switches_nobody() -> None:
    fleet = carried_out(half_tunable(), on_off(16_000, half_tunable()))
    before = told_to_run(fleet, 16_000)
    for target in (15_000, 16_300, 14_800, 16_200):
        assert told_to_run(fleet, target) == before


def test_a_start_under_way_is_not_cut_when_the_target_falls_for_a_while() -> None:
    fleet = half_tunable()
    coming = [replace(one, starting=True, waking=True) for one in fleet[:4]]
    answer = on_off(14_000, [*coming, *fleet[4:]])
    assert all(told.point is not None for told in answer.assignments[:4])
    hashing = sum(told.power for told in answer.assignments[4:])
    assert hashing <= 14_000


def test_what_runs_goes_on_up_to_its_most_where_there_is_no_other() -> None:
    fleet = fleet_of(*[TUNED] * 3)
    before = carried_out(fleet, on_off(8_000, fleet))
    assert on_off(10_200, before).power == 10_200.0


def test_a_target_that_moves_by_little_moves_one_unit() -> None:
    fleet = fleet_of(S9, S9, *[TUNED] * 6)
    before = carried_out(fleet, on_off(18_000, fleet))
    after = carried_out(before, on_off(18_040, before))
    assert sum(one.running_at != other.running_at for one, other in zip(before, after, strict=True)) == 1


def test_steps_stay_where_a_range_takes_up_the_rest() -> None:
    fleet = fleet_of(in_steps(800, 1000, 1200), TUNED)
    before = carried_out(fleet, on_off(3700, fleet))
    after = carried_out(before, on_off(3800, before))
    assert before[0].running_at == after[0].running_at
    assert on_off(3800, before).power == 3800.0


def test_a_miner_that_a_change_restarts_keeps_its_point_in_frequency_mode_too() -> None:
    fleet = [unit(1, S9, at(475)), unit(2, S9, at(650)), unit(3, TUNED, TUNED.full_point)]
    allocation = allocate(Watts(950 + 1460 + 2500), fleet, mode=PowerMode.FREQUENCY)
    assert [told.point for told in allocation.assignments[:2]] == [at(475), at(650)]
    assert allocation.power == 4910.0


def test_a_gap_that_no_order_of_the_units_closes_is_closed_by_another_choice() -> None:
    fleet = fleet_of(in_watts(1000, 1010, 5), in_watts(3000, 3010, 5))
    assert on_off(3005, fleet).power == 3005.0
    assert on_off(1005, fleet).power == 1005.0


def finest_step(fleet: Sequence[Unit]) -> float:
    return min(steps_of(fleet), default=0.0)


def steps_of(fleet: Sequence[Unit]) -> list[float]:
    """The differences in power between neighbouring points of the units that are tuned."""
    return [
        one.power_at(above) - one.power_at(below)
        for one in fleet
        if one.tunes_freely and not one.stays
        for below, above in zip(one.capabilities.points, list(one.capabilities.points)[1:], strict=False)
    ]


def powers_of(one: Unit, mode: PowerMode) -> set[int]:
    """What a unit may draw: who stays or is not tuned has no choice of its point."""
    if one.stays:
        return {round(one.power_at(one.running_at) if one.running_at else one.idle_power)}
    if one.tunes_freely:
        return {round(one.idle_power), *(round(one.power_at(point)) for point in one.capabilities.points)}
    whole = replace(one, point_fixed=True).whole_point(mode)
    return {round(one.idle_power), round(one.power_at(whole))}


def least_error(target: float, fleet: Sequence[Unit], mode: PowerMode) -> int:
    """What the best of all choices misses the target by; bit n of `sums` says that n W can be had."""
    sums = 1
    for one in fleet:
        sums = reduce(or_, (sums << power for power in powers_of(one, mode)))
    error = 0
    while not (sums >> round(target) + error & 1 or (error <= target and sums >> round(target) - error & 1)):
        error += 1
    return error


@settings(max_examples=600)
@given(targets, fleets(), st.sampled_from(PowerMode))
def test_a_target_is_met_wherever_any_choice_meets_it(
    target: float, fleet: list[Unit], mode: PowerMode
) -> None:
    allocation = allocate(Watts(target), fleet, mode=mode)
    free = [one for one in fleet if one.tunes_freely and not one.stays]
    if target > 0 and free:
        steps = [one.power_factor * one.capabilities.range.step for one in free if one.capabilities.range]
        step = max(steps, default=finest_step(fleet))
        allowed = least_error(target, fleet, mode) + step / 2
        assert abs(allocation.power - target) <= allowed + len(fleet)  # each is in whole watts


@settings(max_examples=600)
@given(targets, fleets(), st.sampled_from(PowerMode))
def test_asked_again_with_its_own_answer_running_it_gives_the_same(
    target: float, fleet: list[Unit], mode: PowerMode
) -> None:
    answer = allocate(Watts(target), fleet, mode=mode)
    again = allocate(Watts(target), carried_out(fleet, answer), mode=mode)
    if not stops_one_off_its_whole_point(fleet, answer, mode):
        assert again.assignments == answer.assignments


def stops_one_off_its_whole_point(fleet: Sequence[Unit], answer: Allocation, mode: PowerMode) -> bool:
    """Whether a miner that may only run as it does is stopped: idle it may start whole, which is new."""
    return any(
        one.running_at not in (None, one.whole_point(mode)) and not one.tunes_freely and told.point is None
        for one, told in zip(fleet, answer.assignments, strict=True)
    )


def test_no_miner_is_restarted_however_often_the_search_goes_on_from_its_own_answer() -> None:
    fleet = [unit(1, S9, at(300)), unit(2, in_watts(2000, 2010, 5)), unit(3, S9, at(650))]
    for target in range(0, 6000, 10):
        told = allocate(Watts(float(target)), fleet, mode=PowerMode.FREQUENCY).assignments[0]
        assert told.point in (None, at(300))


@settings(max_examples=600)
@given(targets, fleets(), st.sampled_from(PowerMode))
def test_nobody_is_touched_that_stays_and_nobody_is_restarted_for_tracking(
    target: float, fleet: list[Unit], mode: PowerMode
) -> None:
    free = any(one.tunes_freely and not one.stays for one in fleet)
    for one, told in zip(fleet, allocate(Watts(target), fleet, mode=mode).assignments, strict=True):
        if one.stays or (free and one.running_at and told.point and one.capabilities.restarts_on_change):
            assert told.point == one.running_at


@settings(max_examples=600)
@given(targets, targets, fleets(), st.sampled_from(PowerMode))
def test_more_target_never_gives_less_power_where_both_are_met(
    one: float, other: float, fleet: list[Unit], mode: PowerMode
) -> None:
    less, more = sorted((one, other))
    powers = [allocate(Watts(target), fleet, mode=mode).power for target in (less, more)]
    if all(least_error(target, fleet, mode) == 0 for target in (less, more)):
        assert powers[1] >= powers[0] - finest_step(fleet) - 2 * len(fleet)


def test_a_fleet_of_twenty_thousand_is_shared_out() -> None:
    fleet = [
        Unit(MinerId(str(number)), TUNED if number % 2 else S9, Watts(3400.0), None, None, 0.0)
        for number in range(20_000)
    ]
    target = 33_333_333.0
    assert abs(on_off(target, fleet).power - target) <= 1


def test_a_target_that_jitters_by_less_than_half_a_step_rewrites_nobody() -> None:
    fleet = fleet_of(S9, *[in_watts(2000, 3400, 34)] * 6)
    before = carried_out(fleet, on_off(15_000, fleet))
    drawn = sum(one.power_at(one.running_at) for one in before if one.running_at)
    for jitter in (-17, -5, 0, 9, 17):
        assert carried_out(before, on_off(drawn + jitter, before)) == before


def test_what_runs_in_coarse_steps_is_not_kept_where_a_finer_unit_comes_nearer() -> None:
    steps = in_steps(300, 898)
    fleet = [
        replace(unit(1, S9), stays=True),
        unit(2, steps, steps.points[0]),
        unit(3, in_watts(2000, 3400, 20)),
    ]
    assert on_off(1, fleet).power == Watts(0)


def test_irregular_steps_that_only_a_search_through_all_brings_together_are_found() -> None:
    kinds = [in_steps(433, 789, 3107, 3252), in_steps(900, 1000, 1100), TUNED, in_steps(398, 696, 2702, 3441)]
    for target in (3107 + 1000 + 2345 + 2702, 789 + 900 + 696, 433 + 398, 3252 + 3441):
        assert abs(on_off(target, fleet_of(*kinds)).power - target) <= 1
