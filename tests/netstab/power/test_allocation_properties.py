from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

from fleets import changed, miner, mixed_fleets, running, targets, uniform_fleets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies._internal.random import ArtificialRandom
from plain_allocation import plain_gain, plain_points, plain_power
from points import at

from netstab.devices.antminer.s9 import FREQUENCIES, POWER_CURVE
from netstab.power.allocation import Action, PowerMode, Strategy, allocate
from netstab.power.unit import Unit
from netstab.units import Watts

modes = st.sampled_from(PowerMode)
fleets = uniform_fleets() | mixed_fleets()
rules = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(Strategy),
        "minimum_percent": st.sampled_from([0, 45, 60, 100]),
        "tolerance_percent": st.sampled_from([0, 1, 5, 20]),
    }
)
often = settings(max_examples=150)


@often
@given(targets, fleets, modes, rules)
def test_an_answer_that_runs_stays(
    target: float, fleet: list[Unit], mode: PowerMode, given_rules: dict[str, Any]
) -> None:
    first = allocate(Watts(target), fleet, mode=mode, **given_rules)
    assert allocate(Watts(target), running(fleet, first), mode=mode, **given_rules) == first


@often
@given(targets, uniform_fleets(), modes, rules, st.randoms(use_true_random=False))
def test_an_answer_of_equal_miners_stays_while_their_hours_add_up(
    target: float, fleet: list[Unit], mode: PowerMode, given_rules: dict[str, Any], random: ArtificialRandom
) -> None:
    first = allocate(Watts(target), fleet, mode=mode, **given_rules)
    later = [replace(one, running_hours=random.random()) for one in running(fleet, first)]
    assert allocate(Watts(target), later, mode=mode, **given_rules) == first


@often
@given(targets, fleets, modes, rules)
def test_no_miner_gives_more_than_it_can(
    target: float, fleet: list[Unit], mode: PowerMode, given_rules: dict[str, Any]
) -> None:
    allocation = allocate(Watts(target), fleet, mode=mode, **given_rules)
    for one, told in zip(fleet, allocation.assignments, strict=True):
        assert told.unit_id == one.unit_id
        assert 0 <= told.power <= one.whole_power(mode)
        assert (told.action is Action.IDLE) == (told.power == 0.0)


@often
@given(targets, targets, fleets, rules)
def test_in_on_off_mode_more_target_never_gives_less_power(
    one: float, other: float, fleet: list[Unit], given_rules: dict[str, Any]
) -> None:
    less, more = sorted([one, other])
    powers = [
        allocate(Watts(target), fleet, mode=PowerMode.ON_OFF, **given_rules).power for target in (less, more)
    ]
    assert powers[0] <= powers[1]


@often
@given(targets, targets, uniform_fleets(), rules)
def test_in_frequency_mode_more_target_never_gives_less_power_of_equal_miners(
    one: float, other: float, fleet: list[Unit], given_rules: dict[str, Any]
) -> None:
    less, more = sorted([one, other])
    powers = [
        allocate(Watts(target), fleet, mode=PowerMode.FREQUENCY, **given_rules).power
        for target in (less, more)
    ]
    assert powers[0] <= powers[1]


@often
@given(targets, targets, mixed_fleets())
def test_in_frequency_mode_power_of_unequal_miners_falls_by_less_than_a_swings_minimum(
    one: float, other: float, fleet: list[Unit]
) -> None:
    less, more = sorted([one, other])
    powers = [allocate(Watts(target), fleet, mode=PowerMode.FREQUENCY).power for target in (less, more)]
    minimum = max(one.power_at(one.capabilities.steps[0]) for one in fleet)
    assert powers[0] <= powers[1] + minimum


@often
@given(targets, fleets)
def test_on_off_mode_is_nearest_by_whole_miners_and_of_one_or_two_keeps_the_rule_of_three_tenths(
    target: float, fleet: list[Unit]
) -> None:
    allocation = allocate(Watts(target), fleet, mode=PowerMode.ON_OFF)
    powers = [told.power for told in allocation.assignments if told.action is Action.FULL]
    idle = [
        one.whole_power(PowerMode.ON_OFF)
        for one, told in zip(fleet, allocation.assignments, strict=True)
        if told.action is Action.IDLE
    ]
    missing, usable = target - allocation.power, sum(one.whole_power(PowerMode.ON_OFF) > 0 for one in fleet)
    share = 0.3 if usable <= 2 else 0.5
    assert all(missing <= share * power for power in idle if power > 0)
    assert not powers or missing + max(powers) > share * max(powers)


@often
@given(targets, st.lists(st.sampled_from([None, 650]), min_size=1, max_size=8))
def test_on_off_mode_changes_no_more_miners_than_the_count_asks_for(target: float, states: list[Any]) -> None:
    fleet = [miner(number, state) for number, state in enumerate(states)]
    after = running(fleet, allocate(Watts(target), fleet, mode=PowerMode.ON_OFF))
    ran, runs = (sum(one.running_at is not None for one in side) for side in (fleet, after))
    assert changed(fleet, after) == abs(runs - ran)


def one_swing_answers(fleet: list[Unit]) -> Iterator[tuple[Any, ...]]:
    """Every way to run equal miners with one swing miner at most: (power, miners changed)."""
    for count in range(len(fleet) + 1):
        for full in combinations(fleet, count):
            rest = [one for one in fleet if one not in full]
            moved = sum(one.running_at != at(650) for one in full)
            stopped = sum(one.running_at is not None for one in rest)
            yield 1460 * count, moved + stopped
            for swing in rest:
                others = moved + stopped - (swing.running_at is not None)
                for frequency in FREQUENCIES[:-1]:
                    power = 1460 * count + POWER_CURVE.power_at(frequency)
                    yield power, others + (swing.running_at != at(frequency))


@settings(max_examples=150)
@given(st.integers(1, 7500) | st.integers(1, 300).map(lambda n: 25 * n), uniform_fleets(most=5))
def test_frequency_mode_is_as_near_as_one_swing_allows_and_changes_the_fewest_miners(
    target: int, fleet: list[Unit]
) -> None:
    allocation = allocate(Watts(target), fleet, mode=PowerMode.FREQUENCY)
    after = running(fleet, allocation)
    answers = list(one_swing_answers(fleet))
    least = min(abs(power - target) for power, _ in answers)
    error = abs(allocation.power - target)
    assert error <= least
    if error == least:
        assert changed(fleet, after) <= min(
            changes for power, changes in answers if abs(power - target) == least
        )


@often
@given(st.integers(1, 13_000), st.lists(st.sampled_from([None, 650]), min_size=1, max_size=8))
def test_a_second_swing_appears_only_where_one_misses_the_tolerance(target: int, states: list[Any]) -> None:
    fleet = [miner(number, state) for number, state in enumerate(states)]
    allocation = allocate(Watts(target), fleet, mode=PowerMode.FREQUENCY)
    swings = allocation.count(Action.SWING)
    assert swings <= 2
    if swings == 2:
        one = min(abs(power - target) for power, _ in one_swing_answers(fleet))
        assert one > 0.05 * target


@often
@given(targets, fleets, st.integers(0, 100))
def test_no_swing_is_below_the_minimum(target: float, fleet: list[Unit], percent: int) -> None:
    allocation = allocate(Watts(target), fleet, mode=PowerMode.FREQUENCY, minimum_percent=percent)
    for one, told in zip(fleet, allocation.assignments, strict=True):
        if told.action is Action.SWING:
            assert told.point in one.capabilities.steps
            assert told.power >= one.rated_power * percent / 100


@st.composite
def bound_fleets(draw: st.DrawFn) -> list[Unit]:
    """Fleets of which some stay as they are, at their point, are late, or are hardly counted on."""
    return [
        replace(
            one,
            stays=draw(st.integers(0, 5)) == 0,
            point_fixed=draw(st.integers(0, 3)) == 0,
            overdue=draw(st.integers(0, 3)) == 0,
            certainty=draw(st.sampled_from([1.0, 1.0, 0.95, 0.2])),
            power_factor=draw(st.sampled_from([1.0, 0.97, 1.1])),
            idle_power=Watts(draw(st.sampled_from([0.0, 51.0]))),
        )
        for one in draw(fleets)
    ]


@often
@given(targets, bound_fleets(), rules)
def test_frequency_mode_answers_as_it_does_worked_out_plainly(
    target: float, fleet: list[Unit], given_rules: dict[str, Any]
) -> None:
    given_rules = given_rules | {"points_kept": False}
    if given_rules["strategy"] is Strategy.PRIORITY:
        given_rules["strategy"] = Strategy.EQUAL
    found = allocate(Watts(target), fleet, mode=PowerMode.FREQUENCY, **given_rules)
    assert found.points == plain_points(target, fleet, **given_rules)
    powers = [
        one.idle_power if told.point is None else plain_power(one, told.point)
        for one, told in zip(fleet, found.assignments, strict=True)
    ]
    assert [told.power for told in found.assignments] == powers


@often
@given(bound_fleets(), st.lists(st.sampled_from([None, *FREQUENCIES]), max_size=6))
def test_what_is_kept_of_a_unit_at_its_full_point_is_what_it_draws_and_gains_there(
    fleet: list[Unit], frequencies: list[int | None]
) -> None:
    for one in fleet:
        for point in [None if each is None else at(each) for each in frequencies] + [one.full_point] * 2:
            assert one.power_at(point) == plain_power(one, point)
            assert one.gain_at(point) == plain_gain(one, point)
